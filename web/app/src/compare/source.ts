/** Samples of one side of a comparison: fetched in pieces, a few of which are kept. */

import { decodeSamples, readWavFormat, type ReadBytes } from "./wav";

/** One side of a comparison. */
export interface Source {
  /** Address of a WAV file; only the parts that are needed are asked for. */
  wav: string;
  /** Address of the overview file: what is drawn before the sound is there. */
  overview?: string;
  /** Address of the coded stream, where the sound can be decoded here. */
  lig?: string;
}

export type Channels = Float32Array<ArrayBuffer>[];

/** A sound of which any part can be read. */
export interface Samples {
  rate: number;
  channels: number;
  frames: number;
  /** Whether it was decoded here, from the coded stream. */
  decodedHere: boolean;
  /** Return frames [start, stop), one array per channel. */
  read(start: number, stop: number): Promise<Channels>;
  close(): void;
}

const MOST_UNRANGED_BYTES = 256 * 2 ** 20;
const CHUNK_SECONDS = 20;
const CHUNK_SAMPLES = 2 ** 21;
const KEPT_CHUNKS = 8;

/** Open the WAV file at an address by byte ranges. */
export async function openWav(url: string, signal: AbortSignal): Promise<Samples> {
  const first = await rangeOf(url, 0, 4096, signal);
  const total = Number(/\/(\d+)$/.exec(first.headers.get("Content-Range") ?? "")?.[1] ?? NaN);
  const { read, size } =
    first.status === 206 && Number.isFinite(total)
      ? { read: rangedReader(url, signal), size: total }
      : await wholeReader(first, url);
  await first.body?.cancel().catch(() => undefined);
  const format = await readWavFormat(read, size);
  const { dataStart, frameBytes } = format;
  return new Chunked(format, async (start, stop) =>
    decodeSamples(await read(dataStart + start * frameBytes, dataStart + stop * frameBytes), format),
  );
}

async function rangeOf(url: string, start: number, stop: number, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { headers: { Range: `bytes=${start}-${stop - 1}` }, signal });
  if (!response.ok)
    throw new Error(`the sound could not be loaded (${response.status} ${response.statusText})`.trim());
  return response;
}

function rangedReader(url: string, signal: AbortSignal): ReadBytes {
  return async (start, stop) => {
    const response = await rangeOf(url, start, stop, signal);
    if (response.status !== 206) throw new Error("the server stopped answering with parts of the sound");
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length !== stop - start)
      throw new Error(
        `the server sent ${bytes.length} bytes of the sound where ${stop - start} were asked for`,
      );
    return bytes;
  };
}

/** A server without byte ranges sends everything at once: keep it, within reason. */
async function wholeReader(response: Response, url: string): Promise<{ read: ReadBytes; size: number }> {
  if (Number(response.headers.get("Content-Length") ?? 0) > MOST_UNRANGED_BYTES)
    throw new Error(`the server sends ${url} only as a whole, and it is too large for that`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { read: async (start, stop) => bytes.subarray(start, stop), size: bytes.length };
}

interface Shape {
  rate: number;
  channels: number;
  frames: number;
}

/** Reads in aligned chunks, keeps the last few, and never asks for one twice at a time. */
export class Chunked implements Samples {
  readonly rate: number;
  readonly channels: number;
  readonly frames: number;
  private readonly chunkFrames: number;
  private readonly chunks = new Map<number, Promise<Channels>>();

  constructor(
    shape: Shape,
    private readonly load: (start: number, stop: number) => Promise<Channels>,
    readonly decodedHere = false,
    private readonly onClose: () => void = () => undefined,
  ) {
    ({ rate: this.rate, channels: this.channels, frames: this.frames } = shape);
    this.chunkFrames = Math.max(
      1,
      Math.floor(Math.min(CHUNK_SECONDS * shape.rate, CHUNK_SAMPLES / shape.channels)),
    );
  }

  async read(start: number, stop: number): Promise<Channels> {
    const [from, to] = [Math.max(0, start), Math.min(stop, this.frames)];
    const result = Array.from({ length: this.channels }, () => new Float32Array(Math.max(0, to - from)));
    for (let index = Math.floor(from / this.chunkFrames); index * this.chunkFrames < to; index++) {
      const chunk = await this.chunk(index);
      const chunkStart = index * this.chunkFrames;
      const [a, b] = [Math.max(from, chunkStart), Math.min(to, chunkStart + this.chunkFrames)];
      chunk.forEach((samples, c) =>
        result[c].set(samples.subarray(a - chunkStart, b - chunkStart), a - from),
      );
    }
    return result;
  }

  close(): void {
    this.chunks.clear();
    this.onClose();
  }

  private chunk(index: number): Promise<Channels> {
    const start = index * this.chunkFrames;
    const chunk = this.chunks.get(index) ?? this.load(start, Math.min(start + this.chunkFrames, this.frames));
    this.chunks.delete(index);
    this.chunks.set(index, chunk);
    chunk.catch(() => this.chunks.delete(index));
    for (const oldest of this.chunks.keys()) {
      if (this.chunks.size <= KEPT_CHUNKS) break;
      this.chunks.delete(oldest);
    }
    return chunk;
  }
}

/** Fold more than two channels to two for hearing: odd ones left, even ones right; one or two stay as they are. */
export function foldForHearing(channels: Channels): Channels {
  if (channels.length <= 2) return channels;
  return [0, 1].map((side) => {
    const group = channels.filter((_, c) => c % 2 === side);
    return channels[0].map((_, i) => group.reduce((sum, samples) => sum + samples[i], 0) / group.length);
  });
}
