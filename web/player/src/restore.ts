import type { Layout } from "./layout";
import { NoiseSigns } from "./noise";
import type { NoiseFilling } from "./profiles";
import type { Spectra } from "./spectra";

/** Taken off a size of more than one step. */
const BIAS_ABOVE_1 = 0.02;
const UNIT_SCALE_FACTOR = 24;

/** Return the coefficients of a block, mid and side undone, `[frames][channels][frameSize]` (FORMAT.md §8.6). */
export function restore(layout: Layout, spectra: Spectra): Float64Array {
  const { frameSize, channels, bands } = layout;
  const restored = new Float64Array(spectra.coefficients.length);
  const signs = new NoiseSigns();
  const count = layout.frames * channels;
  for (let row = 0; row < count; row++) {
    signs.seek(spectra.block * count + row, frameSize);
    for (let band = 0; band < bands; band++) restoreBand(layout, spectra, { row, band }, restored, signs);
  }
  if (spectra.midSide) undoMidSide(restored, frameSize);
  return restored;
}

interface Place {
  /** Counts frames and their channels. */
  readonly row: number;
  readonly band: number;
}

function restoreBand(
  layout: Layout,
  spectra: Spectra,
  { row, band }: Place,
  restored: Float64Array,
  signs: NoiseSigns,
): void {
  const { bands, edges, frameSize, profile } = layout;
  const [begin, end] = [row * frameSize + edges[band], row * frameSize + edges[band + 1]];
  const step = 2 ** (spectra.exponents[row * bands + band] / 16 - UNIT_SCALE_FACTOR);
  const one = (1 - profile.reconstructionBias) * step;
  const { coefficients } = spectra;
  let zeros = 0;
  let energy = 0;
  for (let at = begin; at < end; at++) {
    const size = Math.abs(coefficients[at]);
    if (size === 0) {
      zeros++;
      continue;
    }
    const value = size === 1 ? one : (size - BIAS_ABOVE_1) * step;
    energy += value * value;
    restored[at] = coefficients[at] < 0 ? -value : value;
  }
  if (!profile.hasScaleFactors) return;
  const width = end - begin;
  const filling = zeros === width ? profile.emptyFilling : profile.filling;
  const level = spectra.scaleFactors[row * bands + band];
  const missing = level > 0 ? Math.max(width * 4 ** (level - UNIT_SCALE_FACTOR) - energy, 0) : 0;
  const amplitude = Math.min(
    partOf(layout, band, filling) * Math.sqrt(missing / Math.max(zeros, 1)),
    filling.limit * step,
  );
  for (let at = begin; at < end; at++) {
    const sign = signs.next();
    if (coefficients[at] === 0) restored[at] = sign * amplitude;
  }
}

/** The part of what a band lacks that its noise has. */
function partOf(
  { edges, rate, frameSize, profile }: Layout,
  band: number,
  { low, high }: NoiseFilling,
): number {
  return (edges[band] + edges[band + 1]) * rate < 4 * frameSize * profile.noiseSplitHz ? low : high;
}

function undoMidSide(restored: Float64Array, frameSize: number): void {
  for (let begin = 0; begin < restored.length; begin += 2 * frameSize) {
    for (let at = begin; at < begin + frameSize; at++) {
      const [mid, side] = [restored[at], restored[at + frameSize]];
      restored[at] = (mid + side) * Math.SQRT1_2;
      restored[at + frameSize] = (mid - side) * Math.SQRT1_2;
    }
  }
}
