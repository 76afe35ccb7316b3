import { EndsEarly } from "./errors";
import type { Facts, StreamOptions } from "./facts";
import { type Reply, type Request, sent } from "./protocol";
import { Stream } from "./stream";

type Post = (reply: Reply, transfer: Transferable[]) => void;
type Read = Extract<Request, { kind: "read" }>;

/** Answers the requests of one page; the Worker around it only carries messages. */
export class Service {
  private stream: Stream | undefined;
  private options: StreamOptions = {};
  private waiting: Uint8Array[] = [];
  private reads: Read[] = [];
  private ended = false;
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly post: Post) {}

  /** Take a request; requests are dealt with one after another. */
  handle(request: Request): void {
    this.queue = this.queue
      .then(() => this.answer(request))
      .catch((error: unknown) => this.post({ kind: "failed", error: sent(error) }, []));
  }

  private async answer(request: Request): Promise<void> {
    switch (request.kind) {
      case "open":
        this.options = request.options;
        return;
      case "bytes":
        await this.take(request.bytes);
        break;
      case "end":
        this.ended = true;
        await this.take(new Uint8Array(0));
        this.stream?.finish();
        break;
      case "read":
        this.reads.push(request);
    }
    this.tellReadable();
    this.serve();
  }

  /** Open the stream once its beginning is there; later bytes are appended. */
  private async take(bytes: Uint8Array): Promise<void> {
    if (this.stream) {
      this.stream.append(bytes);
      return;
    }
    this.waiting.push(bytes);
    try {
      this.stream = Stream.open(joined(this.waiting), { ...this.options, complete: this.ended });
    } catch (error) {
      if (error instanceof EndsEarly && !this.ended) return;
      throw error;
    }
    this.waiting = [];
    await this.stream.ready();
    this.post({ kind: "opened", facts: factsOf(this.stream), readable: this.stream.readable }, []);
  }

  private told = 0;

  private tellReadable(): void {
    if (!this.stream || this.stream.readable === this.told) return;
    this.told = this.stream.readable;
    this.post({ kind: "readable", samples: this.told }, []);
  }

  /** Answer the reads whose bytes are there. */
  private serve(): void {
    const { stream } = this;
    if (!stream) return;
    this.reads = this.reads.filter((read) => {
      const there = this.ended || Math.min(read.stop, stream.sampleCount) <= stream.readable;
      if (there) this.read(stream, read);
      return !there;
    });
  }

  private read(stream: Stream, { id, start, stop }: Read): void {
    try {
      const samples = stream.read(start, stop) as Float32Array<ArrayBuffer>[];
      this.post(
        { kind: "samples", id, samples },
        samples.map((channel) => channel.buffer),
      );
    } catch (error) {
      this.post({ kind: "failed", id, error: sent(error) }, []);
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function factsOf({ rate, channels, sampleCount, seconds, tags, profile, enhanced }: Stream): Facts {
  return { rate, channels, sampleCount, seconds, tags, profile, enhanced };
}
