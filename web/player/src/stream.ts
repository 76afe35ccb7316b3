/* eslint-disable @typescript-eslint/no-unused-vars -- a skeleton */
import { Unsupported } from "./errors";
import type { BlockRange, Facts, StreamOptions } from "./facts";

/** A `.lig` stream of the transform coding, decoded block by block. */
export class Stream implements Facts {
  readonly rate = 0;
  readonly channels = 0;
  readonly sampleCount = 0;
  readonly seconds = 0;
  readonly tags: Readonly<Record<string, string>> = {};
  readonly profile = "";
  readonly enhanced = false;
  readonly blocks: readonly BlockRange[] = [];
  /** Samples from the beginning that can be decoded from the bytes that are there. */
  readonly readable = 0;

  /**
   * Read header, sections and the places of blocks.
   *
   * Throws `EndsEarly` where even the header is not complete (try again with more bytes), else `FormatError`.
   */
  static open(_bytes: Uint8Array, _options: StreamOptions = {}): Stream {
    throw new Unsupported("the decoder is being written");
  }

  /** Load what the profile needs. Before it is done nothing can be decoded. */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  /** Take more bytes of a stream that was opened with `complete: false`. */
  append(_bytes: Uint8Array): void {}

  /** Say that no more bytes will come. */
  finish(): void {}

  /** Return the samples of a block, one array for each channel. */
  decode(_block: number): Float32Array[] {
    return [];
  }

  /** Return samples `start` to `stop` (cut at the end of the sound), one array for each channel. */
  read(_start: number, _stop: number): Float32Array[] {
    return [];
  }
}
