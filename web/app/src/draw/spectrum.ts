/** Short-time spectra of a piece of sound, as levels to be drawn. */

import { hertzAt, type FrequencyScale } from "./axis";

export const FFT_SIZE = 1024;
const BINS = FFT_SIZE / 2 + 1;
const MOST_FRAMES_PER_COLUMN = 4;

/** What the picture is to show: time along columns, frequency along rows from the lowest, levels as 0..255. */
export interface PictureOf {
  rate: number;
  columns: number;
  rows: number;
  /** Frames in the samples where the first column begins and where the last one ends. */
  first: number;
  last: number;
  topHertz: number;
  scale: FrequencyScale;
  lowDecibels: number;
  highDecibels: number;
}

const half = FFT_SIZE / 2;
const cosines = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / FFT_SIZE));
const sines = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / FFT_SIZE));
const reversed = Uint16Array.from({ length: FFT_SIZE }, (_, i) => {
  let result = 0;
  for (let bit = 1; bit < FFT_SIZE; bit <<= 1) result = (result << 1) | (i & bit ? 1 : 0);
  return result;
});
/** Hann, scaled so that a sine of full scale has the power 1 in its bin. */
const hann = Float64Array.from(
  { length: FFT_SIZE },
  (_, i) => (2 / half) * 0.5 * (1 - Math.cos((2 * Math.PI * i) / FFT_SIZE)),
);

/** Transform in place: complex numbers of FFT_SIZE, radix 2. */
function transform(re: Float64Array, im: Float64Array): void {
  for (let i = 0; i < FFT_SIZE; i++) {
    const j = reversed[i];
    if (j <= i) continue;
    [re[i], re[j], im[i], im[j]] = [re[j], re[i], im[j], im[i]];
  }
  for (let size = 2; size <= FFT_SIZE; size <<= 1) {
    const [part, step] = [size >> 1, FFT_SIZE / size];
    for (let k = 0; k < part; k++) {
      const [c, s] = [cosines[k * step], -sines[k * step]];
      for (let i = k; i < FFT_SIZE; i += size) {
        const j = i + part;
        const [x, y] = [c * re[j] - s * im[j], c * im[j] + s * re[j]];
        re[j] = re[i] - x;
        im[j] = im[i] - y;
        re[i] += x;
        im[i] += y;
      }
    }
  }
}

const re = new Float64Array(FFT_SIZE);
const im = new Float64Array(FFT_SIZE);

/** Add the power spectrum of the frame around `centre` to `powers`: a sine of full scale has the power 1. */
export function addPowers(samples: ArrayLike<number>, centre: number, powers: Float64Array): void {
  const start = Math.round(centre) - half;
  const [from, to] = [Math.max(0, -start), Math.min(FFT_SIZE, samples.length - start)];
  re.fill(0);
  for (let i = from; i < to; i++) re[i] = hann[i] * samples[start + i];
  im.fill(0);
  transform(re, im);
  for (let k = 0; k < BINS; k++) powers[k] += re[k] * re[k] + im[k] * im[k];
}

/** For each row, the first and the last bin that it shows, as fractions. */
function rowBins({ rows, rate, topHertz, scale }: PictureOf): [from: number, to: number][] {
  const bin = (height: number) =>
    (hertzAt(Math.max(0, Math.min(1, height)), topHertz, scale) * FFT_SIZE) / rate;
  return Array.from({ length: rows }, (_, row) => [bin(row / rows), bin((row + 1) / rows)]);
}

/** Mean power between two fractional bins; between two neighbours where the row is narrower than one. */
function powerBetween(powers: Float64Array, from: number, to: number): number {
  if (from > BINS - 1) return 0;
  if (to - from < 1) {
    const place = Math.min((from + to) / 2, BINS - 1);
    const k = Math.min(Math.floor(place), BINS - 2);
    return powers[k] + (place - k) * (powers[k + 1] - powers[k]);
  }
  const [first, last] = [
    Math.round(from),
    Math.min(BINS - 1, Math.max(Math.round(from), Math.round(to) - 1)),
  ];
  let sum = 0;
  for (let k = first; k <= last; k++) sum += powers[k];
  return sum / (last - first + 1);
}

/** Return the levels [columns][rows] of one sound; powers are means over channels. */
export function levelsOf(channels: ArrayLike<number>[], picture: PictureOf): Uint8Array<ArrayBuffer> {
  const { columns, rows, first, last, lowDecibels, highDecibels } = picture;
  const levels = new Uint8Array(columns * rows);
  const bins = rowBins(picture);
  const width = (last - first) / columns;
  const count = Math.max(1, Math.min(MOST_FRAMES_PER_COLUMN, Math.round(width / FFT_SIZE)));
  const powers = new Float64Array(BINS);
  const scale = 1 / (count * channels.length);
  for (let column = 0; column < columns; column++) {
    powers.fill(0);
    for (let i = 0; i < count; i++)
      for (const samples of channels)
        addPowers(samples, first + (column + (i + 0.5) / count) * width, powers);
    bins.forEach(([from, to], row) => {
      const decibels = 10 * Math.log10(powerBetween(powers, from, to) * scale);
      const level = (255 * (decibels - lowDecibels)) / (highDecibels - lowDecibels);
      levels[column * rows + row] = Math.max(0, Math.min(255, Math.round(level)));
    });
  }
  return levels;
}

/** Return B - A. */
export function errorOf(a: Float32Array[], b: Float32Array[]): Float32Array[] {
  return a.map((samples, c) => samples.map((value, i) => b[c][i] - value));
}
