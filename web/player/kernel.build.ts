// Makes src/kernel.wasm.ts of src/kernel.as.ts: `npx vitest run player/src/kernel.test.ts -u` writes it anew.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const SOURCE = fileURLToPath(new URL("src/kernel.as.ts", import.meta.url));
const OPTIONS = [
  "-O3",
  "--converge",
  "--noAssert",
  "--runtime",
  "stub",
  "--importMemory",
  "--noExportMemory",
];

/** Return the kernel, compiled, as base64. */
export async function compileKernel(): Promise<string> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ["kernel.as.ts", "-o", "kernel.wasm", "--enable", "simd", ...OPTIONS],
    {
      readFile: (name) => (name === "kernel.as.ts" ? readFileSync(SOURCE, "utf8") : null),
      writeFile: (_, contents) => {
        binary = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary)
    throw new Error(`the kernel cannot be compiled: ${error?.message} ${stderr.toString()}`);
  return Buffer.from(binary).toString("base64");
}

/** Return the text of src/kernel.wasm.ts. */
export function kernelFile(base64: string): string {
  const lines = base64.match(/.{1,100}/g) ?? [];
  const text = lines.map((line) => `  "${line}",`).join("\n");
  return `// Made of kernel.as.ts: see player/kernel.build.ts.\nexport const KERNEL = [\n${text}\n].join("");\n`;
}
