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

  /** Let the state be `count * (state >> 24) + offset`: products of 20 bits and 24 are exact. */
  private advance(count: number, offset: number): void {
    const upper = count * (this.high >>> 12);
    const lower = count * (((this.high & 0xfff) << 8) | (this.low >>> 24)) + offset;
    const carry = Math.floor(upper / 4096);
    const sum = (upper - carry * 4096) * TWO_20 + lower;
    this.high = carry + Math.floor(sum / TWO_32);
    this.low = sum >>> 0;
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
  return Uint32Array.from({ length: bytes.byteLength >> 2 }, (_, at) => view.getUint32(4 * at, true));
}
