/** What is wrong with a stream, or what this decoder cannot do with it. Nothing else is thrown because of its bytes. */
export class FormatError extends Error {
  override readonly name: string = "FormatError";
}

/** The stream is valid as far as it was read, and needs a network, a coding or a model that is not decoded here. */
export class Unsupported extends FormatError {
  override readonly name = "Unsupported";
}

/** The bytes end before the header and the sections do: with more of them the stream may be opened. */
export class EndsEarly extends FormatError {
  override readonly name = "EndsEarly";
}

/** The stream asks for more sound, or work, than its bytes justify, or than the caller allows. */
export class OverBudget extends FormatError {
  override readonly name = "OverBudget";
}

/** A block is missing or not valid; the sound is whole up to `wholeSeconds`. */
export class Damaged extends FormatError {
  override readonly name = "Damaged";

  constructor(
    readonly block: number,
    readonly reason: string,
    readonly wholeSeconds: number,
  ) {
    super(`block ${block} is damaged: ${reason}; the sound is whole up to ${wholeSeconds.toFixed(3)} s`);
  }
}
