import { Reader } from "./bytes";
import { crc32 } from "./crc32";
import { EndsEarly, FormatError } from "./errors";
import type { Header } from "./header";

const MARKER = 0xb7;
/** Bytes of marker, number, length and checksum at most. */
const HEAD_BYTES = 1 + 8 + 8 + 4;
const CHECKSUM_BYTES = 4;
/** A payload has at most 16 bytes for each parameter, and these (FORMAT.md §6). */
const FREE_BYTES = 64;
const PARAMETERS_PER_BYTE = 1024;

/** The places of the blocks of a stream, found as its bytes arrive (FORMAT.md §3). */
export class Framing {
  /** Blocks whose bytes are there. */
  found = 0;
  /** Those among them that are not silent. */
  audible = 0;
  /** Why no block follows those that were found, once that is known. */
  broken: string | undefined;
  /** Where the last block that was found ends. */
  end: number;
  private places = new Float64Array(64);

  constructor(
    private readonly header: Header,
    start: number,
  ) {
    this.end = start;
  }

  /** Look for more blocks in what is there by now; with `complete` nothing more will come. */
  scan(data: Uint8Array, complete: boolean): void {
    while (this.broken === undefined && this.found < this.header.count) {
      try {
        this.add(this.end, this.next(data));
      } catch (error) {
        if (error instanceof EndsEarly && !complete) return;
        if (!(error instanceof FormatError)) throw error;
        this.broken = error.message;
      }
    }
    if (this.found === this.header.count && data.length > this.end) {
      throw new FormatError(`${data.length - this.end} bytes follow the last block`);
    }
  }

  /** Return the payload of a block that was found, empty where it is silent; `FormatError` where it is not valid. */
  payload(data: Uint8Array, block: number): Uint8Array {
    const [begin, end] = [this.places[2 * block], this.places[2 * block + 1]];
    const reader = new Reader(data.subarray(0, end), begin + 1);
    reader.varint();
    const payload = reader.take(reader.varint());
    if (payload.length && payload.length * PARAMETERS_PER_BYTE < this.header.parameters) {
      throw new FormatError("it is too short for the parameters that the header promises");
    }
    if (crc32(data.subarray(begin, reader.position)) !== reader.u32()) {
      throw new FormatError("its checksum does not match");
    }
    return payload;
  }

  /** Return where the next block ends. */
  private next(data: Uint8Array): number {
    const { count, parameters } = this.header;
    const reader = new Reader(data.subarray(this.end, this.end + HEAD_BYTES));
    if (!data.length || this.end >= data.length) {
      throw new EndsEarly(`the stream ends early, ${count} blocks were promised`);
    }
    if (reader.byte() !== MARKER) throw new FormatError(`no block begins at byte ${this.end}`);
    const number = reader.varint();
    const length = reader.varint();
    if (number !== this.found)
      throw new FormatError(`block ${number} stands where block ${this.found} should`);
    if (length > 16 * parameters + FREE_BYTES) throw new FormatError(`${length} bytes are impossible`);
    const end = this.end + reader.position + length + CHECKSUM_BYTES;
    if (end > data.length)
      throw new EndsEarly(`the stream ends early, within block ${this.found} of ${count}`);
    if (!length && crc32(reader.data.subarray(0, reader.position)) !== reader.u32()) {
      throw new FormatError("its checksum does not match");
    }
    if (length) this.audible++;
    return end;
  }

  private add(begin: number, end: number): void {
    if (2 * this.found === this.places.length) {
      const longer = new Float64Array(2 * this.places.length);
      longer.set(this.places);
      this.places = longer;
    }
    this.places[2 * this.found] = begin;
    this.places[2 * this.found + 1] = end;
    this.found++;
    this.end = end;
  }
}
