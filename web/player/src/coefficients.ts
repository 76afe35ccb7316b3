import type { AnsReader } from "./ans";
import { context, type Layout, LOGARITHMS } from "./layout";
import type { ContextNetwork } from "./model";
import { HIDDEN } from "./packing";
import { ABSENT, BAND_FACTS, FIRSTS, PAD, PASSES, type RowFinder, STRIDES } from "./space";
import type { Spectra } from "./spectra";

const MIDDLE = 64;
/** The symbol of all sizes above 16. */
const LARGE = 17;
const LENGTHS = 20;
/** Places of contexts that a whole pass shares, in the order of FORMAT.md §8.4. */
const PASS_FLAGS = 20;
const FRAME_FACTS = 23;

/** Read the coefficients of a block (FORMAT.md §8.4); switching, scale factors and exponents are there. */
export function readCoefficients(
  reader: AnsReader,
  layout: Layout,
  finder: RowFinder,
  spectra: Spectra,
): void {
  const { frames, channels, frameSize } = layout;
  finder.space.clear(channels);
  for (let frame = 0; frame < frames; frame++) {
    for (let channel = 0; channel < channels; channel++) {
      const begin = (frame * channels + channel) * frameSize;
      const values = spectra.coefficients.subarray(begin, begin + frameSize);
      describeFrame(layout, finder, spectra, { frame, channel });
      readFrame(reader, layout, finder, { frame, channel, values });
    }
  }
}

interface Place {
  readonly frame: number;
  readonly channel: number;
}

/** Tell the finder what the coefficients of a frame share. */
function describeFrame(layout: Layout, finder: RowFinder, spectra: Spectra, { frame, channel }: Place): void {
  const { bands, channels, frames } = layout;
  const width = channels * bands;
  const begin = frame * width + channel * bands;
  const { space } = finder;
  space.exponents.set(spectra.exponents.subarray(begin, begin + bands));
  const before = frame > 0 ? begin - width : begin;
  const after = frame < frames - 1 ? begin + width : begin;
  const { scaleFactors: level } = spectra;
  for (let b = 0; b < bands; b++) {
    const fact = (place: number) => {
      return layout.profile.hasScaleFactors
        ? context(16 * level[place] - space.exponents[b] + MIDDLE)
        : MIDDLE;
    };
    space.facts[b * BAND_FACTS] = fact(begin + b);
    space.facts[b * BAND_FACTS + 1] = fact(begin + Math.max(b - 1, 0));
    space.facts[b * BAND_FACTS + 2] = fact(begin + Math.min(b + 1, bands - 1));
    space.facts[b * BAND_FACTS + 3] = fact(before + b);
    space.facts[b * BAND_FACTS + 4] = fact(after + b);
  }
  sumShared(space.network, space.passBases, frameFacts(layout, spectra.switching, frame, channel));
  finder.sumBands();
}

function frameFacts(layout: Layout, switching: Uint8Array, frame: number, channel: number): number[] {
  const current = switching[frame];
  const changed = frame > 0 && current !== switching[frame - 1];
  const flags = [current === 0, current === 1, current >= 2, changed, frame === 0, channel > 0];
  return [...flags.map((flag) => (flag ? MIDDLE : 0)), layout.duration];
}

/** Add up what all coefficients of each pass share. */
function sumShared({ hidden, hiddenBias }: ContextNetwork, bases: Int32Array, facts: number[]): void {
  for (let unit = 0; unit < HIDDEN; unit++) {
    let sum = hiddenBias[unit];
    for (let k = 0; k < facts.length; k++) sum += hidden[(FRAME_FACTS + k) * HIDDEN + unit] * facts[k];
    bases[unit] = sum + MIDDLE * hidden[PASS_FLAGS * HIDDEN + unit];
    bases[HIDDEN + unit] = sum + MIDDLE * hidden[(PASS_FLAGS + 1) * HIDDEN + unit];
    bases[2 * HIDDEN + unit] = sum;
  }
}

function readFrame(
  reader: AnsReader,
  layout: Layout,
  finder: RowFinder,
  at: Place & { values: Int32Array },
): void {
  const { space } = finder;
  const around = space.surroundings(at.frame, at.channel);
  const own = space.row(around.own).fill(ABSENT);
  finder.average(around);
  for (let pass = 0; pass < PASSES; pass++) {
    finder.findRows(pass, around);
    readPass(reader, finder, pass, at.values);
    noteMagnitudes(layout, space.exponents, pass, at.values, own);
  }
}

/** Read the coefficients of a pass: symbols, what is beyond the largest one, and signs. */
function readPass(reader: AnsReader, { space }: RowFinder, pass: number, values: Int32Array): void {
  const [first, stride] = [FIRSTS[pass], STRIDES[pass]];
  const largest = reader.run(space.network.table, space.rows, values, first, stride);
  for (let u: number = first; largest === LARGE && u < values.length; u += stride) {
    if (values[u] === LARGE) values[u] = largeSize(reader);
  }
  if (largest > 0) reader.signs(values, first, stride);
}

function largeSize(reader: AnsReader): number {
  const length = reader.uniform(LENGTHS);
  return LARGE - 1 + 2 ** length + (length ? reader.bits(length) : 0);
}

/** Fill in the magnitudes of the coefficients of a pass. */
function noteMagnitudes(
  layout: Layout,
  exponents: Int16Array,
  pass: number,
  values: Int32Array,
  own: Int16Array,
): void {
  const { edges, bands } = layout;
  let u: number = FIRSTS[pass];
  for (let band = 0; band < bands; band++) {
    const exponent = exponents[band];
    for (; u < edges[band + 1]; u += STRIDES[pass]) {
      own[PAD + u] = LOGARITHMS[Math.min(Math.abs(values[u]), LOGARITHMS.length - 1)] + exponent;
    }
  }
}
