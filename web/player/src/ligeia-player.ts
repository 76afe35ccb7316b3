/** The build of modules: the Worker is a file beside it. */
import { defineElement } from "./element/ligeia-audio";

export * from "./index";
export { LigeiaAudio } from "./element/ligeia-audio";
export { PlayerError, type PlayerErrorCode } from "./play/errors";
export { renderPieces } from "./play/graph";
export { Player, type PlayerOptions } from "./play/player";

defineElement();
