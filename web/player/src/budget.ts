import { OverBudget } from "./errors";
import type { Header } from "./header";

/** Bounds that no stream meets which is made for its sound (FORMAT.md §6). */
const MOST_SECONDS = 24 * 3600;
const MOST_BYTES = 4e9;
const SAMPLE_BYTES_PER_BYTE = 1000;
const FREE_WORK = 2 ** 36;
const WORK_PER_BYTE = 1.5 * 2 ** 24;
/** Multiply-adds that take as long as what is done for a frame, and for a coefficient. */
const FRAME_WORK = 2 ** 23;
const COEFFICIENT_WORK = 2 ** 13;

/** What a stream claims, as far as it is known: the bytes that are there, and the blocks in them. */
export interface Claim {
  readonly bytes: number;
  readonly samples: number;
  readonly audible: number;
}

/** Refuse a stream whose bytes do not justify the sound, or the work, that it asks for; `maxSeconds` decides instead. */
export function checkBudget(header: Header, claim: Claim, maxSeconds: number | undefined): void {
  const seconds = claim.samples / header.rate;
  if (maxSeconds !== undefined) {
    if (seconds > maxSeconds)
      throw new OverBudget(`this is ${seconds.toFixed(1)} s of sound, ${maxSeconds} s are allowed`);
    return;
  }
  const size = 4 * claim.samples * header.channels;
  if (size > SAMPLE_BYTES_PER_BYTE * claim.bytes && (size > MOST_BYTES || seconds > MOST_SECONDS)) {
    throw new OverBudget(
      `${claim.bytes} bytes claim ${seconds.toFixed(0)} s of sound, ${size} bytes of samples`,
    );
  }
  const most = FREE_WORK + WORK_PER_BYTE * claim.bytes;
  const work = claim.audible * workOf(header);
  if (work > most) {
    throw new OverBudget(
      `${claim.bytes} bytes ask for ${(work / most).toFixed(1)} times the most work that they may`,
    );
  }
}

/** Return what an audible block takes: some for each coefficient, and for each frame of blocks decoded together. */
function workOf({ parameters, frameSize, frames, channels }: Header): number {
  const together = Math.max(Math.min(Math.floor(2 ** 20 / parameters), Math.floor(2 ** 17 / frameSize)), 1);
  return (FRAME_WORK * frames * channels) / together + COEFFICIENT_WORK * parameters;
}
