import { openInWorker, type StreamWorker } from "../client";
import { Damaged, FormatError, Unsupported } from "../errors";
import type { Facts } from "../facts";
import { open, shortened, type Bytes } from "./address";
import { PlayerError } from "./errors";
import type { Supply } from "./schedule";

export type OpenStream = typeof openInWorker;

export interface SoundEvents {
  /** More can be played without waiting. */
  onReadable(): void;
  /** The sound ends before it should: what is before can be played. */
  onShortened(error: PlayerError): void;
}

/** A stream that is open, as a supply of samples that ends where damage begins. */
export class Sound implements Supply {
  private whole: number;

  private constructor(
    private readonly stream: StreamWorker,
    private readonly events: SoundEvents,
  ) {
    this.whole = stream.sampleCount;
  }

  /** Open what is behind an address, or bytes that are there, or still coming. */
  static async open(
    source: string | Bytes,
    events: SoundEvents,
    { signal, openStream }: { signal: AbortSignal; openStream: OpenStream },
  ): Promise<Sound> {
    const bytes = typeof source === "string" ? await open(source, signal) : source;
    try {
      const onReadable = () => {
        if (!signal.aborted) events.onReadable();
      };
      const stream = await openStream(bytes, { onReadable });
      if (signal.aborted) stream.close();
      signal.throwIfAborted();
      return new Sound(stream, events);
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw explained(
        cause,
        typeof source === "string" && !/^data:/i.test(source) ? shortened(source) : "This sound",
      );
    }
  }

  get facts(): Facts {
    return this.stream;
  }

  get end(): number {
    return this.whole;
  }

  get readable(): number {
    return Math.min(this.stream.readable, this.whole);
  }

  async read(start: number, stop: number): Promise<Float32Array[]> {
    try {
      return await this.stream.read(start, stop);
    } catch (cause) {
      return this.readBefore(cause, start, stop);
    }
  }

  close(): void {
    this.stream.close();
  }

  private async readBefore(cause: unknown, start: number, stop: number): Promise<Float32Array[]> {
    const end =
      cause instanceof Damaged ? Math.floor(cause.wholeSeconds * this.facts.rate) : this.stream.readable;
    // An error in a part that was said to be whole has no part that can be played.
    if (end >= stop) throw explained(cause, "This sound");
    if (end < this.whole) {
      this.whole = end;
      this.events.onShortened(shortenedTo(end / this.facts.rate, cause));
    }
    return start < end ? this.stream.read(start, end) : this.nothing();
  }

  private nothing(): Float32Array[] {
    return Array.from({ length: this.facts.channels }, () => new Float32Array(0));
  }
}

function explained(cause: unknown, name: string): PlayerError {
  if (cause instanceof PlayerError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code =
    cause instanceof Unsupported ? "unsupported" : cause instanceof FormatError ? "format" : "network";
  return new PlayerError(code, `${name} cannot be played: ${reason}`, { cause });
}

function shortenedTo(seconds: number, cause: unknown): PlayerError {
  const damaged = cause instanceof Damaged;
  const what = damaged ? "This sound is damaged" : "This sound did not arrive as a whole";
  const how = seconds > 0 ? `it plays up to ${seconds.toFixed(1)} s` : "nothing of it can be played";
  return new PlayerError(damaged ? "damaged" : "network", `${what}: ${how}.`, { cause });
}
