import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { BYTES, RUNS } from "./src/packing.ts";

const PREFIX = "ligeia-model:";
const CODEC = fileURLToPath(new URL("../../src/ligeia/codec", import.meta.url));

/** Let `import("ligeia-model:speech")` give the model of a profile, packed, once its digest is that of FORMAT.md. */
export function models(): Plugin {
  return {
    name: "ligeia-models",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return undefined;
      const file = `${id.slice(PREFIX.length + 1)}.safetensors`;
      const bytes = readFileSync(join(CODEC, "transform", file));
      const digest = createHash("sha256").update(bytes).digest("hex");
      if (digestIn(readFileSync(join(CODEC, "FORMAT.md"), "utf8"), file) !== digest) {
        throw new Error(`${file} is not the one that FORMAT.md names: its digest is ${digest}`);
      }
      return `export default ${JSON.stringify(packed(bytes).toString("base64"))};`;
    },
  };
}

/** Return the numbers of a file of the safetensors layout in the order of `RUNS`, and nothing else. */
export function packed(file: Buffer): Buffer {
  const begin = 8 + Number(file.readBigUInt64LE(0));
  const entries = JSON.parse(file.toString("utf8", 8, begin)) as Record<string, Entry>;
  const runs = RUNS.map(({ name, kind, length }) => {
    const [start, stop] = entries[name].data_offsets;
    const size = (stop - start) / length;
    if (size !== (kind === "i8" ? 1 : 4)) throw new Error(`${name} is not an array of ${length} numbers`);
    const numbers = Array.from({ length }, (_, at) => {
      return file.subarray(begin + start + at * size, begin + start + at * size + BYTES[kind]);
    });
    return Buffer.concat(numbers);
  });
  return Buffer.concat(runs);
}

interface Entry {
  readonly data_offsets: [number, number];
}

/** Return the SHA-256 that the text of the format gives for a file of weights. */
export function digestIn(format: string, file: string): string | undefined {
  const block = /```text models\n([^`]*)```/.exec(format)?.[1] ?? "";
  return block
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, name]) => name === file)?.[0];
}
