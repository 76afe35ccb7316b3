import type { Header } from "./header";
import type { Profile } from "./profiles";

const WIDEST_CONTEXT = 127;

/** What all blocks of a stream share: bands, and contexts that depend on frequency alone (FORMAT.md §8.2). */
export interface Layout {
  readonly frameSize: number;
  readonly frames: number;
  readonly channels: number;
  readonly rate: number;
  readonly profile: Profile;
  /** The first coefficient of each band, and at the end `frameSize`. */
  readonly edges: Int32Array;
  readonly bands: number;
  /** What frequency adds to the exponent of each band's step. */
  readonly tilts: Int16Array;
  /** Context of each coefficient: its frequency. */
  readonly pitches: Int16Array;
  /** Context of all of them: the duration of a frame. */
  readonly duration: number;
}

export function layoutOf({ frameSize, frames, channels, rate, profile }: Header): Layout {
  const edges = bandEdges(frameSize, rate);
  const bands = edges.length - 1;
  const lowest = log2Of16(2800 * frameSize);
  const tilts = Int16Array.from({ length: bands }, (_, band) => {
    const tilt = Math.max(log2Of16((edges[band] + edges[band + 1]) * rate) - lowest, 0);
    return (tilt * profile.tilt) >> 4;
  });
  const origin = log2Of16(250 * frameSize);
  const pitches = Int16Array.from({ length: frameSize }, (_, u) =>
    context(log2Of16((2 * u + 1) * rate) - origin),
  );
  const duration = context(log2Of16(1000 * frameSize) - log2Of16(rate));
  return { frameSize, frames, channels, rate, profile, edges, bands, tilts, pitches, duration };
}

/** Return a value as a context: from 0 to 127. */
export function context(value: number): number {
  return Math.min(Math.max(value, 0), WIDEST_CONTEXT);
}

/** Return the first coefficient of each band of a frame, and at the end `frameSize`. */
export function bandEdges(frameSize: number, rate: number): Int32Array {
  const least = Math.max(4, Math.ceil((200 * frameSize) / rate));
  const edges = [0];
  for (let last = 0; last < frameSize; edges.push(last)) {
    const widened = Math.floor((Math.floor((9 * last) / 64) + 2) / 4) * 4;
    last = Math.min(last + Math.max(least, widened), frameSize);
  }
  const narrow = edges.length > 2 && edges[edges.length - 1] - edges[edges.length - 2] < least;
  if (narrow) edges.splice(-2, 1);
  return Int32Array.from(edges);
}

/** Return the whole part of 16 log2(value), exactly, of an integer from 1 to 2^53. */
export function log2Of16(value: number): number {
  const estimate = 16 * Math.log2(value);
  const near = Math.round(estimate);
  if (Math.abs(estimate - near) > 1e-6) return Math.floor(estimate);
  return (BigInt(value) ** 16n) >> BigInt(near) ? near : near - 1; // value^16 has at least 2^near
}

const LARGEST = 63;
const ZERO = -20;

/** 16 log2(a), rounded, for the sizes 0 to 63 of coefficients; larger ones have the last value (FORMAT.md §8.4). */
export const LOGARITHMS = Int16Array.from({ length: LARGEST + 1 }, (_, size) => {
  return size ? Math.round(16 * Math.log2(size)) : ZERO;
});

/** Return the logarithm of a size. */
export function logarithm(size: number): number {
  return LOGARITHMS[Math.min(size, LARGEST)];
}
