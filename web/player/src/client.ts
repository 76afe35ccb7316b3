import type { Facts, StreamOptions } from "./facts";
import { received, type Reply, type Request } from "./protocol";

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
  source: Uint8Array | ReadableStream<Uint8Array>,
  options: WorkerOptions = {},
): Promise<StreamWorker> {
  const spawn = options.spawn ?? spawnDefault;
  if (!spawn) return Promise.reject(new Error("nobody said how Workers are made: see spawnWith"));
  return new Promise((resolve, reject) => {
    const connection = new Connection(spawn(), options, { resolve, reject });
    connection.send(source).catch((error: unknown) => connection.fail(error as Error));
  });
}

interface Settling<Value> {
  resolve(value: Value): void;
  reject(error: Error): void;
}

/** The page's end of the conversation with a Worker. */
class Connection {
  private readonly reads = new Map<number, Settling<Float32Array[]>>();
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private readable = 0;
  private asked = 0;
  private failure: Error | undefined;

  constructor(
    private readonly worker: Worker,
    private readonly options: WorkerOptions,
    private readonly opening: Settling<StreamWorker>,
  ) {
    worker.onmessage = (event: MessageEvent<Reply>) => this.take(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail(new Error(event.message || "the Worker of the decoder cannot be started"));
    };
    const { maxSeconds, maxRead, simd } = options;
    this.post({ kind: "open", options: { maxSeconds, maxRead, simd } });
  }

  /** Hand on the bytes of a source as they come. */
  async send(source: Uint8Array | ReadableStream<Uint8Array>): Promise<void> {
    if (source instanceof Uint8Array) {
      this.post({ kind: "bytes", bytes: source });
    } else {
      this.reader = source.getReader();
      for (;;) {
        const { done, value } = await this.reader.read();
        if (done || this.failure) break;
        this.post({ kind: "bytes", bytes: value });
      }
    }
    if (!this.failure) this.post({ kind: "end" });
  }

  /** Reject everything that is under way, and end the Worker. */
  fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    this.worker.terminate();
    this.reader?.cancel(error).catch(() => undefined); // it may have failed, or ended, by itself
    this.opening.reject(error);
    for (const read of this.reads.values()) read.reject(error);
    this.reads.clear();
  }

  private post(request: Request): void {
    this.worker.postMessage(request);
  }

  private take(reply: Reply): void {
    switch (reply.kind) {
      case "opened":
        this.readable = reply.readable;
        this.opening.resolve(this.stream(reply.facts));
        break;
      case "readable":
        this.readable = reply.samples;
        this.options.onReadable?.(reply.samples);
        break;
      case "samples":
        this.settle(reply.id)?.resolve(reply.samples);
        break;
      case "failed": {
        const error = received(reply.error);
        if (reply.id === undefined) this.fail(error);
        else this.settle(reply.id)?.reject(error);
      }
    }
  }

  private settle(id: number): Settling<Float32Array[]> | undefined {
    const read = this.reads.get(id);
    this.reads.delete(id);
    return read;
  }

  private read(start: number, stop: number): Promise<Float32Array[]> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      const id = this.asked++;
      this.reads.set(id, { resolve, reject });
      this.post({ kind: "read", id, start, stop });
    });
  }

  private stream(facts: Facts): StreamWorker {
    const readable = () => this.readable;
    return {
      ...facts,
      get readable() {
        return readable();
      },
      read: (start, stop) => this.read(start, stop),
      close: () => this.fail(new DOMException("the stream was closed", "AbortError")),
    };
  }
}
