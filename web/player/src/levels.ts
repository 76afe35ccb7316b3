import type { AnsReader } from "./ans";
import { context, type Layout } from "./layout";
import type { ContextNetwork, Model } from "./model";
import { HIDDEN } from "./packing";
import type { Spectra } from "./spectra";

const LEVELS = 48;
const START = 16;
const INPUTS = 8;

/** Read the scale factors of a block (FORMAT.md §8.3). */
export function readScaleFactors(reader: AnsReader, layout: Layout, model: Model, spectra: Spectra): void {
  const { channels, bands } = layout;
  const width = channels * bands;
  const start = new Uint8Array(bands).fill(START);
  const all = spectra.scaleFactors;
  const networks = model.scaleFactors.map((network) => new LevelNetwork(network));
  for (let begin = 0; begin < all.length; begin += bands) {
    const past = (frames: number) => {
      const from = begin - frames * width;
      return from < 0 ? start : all.subarray(from, from + bands);
    };
    const around = { now: all.subarray(begin, begin + bands), old: past(1), older: past(2) };
    for (const odd of bands > 1 ? [0, 1] : [0]) readHalf(reader, networks[odd], around, odd);
  }
}

interface Around {
  readonly now: Uint8Array;
  readonly old: Uint8Array;
  readonly older: Uint8Array;
}

/** Read every second scale factor of a frame; odd bands know those on both sides. */
function readHalf(reader: AnsReader, network: LevelNetwork, { now, old, older }: Around, odd: number): void {
  const last = now.length - 1;
  const x = network.contexts;
  for (let band = odd; band <= last; band += 2) {
    const below = Math.max(band - 1, 0);
    const above = Math.min(band + 1, last);
    const far = odd && band === last ? band - 1 : above; // at the upper end the lower one again
    const moved = odd ? (now[below] + now[far] - old[below] - old[far]) >> 1 : 0;
    const base = old[band] + moved;
    const near = odd ? now : old;
    x[0] = context(6 * (old[band] - base) + 64);
    x[1] = context(6 * (older[band] - base) + 64);
    x[2] = context(6 * (old[below] - base) + 64);
    x[3] = context(6 * (old[above] - base) + 64);
    x[4] = context(6 * (near[below] - base) + 64);
    x[5] = context(6 * (near[far] - base) + 64);
    x[6] = context(4 * base);
    x[7] = Math.floor((127 * band) / Math.max(last, 1));
    const symbol = reader.symbol(network.table, network.row());
    const predicted = Math.min(Math.max(base, 0), LEVELS - 1);
    now[band] = (predicted + symbol - LEVELS / 2 + LEVELS) % LEVELS;
  }
}

/** A network of two outputs, which are the two digits of a row. */
class LevelNetwork {
  readonly contexts = new Float64Array(INPUTS);
  readonly table;
  /** `[HIDDEN][INPUTS]`. */
  private readonly weights = new Float64Array(HIDDEN * INPUTS);

  constructor(private readonly network: ContextNetwork) {
    this.table = network.table;
    for (let unit = 0; unit < HIDDEN; unit++) {
      for (let k = 0; k < INPUTS; k++) this.weights[unit * INPUTS + k] = network.hidden[k * HIDDEN + unit];
    }
  }

  /** Return the row for the contexts. */
  row(): number {
    const { weights: w, contexts: x } = this;
    const { hiddenBias, output, outputBias } = this.network;
    let [high, low] = [outputBias[0], outputBias[1]];
    const [x0, x1, x2, x3, x4, x5, x6, x7] = [x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]];
    for (let unit = 0, k = 0; unit < HIDDEN; unit++, k += INPUTS) {
      let value = hiddenBias[unit] + w[k] * x0 + w[k + 1] * x1 + w[k + 2] * x2 + w[k + 3] * x3;
      value += w[k + 4] * x4 + w[k + 5] * x5 + w[k + 6] * x6 + w[k + 7] * x7;
      if (value <= 0) continue;
      const unitValue = Math.min(value >> 6, 127);
      high += output[2 * unit] * unitValue;
      low += output[2 * unit + 1] * unitValue;
    }
    return 8 * digit(high) + digit(low);
  }
}

function digit(sum: number): number {
  return Math.min(Math.max((sum >> 9) + 4, 0), 7);
}
