import { AnsReader, wordsOf } from "./ans";
import { readCoefficients } from "./coefficients";
import { FormatError } from "./errors";
import { rowFinder } from "./kernel";
import type { Layout } from "./layout";
import { readScaleFactors } from "./levels";
import type { Model } from "./model";
import type { RowFinder } from "./space";
import { emptySpectra, fillExponents, type Spectra } from "./spectra";

const HEAD_BYTES = 2;
const MID_SIDE = 0x8000;
const LARGEST_STEP = 1023;
const LOWEST_EXPONENT = -256;

/** Reads the payloads of a stream, one after another, in memory that is allocated once (FORMAT.md §8.1). */
export class PayloadReader {
  private readonly finder: RowFinder;
  private readonly spectra: Spectra;

  constructor(
    private readonly layout: Layout,
    private readonly model: Model,
    simd: boolean,
  ) {
    this.finder = rowFinder(layout, model.coefficients, simd);
    this.spectra = emptySpectra(layout);
  }

  /** Return the integers of a block from its payload, which is not empty; they last until the next call. */
  read(payload: Uint8Array, block: number): Spectra {
    const { layout, model, spectra } = this;
    const head = payload[0] | (payload[1] << 8);
    const step = head & ~MID_SIDE;
    spectra.block = block;
    spectra.midSide = (head & MID_SIDE) !== 0;
    const whole = payload.length >= HEAD_BYTES && payload.length % 4 === HEAD_BYTES;
    if (!whole || step > LARGEST_STEP || (spectra.midSide && layout.channels !== 2)) {
      throw new FormatError("the head of a block, or its length, is not valid");
    }
    const reader = new AnsReader(wordsOf(payload.subarray(HEAD_BYTES)));
    for (let frame = 0, before = 0; frame < layout.frames; frame++) {
      before = reader.symbol(model.switching, before);
      spectra.switching[frame] = before;
    }
    if (layout.profile.hasScaleFactors) readScaleFactors(reader, layout, model, spectra);
    fillExponents(layout, spectra, step + LOWEST_EXPONENT);
    readCoefficients(reader, layout, this.finder, spectra);
    if (!reader.ended) throw new FormatError("the coded numbers of a block do not end where they should");
    return spectra;
  }
}
