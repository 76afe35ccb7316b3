/** A run of numbers in a model: 8 bits with a sign, 32 bits with a sign, or counts of 24 bits; the lowest byte first. */
export type Kind = "i8" | "i32" | "u24";

export interface Run {
  /** The name of the array in the file that the format names. */
  readonly name: string;
  readonly kind: Kind;
  readonly length: number;
}

export const BYTES: Readonly<Record<Kind, number>> = { i8: 1, i32: 4, u24: 3 };
/** Hidden units of each network that comes with the format, and rows of its table. */
export const HIDDEN = 32;
export const ROWS = 64;

function network(name: string, inputs: number, outputs: number, symbols: number): Run[] {
  return [
    { name: `${name}.weight_0`, kind: "i8", length: inputs * HIDDEN },
    { name: `${name}.bias_0`, kind: "i32", length: HIDDEN },
    { name: `${name}.weight_1`, kind: "i8", length: HIDDEN * outputs },
    { name: `${name}.bias_1`, kind: "i32", length: outputs },
    { name: `${name}.table`, kind: "u24", length: ROWS * symbols },
  ];
}

/**
 * The numbers of a model in the order in which the player carries them, without names and zeros.
 *
 * As base64 that takes 32 kB instead of 43, and 14 instead of 17 once compressed: three bytes are four characters.
 */
export const RUNS: readonly Run[] = [
  { name: "splits", kind: "u24", length: 5 * 5 },
  ...network("even_levels", 8, 2, 48),
  ...network("odd_levels", 8, 2, 48),
  ...network("weights", 30, 1, 18),
];
