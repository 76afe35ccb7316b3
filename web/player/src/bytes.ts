import { EndsEarly, FormatError } from "./errors";

/** Reads bytes from the front; a read beyond the end throws `EndsEarly` (FORMAT.md §1). */
export class Reader {
  constructor(
    readonly data: Uint8Array,
    public position = 0,
  ) {}

  get left(): number {
    return this.data.length - this.position;
  }

  /** Return the next `count` bytes, not copied. */
  take(count: number): Uint8Array {
    if (count > this.left) {
      throw new EndsEarly(
        `the stream ends early: ${count} bytes expected at ${this.position}, ${this.left} left`,
      );
    }
    this.position += count;
    return this.data.subarray(this.position - count, this.position);
  }

  byte(): number {
    return this.take(1)[0];
  }

  u16(): number {
    const [low, high] = this.take(2);
    return low | (high << 8);
  }

  u32(): number {
    const [a, b, c, d] = this.take(4);
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  f64(): number {
    const bytes = this.take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  /** Return an unsigned integer; above 2^53, which no limit of the format allows, it is rounded. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (const digit of this.digits()) {
      value += digit * factor;
      factor *= 128;
    }
    return value;
  }

  /** The same without rounding. */
  bigVarint(): bigint {
    return this.digits().reduceRight((value, digit) => (value << 7n) | BigInt(digit), 0n);
  }

  /** Return a number: an even tag 2n is n, the tag 1 is followed by a binary64. */
  number(): number {
    const tag = this.varint();
    if (tag % 2 === 0) return tag / 2;
    if (tag !== 1) throw new FormatError(`${tag} is not a valid tag of a number`);
    return this.f64();
  }

  /** The digits of a varint, seven bits each, lowest first; only the shortest encoding is valid. */
  private digits(): number[] {
    const digits: number[] = [];
    for (;;) {
      const byte = this.byte();
      digits.push(byte & 0x7f);
      if (byte < 0x80) break;
      if (digits.length === 8)
        throw new FormatError(`a number before byte ${this.position} is longer than 8 bytes`);
    }
    if (digits.length > 1 && digits.at(-1) === 0) {
      throw new FormatError(`a number before byte ${this.position} is not in its shortest encoding`);
    }
    return digits;
  }
}

/** Bytes that may grow; a stream that is complete from the beginning is not copied. */
export class Growing {
  private buffer: Uint8Array;
  private used: number;

  constructor(bytes: Uint8Array) {
    this.buffer = bytes;
    this.used = bytes.length;
  }

  get data(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }

  append(bytes: Uint8Array): void {
    const needed = this.used + bytes.length;
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
      larger.set(this.data);
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.used);
    this.used = needed;
  }
}
