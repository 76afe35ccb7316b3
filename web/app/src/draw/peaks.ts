/** The outline of a waveform: how far it goes down and up in each column. */

import type { Overview } from "./overview";
import { shareOf, timeAt, type View } from "./zoom";

/** Minimum and maximum of each column, full scale 1, and the time that the columns cover. */
export interface Peaks {
  view: View;
  low: Float32Array;
  high: Float32Array;
}

function empty(view: View, columns: number): Peaks {
  return {
    view,
    low: new Float32Array(columns).fill(Infinity),
    high: new Float32Array(columns).fill(-Infinity),
  };
}

/** What `peaksOf` is to look at: fractional frames in the samples, and which time they stand for. */
export interface Range {
  first: number;
  last: number;
  view: View;
}

/** Return the peaks of samples; values between samples lie on a line. */
export function peaksOf(channels: ArrayLike<number>[], { first, last, view }: Range, columns: number): Peaks {
  const peaks = empty(view, columns);
  for (const samples of channels) {
    const at = (frame: number) => {
      const i = Math.max(0, Math.min(Math.floor(frame), samples.length - 1));
      const next = Math.min(i + 1, samples.length - 1);
      return samples[i] + Math.max(0, Math.min(1, frame - i)) * (samples[next] - samples[i]);
    };
    for (let column = 0; column < columns; column++) {
      const from = first + ((last - first) * column) / columns;
      const to = first + ((last - first) * (column + 1)) / columns;
      let [low, high] = [Math.min(at(from), at(to)), Math.max(at(from), at(to))];
      for (let i = Math.ceil(from); i < to && i < samples.length; i++) {
        if (samples[i] < low) low = samples[i];
        if (samples[i] > high) high = samples[i];
      }
      peaks.low[column] = Math.min(peaks.low[column], low);
      peaks.high[column] = Math.max(peaks.high[column], high);
    }
  }
  return peaks;
}

export function overviewPeaks({ columns, seconds, peaks }: Overview): Peaks {
  const value = (offset: number) =>
    Float32Array.from({ length: columns }, (_, i) => peaks[2 * i + offset] / 127);
  return { view: { start: 0, end: seconds }, low: value(0), high: value(1) };
}

/** Return the peaks of a view out of several, the last of which that has a column wins; NaN where none has. */
export function peaksIn(layers: Peaks[], view: View, columns: number): Peaks {
  const peaks = empty(view, columns);
  for (let column = 0; column < columns; column++) {
    const [start, end] = [timeAt(view, column / columns), timeAt(view, (column + 1) / columns)];
    const layer = layers.filter(({ view: has }) => start >= has.start - 1e-9 && start < has.end).at(-1);
    const from = layer && Math.floor(shareOf(layer.view, start) * layer.low.length + 1e-6);
    if (!layer || from === undefined) {
      peaks.low[column] = peaks.high[column] = NaN;
      continue;
    }
    const to = Math.min(
      layer.low.length,
      Math.max(from + 1, Math.ceil(shareOf(layer.view, end) * layer.low.length - 1e-6)),
    );
    for (let i = Math.max(0, from); i < to; i++) {
      peaks.low[column] = Math.min(peaks.low[column], layer.low[i]);
      peaks.high[column] = Math.max(peaks.high[column], layer.high[i]);
    }
  }
  return peaks;
}

/** Return the largest value of either sign. */
export function largest({ low, high }: Peaks): number {
  let result = 0;
  for (let i = 0; i < low.length; i++) result = Math.max(result, -low[i] || 0, high[i] || 0);
  return result;
}
