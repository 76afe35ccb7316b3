import { crc32 } from "./crc32";
import { Reader } from "./bytes";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** For tests: the golden streams of the format, with what they decode to. */
const FOLDER = fileURLToPath(new URL("../../../tests/vectors/", import.meta.url));

/** What the files beside coded streams say. */
export interface Expected {
  readonly bytes: number;
  readonly profile: number;
  readonly gains: readonly number[];
  readonly steps: readonly number[];
  readonly mid_side: readonly boolean[];
  readonly symbols_sha256: string;
  /** Values of all channels at some samples. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

export const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".lig"))
  .map((name) => name.slice(0, -4));

/** Those of the transform coding. */
export const CODED = NAMES.filter((name) => name.startsWith("coded_"));

/** Profiles that only the command decodes. */
export const UNKNOWN: readonly string[] = ["siren", "waveform_speech"];

export function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`${FOLDER}${name}.lig`));
}

export function expected(name: string): Expected {
  return JSON.parse(readFileSync(`${FOLDER}${name}.json`, "utf8")) as Expected;
}

export function formatText(): string {
  return readFileSync(fileURLToPath(new URL("../../../src/ligeia/codec/FORMAT.md", import.meta.url)), "utf8");
}

/** A stream of `bytes` whose checksums are made anew, where framing still lets them be found. */
export function resealed(stream: Uint8Array, headerBytes: number): Uint8Array {
  const sealed = stream.slice();
  const view = new DataView(sealed.buffer);
  if (headerBytes > sealed.length) return sealed;
  view.setUint32(headerBytes - 4, crc32(sealed.subarray(0, headerBytes - 4)), true);
  for (let begin = headerBytes; begin < sealed.length;) {
    const reader = new Reader(sealed, begin + 1);
    try {
      reader.varint();
      reader.take(reader.varint());
    } catch {
      break;
    }
    if (reader.left < 4) break;
    view.setUint32(reader.position, crc32(sealed.subarray(begin, reader.position)), true);
    begin = reader.position + 4;
  }
  return sealed;
}
