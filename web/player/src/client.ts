import type { Facts, StreamOptions } from "./facts";

/** A stream that is decoded in a Worker of its own. */
export interface StreamWorker extends Facts {
  /** Samples from the beginning that can be read without waiting for more bytes. */
  readonly readable: number;
  /** Resolve with samples `start` to `stop` (cut at the end), one array for each channel, once their bytes are there. */
  read(start: number, stop: number): Promise<Float32Array[]>;
  /** End the Worker; reads that are under way are rejected. */
  close(): void;
}

export interface WorkerOptions extends Omit<StreamOptions, "complete"> {
  /** Make the Worker; default: what `spawnWith` was told. */
  readonly spawn?: () => Worker;
  /** Called when more of the sound can be read, with the samples from the beginning. */
  readonly onReadable?: (samples: number) => void;
}

let spawnDefault: (() => Worker) | undefined;

/** Say how Workers are made: from a file in the build of modules, from a blob in that of one script. */
export function spawnWith(spawn: () => Worker): void {
  spawnDefault = spawn;
}

/** Open a stream in a Worker; resolves once header and sections are read and the profile is loaded. */
export function openInWorker(
  _source: Uint8Array | ReadableStream<Uint8Array>,
  options: WorkerOptions = {},
): Promise<StreamWorker> {
  const spawn = options.spawn ?? spawnDefault;
  return Promise.reject(new Error(`the decoder is being written (${spawn === undefined})`));
}
