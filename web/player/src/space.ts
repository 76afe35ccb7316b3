import type { Layout } from "./layout";
import type { ContextNetwork } from "./model";
import { HIDDEN } from "./packing";

/** Absent coefficients at both ends of a row of magnitudes. */
export const PAD = 8;
/** Magnitude of what lies outside the block or the frame. */
export const ABSENT = -10000;
/** Contexts that differ from coefficient to coefficient: magnitudes around it, their mean, and its frequency. */
export const VARYING = 16;
/** Contexts that the coefficients of a band share, and a zero. */
export const BAND_FACTS = 6;
/** Rows of magnitudes of a channel: three frames in turn, and a moving average. */
const ROWS_OF_CHANNEL = 4;
export const PASSES = 3;
/** Where the passes begin, and how far apart their coefficients are. */
export const FIRSTS = [0, 2, 1] as const;
export const STRIDES = [4, 4, 2] as const;

/** Places of contexts in the order of FORMAT.md §8.4. */
const FIRST_BAND_FACT = 15;
const PITCH = 22;

/** The parts of a space, in bytes from its beginning. */
export interface Places {
  /** Weights of varying contexts, two by two: `i16 [VARYING / 2][HIDDEN][2]`. */
  readonly weights: number;
  /** Weights of the facts of bands: `i16 [BAND_FACTS / 2][HIDDEN][2]`. */
  readonly bandWeights: number;
  /** `i16 [HIDDEN]`. */
  readonly output: number;
  /** Sums of what all coefficients of a pass share: `i32 [PASSES][HIDDEN]`. */
  readonly passBases: number;
  /** Sums of what the coefficients of a band share: `i32 [bands][HIDDEN]`. */
  readonly bandBases: number;
  /** `i32 [bands + 1]`. */
  readonly edges: number;
  /** `i16 [bands]`. */
  readonly exponents: number;
  /** `i16 [bands][BAND_FACTS]`. */
  readonly facts: number;
  /** `i16 [frameSize]`. */
  readonly pitches: number;
  /** The contexts of a pass: `i16 [frameSize / 2][VARYING]`. */
  readonly contexts: number;
  /** The rows of the coefficients of a pass: `u8 [frameSize / 2]`. */
  readonly rows: number;
  /** A row of magnitudes that are absent: `i16 [frameSize + 2 PAD]`. */
  readonly absent: number;
  /** `i16 [channels][ROWS_OF_CHANNEL][frameSize + 2 PAD]`. */
  readonly magnitudes: number;
  readonly end: number;
}

/** Return where the parts of a space lie, each at a multiple of 16 bytes. */
export function placesOf({ frameSize, bands, channels }: Layout): Places {
  let end = 0;
  const place = (bytes: number) => {
    const begin = end;
    end += Math.ceil(bytes / 16) * 16;
    return begin;
  };
  return {
    weights: place(2 * VARYING * HIDDEN),
    bandWeights: place(2 * BAND_FACTS * HIDDEN),
    output: place(2 * HIDDEN),
    passBases: place(4 * PASSES * HIDDEN),
    bandBases: place(4 * bands * HIDDEN),
    edges: place(4 * (bands + 1)),
    exponents: place(2 * bands),
    facts: place(2 * bands * BAND_FACTS),
    pitches: place(2 * frameSize),
    contexts: place(frameSize * VARYING),
    rows: place(frameSize / 2),
    absent: place(rowBytes(frameSize)),
    magnitudes: place(channels * ROWS_OF_CHANNEL * rowBytes(frameSize)),
    end,
  };
}

function rowBytes(frameSize: number): number {
  return 2 * (frameSize + 2 * PAD);
}

/** The rows of magnitudes around a frame, in bytes from the beginning of the space. */
export interface Surroundings {
  own: number;
  before: number;
  earlier: number;
  /** Of the channel before. */
  other: number;
  /** The moving average of `before`. */
  mean: number;
}

/** What rows are found from, in one buffer that a kernel can have as its memory. */
export class Space {
  readonly passBases: Int32Array;
  readonly exponents: Int16Array;
  readonly facts: Int16Array;
  readonly rows: Uint8Array;
  private readonly rowLength: number;

  constructor(
    readonly buffer: ArrayBuffer,
    readonly places: Places,
    layout: Layout,
    readonly network: ContextNetwork,
  ) {
    const { bands, frameSize } = layout;
    this.rowLength = rowBytes(frameSize);
    this.passBases = new Int32Array(buffer, places.passBases, PASSES * HIDDEN);
    this.exponents = new Int16Array(buffer, places.exponents, bands);
    this.facts = new Int16Array(buffer, places.facts, bands * BAND_FACTS);
    this.rows = new Uint8Array(buffer, places.rows, frameSize / 2);
    new Int32Array(buffer, places.edges, bands + 1).set(layout.edges);
    new Int16Array(buffer, places.pitches, frameSize).set(layout.pitches);
    this.row(places.absent).fill(ABSENT);
    this.setWeights();
  }

  /** Return a row of magnitudes, with its `PAD` at both ends. */
  row(place: number): Int16Array {
    return new Int16Array(this.buffer, place, this.rowLength / 2);
  }

  /** Return the rows around a frame of a channel; which is whose goes round from frame to frame. */
  surroundings(frame: number, channel: number): Surroundings {
    const first = this.places.magnitudes + channel * ROWS_OF_CHANNEL * this.rowLength;
    const ofFrame = (number: number, start = first) => start + (number % 3) * this.rowLength;
    return {
      own: ofFrame(frame),
      before: ofFrame(frame + 2),
      earlier: ofFrame(frame + 1),
      other: channel ? ofFrame(frame, first - ROWS_OF_CHANNEL * this.rowLength) : this.places.absent,
      mean: first + 3 * this.rowLength,
    };
  }

  /** Forget all magnitudes, as at the start of a block. */
  clear(channels: number): void {
    const { buffer, places, rowLength } = this;
    new Int16Array(buffer, places.magnitudes, (channels * ROWS_OF_CHANNEL * rowLength) / 2).fill(ABSENT);
  }

  private setWeights(): void {
    const { hidden, output } = this.network;
    const varying = [...Array(VARYING - 1).keys(), PITCH];
    const band = [...Array(BAND_FACTS - 1).keys()].map((fact) => FIRST_BAND_FACT + fact);
    const fill = (place: number, inputs: number[], width: number) => {
      const pairs = new Int16Array(this.buffer, place, width * HIDDEN);
      inputs.forEach((input, k) => {
        for (let unit = 0; unit < HIDDEN; unit++) {
          pairs[((k >> 1) * HIDDEN + unit) * 2 + (k & 1)] = hidden[input * HIDDEN + unit];
        }
      });
    };
    fill(this.places.weights, varying, VARYING);
    fill(this.places.bandWeights, band, BAND_FACTS);
    new Int16Array(this.buffer, this.places.output, HIDDEN).set(output);
  }
}

/** Finds the rows of the coefficients of a pass in a space: the kernel, or plain loops, which agree. */
export interface RowFinder {
  readonly space: Space;
  /** Add up what the coefficients of each band share, once the facts of a frame are there. */
  sumBands(): void;
  /** Fill in the moving average of the frame before. */
  average(around: Surroundings): void;
  /** Fill in the rows of a pass. */
  findRows(pass: number, around: Surroundings): void;
}
