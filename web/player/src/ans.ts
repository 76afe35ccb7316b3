import type { CountTable } from "./model";

const LOW_24 = 2 ** 24 - 1;
const TWO_20 = 2 ** 20;
const TWO_32 = 2 ** 32;

/** Reads the ANS-coded symbols of a payload (FORMAT.md §5). The state of 64 bits is held as two halves. */
export class AnsReader {
  private high = 0;
  private low = 0;
  private left: number;

  /** `words` from the first on; zeros at the end are padding. */
  constructor(private readonly words: Uint32Array) {
    this.left = words.length;
    while (this.left > 0 && words[this.left - 1] === 0) this.left--;
    if (this.left > 0) this.low = words[--this.left];
    if (this.left > 0) this.push();
  }

  /** Whether everything was read, as it must be after the last symbol. */
  get ended(): boolean {
    return this.left === 0 && this.high === 0 && this.low === 0;
  }

  /** Return the next symbol, whose probabilities are a row of a table. */
  symbol({ symbols, starts, first }: CountTable, row: number): number {
    const place = this.low & LOW_24;
    let at = row * (symbols + 1) + first[row * 256 + (place >>> 16)];
    while (starts[at + 1] <= place) at++;
    this.advance(starts[at + 1] - starts[at], place - starts[at]);
    return at - row * (symbols + 1);
  }

  /**
   * Read symbols into every `stride`-th of `values`, from `begin` on, and return the largest one.
   *
   * This is `symbol` for each of `rows`, with the state in local variables, where it takes half the time.
   */
  run(
    { symbols, starts, first }: CountTable,
    rows: Uint8Array,
    values: Int32Array,
    begin: number,
    stride: number,
  ): number {
    let { high, low, left } = this;
    let largest = 0;
    for (let to = begin, k = 0; to < values.length; to += stride, k++) {
      const row = rows[k];
      const place = low & LOW_24;
      const origin = row * (symbols + 1);
      let at = origin + first[row * 256 + (place >>> 16)];
      let start = starts[at];
      let end = starts[at + 1];
      while (end <= place) {
        at++;
        start = end;
        end = starts[at + 1];
      }
      const count = end - start;
      const upper = count * (high >>> 12);
      const rest = upper & 0xfff;
      const sum = rest * TWO_20 + count * (((high & 0xfff) << 8) | (low >>> 24)) + (place - start);
      low = sum >>> 0;
      high = (upper - rest) / 4096 + (sum - low) / TWO_32;
      if (high === 0 && left > 0) {
        high = low;
        low = this.words[--left];
      }
      const symbol = at - origin;
      values[to] = symbol;
      if (symbol > largest) largest = symbol;
    }
    this.high = high;
    this.low = low;
    this.left = left;
    return largest;
  }

  /** Return the next symbol of several that are equally probable, but for the last one, which takes what is left. */
  uniform(symbols: number): number {
    const place = this.low & LOW_24;
    const count = Math.floor(2 ** 24 / symbols);
    const symbol = Math.min(Math.floor(place / count), symbols - 1);
    const last = symbol === symbols - 1;
    this.advance(last ? 2 ** 24 - symbol * count : count, place - symbol * count);
    return symbol;
  }

  /** Return plain bits as a number. */
  bits(count: number): number {
    const place = this.low & LOW_24;
    const shift = 24 - count;
    const value = place >>> shift;
    this.advance(1 << shift, place - (value << shift));
    return value;
  }

  /** Negate those of every `stride`-th of `values`, from `begin` on, whose sign is set: a bit for each but zeros. */
  signs(values: Int32Array, begin: number, stride: number): void {
    let { high, low, left } = this;
    for (let at = begin; at < values.length; at += stride) {
      if (values[at] === 0) continue;
      if (low & 0x800000) values[at] = -values[at];
      low = ((high << 31) | ((low >>> 1) & 0x7f800000) | (low & 0x7fffff)) >>> 0; // bit 23 is taken out of the state
      high >>>= 1;
      if (high === 0 && left > 0) {
        high = low;
        low = this.words[--left];
      }
    }
    this.high = high;
    this.low = low;
    this.left = left;
  }

  /** Let the state be `count * (state >> 24) + offset`: products of 20 bits and 24 are exact. */
  private advance(count: number, offset: number): void {
    const upper = count * (this.high >>> 12);
    const rest = upper & 0xfff;
    const sum = rest * TWO_20 + count * (((this.high & 0xfff) << 8) | (this.low >>> 24)) + offset;
    this.low = sum >>> 0;
    this.high = (upper - rest) / 4096 + (sum - this.low) / TWO_32;
    if (this.high === 0 && this.left > 0) this.push();
  }

  private push(): void {
    this.high = this.low;
    this.low = this.words[--this.left];
  }
}

/** Return the words of bytes, lowest byte first. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Uint32Array(bytes.byteLength >> 2);
  for (let at = 0; at < words.length; at++) words[at] = view.getUint32(4 * at, true);
  return words;
}
