export type PlayerErrorCode =
  "network" | "not-found" | "format" | "unsupported" | "damaged" | "device" | "blocked";

/** Why a sound cannot be played, in a sentence for whoever looks at the page. */
export class PlayerError extends Error {
  override readonly name = "PlayerError";

  constructor(
    readonly code: PlayerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
