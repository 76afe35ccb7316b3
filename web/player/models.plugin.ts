import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const PREFIX = "ligeia-model:";
const CODEC = fileURLToPath(new URL("../../src/ligeia/codec", import.meta.url));

/** Let `import("ligeia-model:speech")` give the model of a profile as base64, once its digest is that of FORMAT.md. */
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
      return `export default ${JSON.stringify(bytes.toString("base64"))};`;
    },
  };
}

/** Return the SHA-256 that the text of the format gives for a file of weights. */
export function digestIn(format: string, file: string): string | undefined {
  const block = /```text models\n([^`]*)```/.exec(format)?.[1] ?? "";
  return block
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, name]) => name === file)?.[0];
}
