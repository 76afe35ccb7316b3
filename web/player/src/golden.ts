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

export function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`${FOLDER}${name}.lig`));
}

export function expected(name: string): Expected {
  return JSON.parse(readFileSync(`${FOLDER}${name}.json`, "utf8")) as Expected;
}

export function formatText(): string {
  return readFileSync(fileURLToPath(new URL("../../../src/ligeia/codec/FORMAT.md", import.meta.url)), "utf8");
}
