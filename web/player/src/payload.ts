import { AnsReader, wordsOf } from "./ans";
import { readCoefficients } from "./coefficients";
import { FormatError } from "./errors";
import type { Layout } from "./layout";
import { readScaleFactors } from "./levels";
import type { Model } from "./model";
import type { RowFinder } from "./space";
import { emptySpectra, fillExponents, type Spectra } from "./spectra";

const HEAD_BYTES = 2;
const MID_SIDE = 0x8000;
const LARGEST_STEP = 1023;
const LOWEST_EXPONENT = -256;

/** Return the integers of a block from its payload, which is not empty (FORMAT.md §8.1). */
export function readPayload(
  payload: Uint8Array,
  block: number,
  layout: Layout,
  model: Model,
  finder: RowFinder,
): Spectra {
  const head = payload[0] | (payload[1] << 8);
  const step = head & ~MID_SIDE;
  const midSide = (head & MID_SIDE) !== 0;
  const whole = payload.length >= HEAD_BYTES && payload.length % 4 === HEAD_BYTES;
  if (!whole || step > LARGEST_STEP || (midSide && layout.channels !== 2)) {
    throw new FormatError("the head of a block, or its length, is not valid");
  }
  const reader = new AnsReader(wordsOf(payload.subarray(HEAD_BYTES)));
  const spectra = emptySpectra(layout, block);
  spectra.midSide = midSide;
  for (let frame = 0, before = 0; frame < layout.frames; frame++) {
    before = reader.symbol(model.switching, before);
    spectra.switching[frame] = before;
  }
  if (layout.profile.hasScaleFactors) readScaleFactors(reader, layout, model, spectra);
  fillExponents(layout, spectra, step + LOWEST_EXPONENT);
  readCoefficients(reader, layout, finder, spectra);
  if (!reader.ended) throw new FormatError("the coded numbers of a block do not end where they should");
  return spectra;
}
