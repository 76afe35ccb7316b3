import type { Layout } from "./layout";

/** The integers of a block (FORMAT.md §8). Frames come first, then channels. Blocks take turns in one of these. */
export interface Spectra {
  /** Number of the block in the stream. */
  block: number;
  midSide: boolean;
  /** Window switching of each frame, as it is coded: `[frames]`. */
  readonly switching: Uint8Array;
  /** Scale factors `[frames][channels][bands]`. */
  readonly scaleFactors: Uint8Array;
  /** Exponents of the steps `[frames][channels][bands]`. */
  readonly exponents: Int16Array;
  /** Coefficients in steps `[frames][channels][frameSize]`. */
  readonly coefficients: Int32Array;
}

export function emptySpectra({ frames, channels, bands, frameSize }: Layout): Spectra {
  return {
    block: 0,
    midSide: false,
    switching: new Uint8Array(frames),
    scaleFactors: new Uint8Array(frames * channels * bands),
    exponents: new Int16Array(frames * channels * bands),
    coefficients: new Int32Array(frames * channels * frameSize),
  };
}

/** Fill in the exponents of the steps, which follow from the scale factors and that of the block (FORMAT.md §8.2). */
export function fillExponents(layout: Layout, spectra: Spectra, step: number): void {
  const { bands, channels, tilts, profile } = layout;
  const { scaleFactors: level, exponents } = spectra;
  for (let begin = 0; begin < exponents.length; begin += bands) {
    const before = begin < channels * bands ? begin : begin - channels * bands;
    let total = 0;
    for (let b = 0; b < bands; b++) total += level[begin + b];
    const shared = step + Math.floor((profile.loud * total) / bands);
    for (let b = 0; b < bands; b++) {
      const own = level[begin + b];
      const louder = Math.max(level[begin + Math.max(b - 1, 0)], level[begin + Math.min(b + 1, bands - 1)]);
      const spread = profile.spread * Math.max(louder - own, 0);
      const past = profile.past * Math.max(level[before + b] - own, 0);
      exponents[begin + b] = shared + tilts[b] + profile.slope * own + spread + past;
    }
  }
}
