import { openInWorker, spawnWith, type StreamWorker as Opened } from "./client";

export { Damaged, EndsEarly, FormatError, OverBudget, Unsupported } from "./errors";
export type { BlockRange, Facts, StreamOptions } from "./facts";
export { Stream } from "./stream";
export { spawnWith, type WorkerOptions } from "./client";

/** A stream that is decoded in a Worker: `const sound = await StreamWorker.open(bytes)`. */
export type StreamWorker = Opened;
export const StreamWorker = { open: openInWorker };

/** Decode in Workers from a file beside this module; the build of one script says otherwise by `spawnWith`. */
export function spawnFromFile(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

spawnWith(spawnFromFile);
