import { Reader } from "./bytes";
import { crc32 } from "./crc32";
import { FormatError } from "./errors";

const MARKER = 0x5a;
const MAX_BYTES = 2 ** 16;
const TAGS = 1n;
const MAX_VALUE_BYTES = 4096;

/** Read the sections at the reader's position, and return the tags among them (FORMAT.md §2). */
export function readTags(reader: Reader): Readonly<Record<string, string>> {
  const start = reader.position;
  let last = 0n;
  let tags: Readonly<Record<string, string>> = {};
  while (reader.left > 0 && reader.data[reader.position] === MARKER) {
    const { type, payload } = readSection(reader, MAX_BYTES - (reader.position - start));
    if (type <= last) throw new FormatError(`a section of type ${type} is not in its place`);
    last = type;
    if (type === TAGS) tags = parseTags(payload);
  }
  return tags;
}

function readSection(reader: Reader, most: number): { type: bigint; payload: Uint8Array } {
  const start = reader.position;
  reader.take(1);
  const type = reader.bigVarint();
  const length = reader.varint();
  if (reader.position - start + length + 4 > most) {
    throw new FormatError(`sections are longer than ${MAX_BYTES} bytes together`);
  }
  const payload = reader.take(length);
  const body = reader.data.subarray(start, reader.position);
  if (crc32(body) !== reader.u32()) {
    throw new FormatError(`a section of type ${type} is damaged: its checksum does not match`);
  }
  return { type, payload };
}

function parseTags(payload: Uint8Array): Readonly<Record<string, string>> {
  const reader = new Reader(payload);
  const pairs: [string, string][] = [];
  while (reader.left > 0) {
    const name = readText(reader);
    if (!/^[a-z0-9_-]{1,32}$/.test(name) || name <= (pairs.at(-1)?.[0] ?? "")) {
      throw new FormatError(`${JSON.stringify(name.slice(0, 80))} is not a valid name of a tag there`);
    }
    pairs.push([name, readValue(reader, name)]);
  }
  return Object.freeze(Object.fromEntries(pairs));
}

function readValue(reader: Reader, name: string): string {
  const start = reader.position;
  const value = readText(reader);
  const size = reader.position - start; // with its length, which takes one byte or two
  if (!value || size > MAX_VALUE_BYTES + 2) {
    throw new FormatError(`the tag ${name} is not valid: 1 to ${MAX_VALUE_BYTES} bytes were expected`);
  }
  // eslint-disable-next-line no-control-regex -- these are what a tag must not hold
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(value)) {
    throw new FormatError(`the tag ${name} is not valid: it holds a control character`);
  }
  return value;
}

function readText(reader: Reader): string {
  const bytes = reader.take(reader.varint());
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError("a tag is not valid UTF-8");
  }
}
