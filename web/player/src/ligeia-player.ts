/** The build of modules: the Worker is a file beside it, and so is each model. */
import { defineElement } from "./element/ligeia-audio";
import { spawnWith } from "./client";

export { openInWorker, type StreamWorker, type WorkerOptions } from "./client";
export { Damaged, EndsEarly, FormatError, OverBudget, Unsupported } from "./errors";
export type { Facts } from "./facts";
export { LigeiaAudio } from "./element/ligeia-audio";
export { PlayerError, type PlayerErrorCode } from "./play/errors";
export { renderPieces } from "./play/graph";
export { Player, type PlayerOptions } from "./play/player";

spawnWith(() => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
defineElement();
