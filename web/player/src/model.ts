import { FormatError } from "./errors";

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
  readonly inputs: number;
  readonly outputs: number;
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

/** Hidden units of each network that comes with the format. */
export const HIDDEN = 32;
export const ROWS = 64;
const PRECISION = 24;

/** Return the model in a file of the safetensors layout. */
export function parseModel(file: Uint8Array): Model {
  const arrays = new Arrays(file);
  const scaleFactors = [
    network(arrays, "even_levels", [8, 2], 48),
    network(arrays, "odd_levels", [8, 2], 48),
  ] as const;
  return {
    switching: countTable(arrays.int32("splits", 5 * 5), 5),
    scaleFactors,
    coefficients: network(arrays, "weights", [30, 1], 18),
  };
}

function network(
  arrays: Arrays,
  name: string,
  [inputs, outputs]: readonly [number, number],
  symbols: number,
): ContextNetwork {
  return {
    inputs,
    outputs,
    hidden: arrays.int8(`${name}.weight_0`, inputs * HIDDEN),
    hiddenBias: arrays.int32(`${name}.bias_0`, HIDDEN),
    output: arrays.int8(`${name}.weight_1`, HIDDEN * outputs),
    outputBias: arrays.int32(`${name}.bias_1`, outputs),
    table: countTable(arrays.int32(`${name}.table`, ROWS * symbols), symbols),
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
    if (starts[place + symbols] !== 2 ** PRECISION) throw new FormatError("a model is not valid: its counts");
    for (let top = 0, k = 0; top < 256; top++) {
      while (starts[place + k + 1] <= top * 2 ** (PRECISION - 8)) k++;
      first[row * 256 + top] = k;
    }
  }
  return { symbols, starts, first };
}

/** The arrays of a file of the safetensors layout. */
class Arrays {
  private readonly begin: number;
  private readonly entries: Readonly<Record<string, { dtype: string; data_offsets: [number, number] }>>;

  constructor(private readonly file: Uint8Array) {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    this.begin = 8 + view.getUint32(0, true);
    this.entries = JSON.parse(new TextDecoder().decode(file.subarray(8, this.begin)));
  }

  int8(name: string, length: number): Int8Array {
    return new Int8Array(this.bytes(name, "I8", length));
  }

  int32(name: string, length: number): Int32Array {
    const view = new DataView(this.bytes(name, "I32", 4 * length));
    return Int32Array.from({ length }, (_, at) => view.getInt32(4 * at, true));
  }

  private bytes(name: string, type: string, length: number): ArrayBuffer {
    const entry = this.entries[name];
    if (entry?.dtype !== type || entry.data_offsets[1] - entry.data_offsets[0] !== length) {
      throw new FormatError(`a model is not valid: ${name}`);
    }
    const [start, stop] = entry.data_offsets.map((offset) => this.begin + offset);
    return this.file.slice(start, stop).buffer;
  }
}
