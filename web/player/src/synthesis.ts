import { Dct4 } from "./dct4";
import { Laps } from "./lap";
import type { Layout } from "./layout";

/** Shorter blocks that the first and the last frame of a block may have at most (FORMAT.md §7). */
const MOST_AT_ENDS = 2;

/** Samples of a block by channel, whose two outer borders still overlap; null: silence. */
export type Folded = readonly Float32Array[] | null;

/** The inverse MDCT of blocks, and their joining (FORMAT.md §7, network 11). */
export class Synthesis {
  private readonly laps: Laps;
  private readonly transforms = new Map<number, Dct4>();
  private readonly scratch: Float64Array;
  private readonly samples: Float64Array;

  constructor(
    private readonly layout: Layout,
    sine: boolean,
  ) {
    this.laps = new Laps(sine);
    this.scratch = new Float64Array(layout.frameSize);
    this.samples = new Float64Array(layout.frames * layout.frameSize);
  }

  /** Samples on each side of the border of two blocks that depend on both. */
  get reach(): number {
    return this.layout.frameSize / 8;
  }

  /** Return the samples of a block from its coefficients `[frames][channels][frameSize]`. */
  fold(coefficients: Float64Array, coded: Uint8Array): readonly Float32Array[] {
    const { frames, channels, frameSize } = this.layout;
    const switching = Array.from(coded, (exponent, frame) => {
      return frame === 0 || frame === frames - 1 ? Math.min(exponent, MOST_AT_ENDS) : exponent;
    });
    const { samples } = this;
    return Array.from({ length: channels }, (_, channel) => {
      for (let frame = 0; frame < frames; frame++) {
        const from = (frame * channels + channel) * frameSize;
        this.frame(
          coefficients,
          from,
          switching[frame],
          samples.subarray(frame * frameSize, (frame + 1) * frameSize),
        );
        if (frame === 0) continue;
        const half = (frameSize >> Math.max(switching[frame - 1], switching[frame])) / 2;
        this.laps.unfold(half, samples, frame * frameSize, samples, frame * frameSize);
      }
      return new Float32Array(samples);
    });
  }

  /** Undo the overlap between two blocks: return what becomes of `reach` samples before the border, and behind it. */
  join(left: Float32Array | undefined, right: Float32Array | undefined): [Float32Array, Float32Array] {
    const { reach } = this;
    const before = left ? left.slice(left.length - reach) : new Float32Array(reach);
    const behind = right ? right.slice(0, reach) : new Float32Array(reach);
    this.laps.unfold(reach, before, reach, behind, 0);
    return [before, behind];
  }

  /** Fill in the samples of a frame: those of its short blocks, whose coefficients are interleaved, or of one long block. */
  private frame(coefficients: Float64Array, from: number, exponent: number, samples: Float64Array): void {
    const blocks = 1 << exponent;
    const length = samples.length / blocks;
    const transform = this.transformOf(length);
    for (let block = 0; block < blocks; block++) {
      const begin = block * length;
      transform.run(coefficients, from + block, blocks, this.scratch);
      for (let k = 0; k < length; k++) samples[begin + k] = -this.scratch[length - 1 - k];
      if (block > 0) this.laps.unfold(length / 2, samples, begin, samples, begin);
    }
  }

  private transformOf(length: number): Dct4 {
    let transform = this.transforms.get(length);
    if (!transform) {
      transform = new Dct4(length);
      this.transforms.set(length, transform);
    }
    return transform;
  }
}
