/** The build of one script, for pages that are opened from a file: the Worker and the models are inside. */
import InlineWorker from "./worker?worker&inline";
import { spawnWith } from "./client";
import { defineElement } from "./element/ligeia-audio";

export { openInWorker } from "./client";
export { Damaged, EndsEarly, FormatError, OverBudget, Unsupported } from "./errors";
export { LigeiaAudio } from "./element/ligeia-audio";
export { PlayerError } from "./play/errors";
export { renderPieces } from "./play/graph";
export { Player } from "./play/player";

spawnWith(() => new InlineWorker());
defineElement();
