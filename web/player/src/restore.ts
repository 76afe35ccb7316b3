import type { Layout } from "./layout";
import { fillSigns } from "./noise";
import type { NoiseFilling } from "./profiles";
import type { Spectra } from "./spectra";

/** Taken off a size of more than one step. */
const BIAS_ABOVE_1 = 0.02;
const UNIT_SCALE_FACTOR = 24;

interface Place {
  /** Counts frames and their channels. */
  readonly row: number;
  readonly band: number;
}

/** Makes coefficients of integers, one block after another in the same memory (FORMAT.md §8.6). */
export class Restorer {
  /** `[frames][channels][frameSize]`. */
  private readonly restored: Float64Array;
  private readonly signs: Int8Array;
  /** For each band the parts of what it lacks that its noise has: with coefficients, and without any. */
  private readonly parts: readonly (readonly [number, number])[];

  constructor(private readonly layout: Layout) {
    const { frames, channels, frameSize, profile } = layout;
    this.restored = new Float64Array(frames * channels * frameSize);
    this.signs = new Int8Array(frameSize);
    this.parts = [...Array(layout.bands).keys()].map((band) => {
      return [partOf(layout, band, profile.filling), partOf(layout, band, profile.emptyFilling)];
    });
  }

  /** Return the coefficients of a block, mid and side undone; they last until the next call. */
  restore(spectra: Spectra): Float64Array {
    const { frames, channels, bands, profile, frameSize } = this.layout;
    const rows = frames * channels;
    for (let row = 0; row < rows; row++) {
      if (profile.hasScaleFactors) fillSigns(this.signs, spectra.block * rows + row);
      for (let band = 0; band < bands; band++) this.restoreBand(spectra, { row, band });
    }
    if (spectra.midSide) undoMidSide(this.restored, frameSize);
    return this.restored;
  }

  private restoreBand(spectra: Spectra, { row, band }: Place): void {
    const { bands, edges, frameSize, profile } = this.layout;
    const [first, last] = [edges[band], edges[band + 1]];
    const step = 2 ** (spectra.exponents[row * bands + band] / 16 - UNIT_SCALE_FACTOR);
    const { coefficients } = spectra;
    const bias = profile.reconstructionBias;
    const { restored, signs } = this;
    let zeros = 0;
    let energy = 0;
    for (let at = row * frameSize + first; at < row * frameSize + last; at++) {
      const integer = coefficients[at];
      let value = 0;
      if (integer === 0) zeros++;
      else if (integer > 0) value = (integer - (integer === 1 ? bias : BIAS_ABOVE_1)) * step;
      else value = (integer + (integer === -1 ? bias : BIAS_ABOVE_1)) * step;
      energy += value * value;
      restored[at] = value;
    }
    const level = spectra.scaleFactors[row * bands + band];
    if (zeros === 0 || level === 0) return;
    const empty = zeros === last - first;
    const missing = Math.max((last - first) * 4 ** (level - UNIT_SCALE_FACTOR) - energy, 0);
    const { limit } = empty ? profile.emptyFilling : profile.filling;
    const amplitude = Math.min(this.parts[band][empty ? 1 : 0] * Math.sqrt(missing / zeros), limit * step);
    for (let u = first; u < last; u++) {
      if (coefficients[row * frameSize + u] === 0) restored[row * frameSize + u] = signs[u] * amplitude;
    }
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
      const mid = restored[at];
      const side = restored[at + frameSize];
      restored[at] = (mid + side) * Math.SQRT1_2;
      restored[at + frameSize] = (mid - side) * Math.SQRT1_2;
    }
  }
}
