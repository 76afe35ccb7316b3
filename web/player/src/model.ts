import { BYTES, type Kind, RUNS } from "./packing";

/** Rows of symbol counts, each of which sums to 2^24, ready for a search (FORMAT.md §5, §8.5). */
export interface CountTable {
  readonly symbols: number;
  /** Of each row the sums of counts before each symbol, and at the end 2^24: `[rows][symbols + 1]`. */
  readonly starts: Uint32Array;
  /** For the 256 values of the upper bits of a number below 2^24: a symbol that is not beyond its own, `[rows][256]`. */
  readonly first: Uint8Array;
}

/** A network of one hidden layer that turns contexts into the row of a table. */
export interface ContextNetwork {
  /** `[inputs][HIDDEN]`. */
  readonly hidden: Int8Array;
  readonly hiddenBias: Int32Array;
  /** `[HIDDEN][outputs]`. */
  readonly output: Int8Array;
  readonly outputBias: Int32Array;
  readonly table: CountTable;
}

/** The probabilities of everything in a block. */
export interface Model {
  readonly switching: CountTable;
  /** Networks of even and of odd bands. */
  readonly scaleFactors: readonly [ContextNetwork, ContextNetwork];
  readonly coefficients: ContextNetwork;
}

const PRECISION = 24;

/** Return the model that was packed (see `packing.ts`). */
export function parseModel(packed: Uint8Array): Model {
  const arrays = unpack(packed);
  return {
    switching: countTable(arrays.get("splits")!, 5),
    scaleFactors: [network(arrays, "even_levels", 48), network(arrays, "odd_levels", 48)],
    coefficients: network(arrays, "weights", 18),
  };
}

function unpack(packed: Uint8Array): Map<string, Int32Array> {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let at = 0;
  const next: Readonly<Record<Kind, () => number>> = {
    i8: () => view.getInt8(at),
    i32: () => view.getInt32(at, true),
    u24: () => view.getUint16(at, true) | (view.getUint8(at + 2) << 16),
  };
  const arrays = new Map<string, Int32Array>();
  for (const { name, kind, length } of RUNS) {
    const numbers = new Int32Array(length);
    for (let k = 0; k < length; k++, at += BYTES[kind]) numbers[k] = next[kind]();
    arrays.set(name, numbers);
  }
  return arrays;
}

function network(arrays: Map<string, Int32Array>, name: string, symbols: number): ContextNetwork {
  return {
    hidden: Int8Array.from(arrays.get(`${name}.weight_0`)!),
    hiddenBias: arrays.get(`${name}.bias_0`)!,
    output: Int8Array.from(arrays.get(`${name}.weight_1`)!),
    outputBias: arrays.get(`${name}.bias_1`)!,
    table: countTable(arrays.get(`${name}.table`)!, symbols),
  };
}

/** Return a table of `counts [rows][symbols]`. */
export function countTable(counts: Int32Array, symbols: number): CountTable {
  const rows = counts.length / symbols;
  const starts = new Uint32Array(rows * (symbols + 1));
  const first = new Uint8Array(rows * 256);
  for (let row = 0; row < rows; row++) {
    const place = row * (symbols + 1);
    for (let k = 0; k < symbols; k++) starts[place + k + 1] = starts[place + k] + counts[row * symbols + k];
    if (starts[place + symbols] !== 2 ** PRECISION) throw new Error("a model is not valid: its counts");
    for (let top = 0, k = 0; top < 256; top++) {
      while (starts[place + k + 1] <= top * 2 ** (PRECISION - 8)) k++;
      first[row * 256 + top] = k;
    }
  }
  return { symbols, starts, first };
}
