/** The build of one script, for pages that are opened from a file: the Worker and the models are inside. */
import InlineWorker from "./worker?worker&inline";
import { spawnWith } from "./client";
import { defineElement } from "./element/ligeia-audio";

export { Stream } from "./stream";
export { openInWorker } from "./client";
export { LigeiaAudio } from "./element/ligeia-audio";
export { PlayerError } from "./play/errors";
export { renderPieces } from "./play/graph";
export { Player } from "./play/player";

spawnWith(() => new InlineWorker());
defineElement();
