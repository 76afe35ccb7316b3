import type { Layout } from "./layout";
import { context } from "./layout";
import { HIDDEN, ROWS } from "./packing";
import {
  BAND_FACTS,
  FIRSTS,
  PAD,
  PASSES,
  placesOf,
  type RowFinder,
  Space,
  STRIDES,
  type Surroundings,
  VARYING,
} from "./space";
import type { ContextNetwork } from "./model";

const AROUND = 8;
const NOTHING = 44; // the context of a coefficient of 0, in place of what is not known yet

/** Rows in plain loops: for browsers without SIMD, and what the kernel is compared with. */
export class PlainRows implements RowFinder {
  readonly space: Space;
  private readonly bandBases: Float64Array;
  /** Weights of varying contexts by unit, `[HIDDEN][VARYING]`, as reals, which is fastest. */
  private readonly weights = new Float64Array(HIDDEN * VARYING);
  private readonly contexts = new Float64Array(VARYING);

  constructor(
    private readonly layout: Layout,
    network: ContextNetwork,
  ) {
    const places = placesOf(layout);
    this.space = new Space(new ArrayBuffer(places.end), places, layout, network);
    this.bandBases = new Float64Array(layout.bands * HIDDEN);
    for (let unit = 0; unit < HIDDEN; unit++) {
      for (let k = 0; k < VARYING; k++) {
        this.weights[unit * VARYING + k] = network.hidden[(k === VARYING - 1 ? 22 : k) * HIDDEN + unit];
      }
    }
  }

  sumBands(): void {
    const { facts, network } = this.space;
    for (let band = 0; band < this.layout.bands; band++) {
      for (let unit = 0; unit < HIDDEN; unit++) {
        let sum = 0;
        for (let k = 0; k < BAND_FACTS - 1; k++)
          sum += network.hidden[(15 + k) * HIDDEN + unit] * facts[band * BAND_FACTS + k];
        this.bandBases[band * HIDDEN + unit] = sum;
      }
    }
  }

  average({ before, mean }: Surroundings): void {
    const [from, to] = [this.space.row(before), this.space.row(mean)];
    let sum = 0;
    for (let k = 0; k < 2 * AROUND; k++) sum += from[k];
    for (let u = 0; u < this.layout.frameSize; u++) {
      to[PAD + u] = sum >> 4;
      sum += from[u + 2 * AROUND] - from[u];
    }
  }

  findRows(pass: number, around: Surroundings): void {
    const { edges, bands } = this.layout;
    const { exponents, rows } = this.space;
    const fill = this.filler(pass, around);
    const base = new Float64Array(HIDDEN);
    let at = 0;
    let u: number = FIRSTS[pass];
    for (let band = 0; band < bands; band++) {
      if (u >= edges[band + 1]) continue;
      const exponent = exponents[band];
      for (let unit = 0; unit < HIDDEN; unit++) {
        base[unit] = this.bandBases[band * HIDDEN + unit] + this.space.passBases[pass * HIDDEN + unit];
      }
      for (; u < edges[band + 1]; u += STRIDES[pass]) {
        fill(u, exponent);
        rows[at++] = this.row(base);
      }
    }
  }

  /** Return what fills in the varying contexts of a coefficient of a pass. */
  private filler(pass: number, around: Surroundings): (u: number, exponent: number) => void {
    const row = (place: number) => this.space.row(place);
    const [own, before, earlier] = [row(around.own), row(around.before), row(around.earlier)];
    const [other, mean] = [row(around.other), row(around.mean)];
    const x = this.contexts;
    const pitches = this.layout.pitches;
    const near = [4, 2, 1][pass];
    const last = this.layout.frameSize - 2 * near;
    return (u, exponent) => {
      const k = PAD + u;
      const level = exponent - 64;
      x[0] = context(before[k] - level);
      x[1] = context(before[k - 1] - level);
      x[2] = context(before[k + 1] - level);
      x[3] = context(((before[k - 2] + before[k + 2]) >> 1) - level);
      x[4] = context(((before[k - 3] + before[k + 3]) >> 1) - level);
      x[5] = context(mean[k] - level);
      x[6] = context(earlier[k] - level);
      x[7] = context(((earlier[k - 1] + earlier[k + 1]) >> 1) - level);
      x[8] = context(other[k] - level);
      x[9] = context(((other[k - 1] + other[k + 1]) >> 1) - level);
      x[10] = x[11] = x[12] = x[13] = x[14] = NOTHING;
      if (pass > 0) {
        x[10] = context(own[k - near] - level);
        x[11] = context(own[k + near] - level);
        x[12] = context(((own[k - 3 * near] + own[k + 3 * near]) >> 1) - level);
        let sum = 0;
        for (let o = -7; o < 8; o += 2) sum += own[PAD + Math.min(Math.max(u + near * o, 0), last)];
        x[14] = context((sum >> 3) - level);
      }
      if (pass === PASSES - 1) x[13] = context(((own[k - 5] + own[k + 5]) >> 1) - level);
      x[15] = pitches[u];
    };
  }

  /** Return the row that the network chooses for the contexts that were filled in. */
  private row(base: Float64Array): number {
    const { weights: w, contexts: x } = this;
    const [x0, x1, x2, x3, x4, x5, x6, x7] = [x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]];
    const [x8, x9, x10, x11, x12, x13, x14, x15] = [x[8], x[9], x[10], x[11], x[12], x[13], x[14], x[15]];
    const { output, outputBias } = this.space.network;
    let sum = outputBias[0];
    for (let unit = 0, k = 0; unit < HIDDEN; unit++, k += VARYING) {
      let value = base[unit] + w[k] * x0 + w[k + 1] * x1 + w[k + 2] * x2 + w[k + 3] * x3;
      value += w[k + 4] * x4 + w[k + 5] * x5 + w[k + 6] * x6 + w[k + 7] * x7;
      value += w[k + 8] * x8 + w[k + 9] * x9 + w[k + 10] * x10 + w[k + 11] * x11;
      value += w[k + 12] * x12 + w[k + 13] * x13 + w[k + 14] * x14 + w[k + 15] * x15;
      if (value > 0) sum += output[unit] * Math.min(value >> 6, 127);
    }
    return Math.min(Math.max((sum >> 9) + ROWS / 2, 0), ROWS - 1);
  }
}
