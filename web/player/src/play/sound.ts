import { openInWorker, type StreamWorker } from "../client";
import { Damaged, FormatError, Unsupported } from "../errors";
import type { Facts } from "../facts";
import { arriving, later, open, shortened, type Bytes } from "./address";
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
  private prepared: { start: number; stop: number; samples: Promise<Float32Array[]> } | undefined;

  private constructor(
    private readonly stream: StreamWorker,
    private readonly events: SoundEvents,
    private readonly lost: () => unknown,
  ) {
    this.whole = stream.sampleCount;
  }

  /** Open what is behind an address, or bytes that are there, or still coming. */
  static async open(
    source: string | Bytes,
    events: SoundEvents,
    { signal, openStream }: { signal: AbortSignal; openStream: OpenStream },
  ): Promise<Sound> {
    // From an address the Worker starts while the first bytes are still on their way.
    const given = typeof source === "string" ? later(open(source, signal)) : source;
    const { bytes, lost } =
      given instanceof Uint8Array ? { bytes: given, lost: () => undefined } : arriving(given, signal);
    try {
      const onReadable = () => {
        if (!signal.aborted) events.onReadable();
      };
      const stream = await openStream(bytes, { onReadable });
      if (signal.aborted) stream.close();
      signal.throwIfAborted();
      return new Sound(stream, events, lost);
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw explained(
        lost() ?? cause,
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

  /** Decode what will probably be asked for first, so that it is there then. */
  prepare(start: number, stop: number): void {
    const samples = this.stream.read(start, stop);
    samples.catch(() => undefined); // whoever reads it is told
    this.prepared = { start, stop, samples };
  }

  async read(start: number, stop: number): Promise<Float32Array[]> {
    try {
      return await (this.takePrepared(start, stop) ?? this.stream.read(start, stop));
    } catch (cause) {
      // Damage behind what was asked for would leave no part to be played instead.
      if (!(cause instanceof Damaged) || this.frameOf(cause) >= stop) throw explained(cause, "This sound");
      this.endBefore(cause);
    }
    return start < this.whole ? this.read(start, Math.min(stop, this.whole)) : this.nothing();
  }

  close(): void {
    this.stream.close();
  }

  private takePrepared(start: number, stop: number): Promise<Float32Array[]> | undefined {
    const { prepared } = this;
    if (prepared?.start !== start || prepared.stop !== stop) return undefined;
    this.prepared = undefined;
    return prepared.samples;
  }

  private endBefore(damage: Damaged): void {
    const end = this.frameOf(damage);
    if (end >= this.whole) return;
    this.whole = end;
    this.events.onShortened(shortenedTo(end / this.facts.rate, damage, this.lost()));
  }

  private frameOf(damage: Damaged): number {
    return Math.round(damage.wholeSeconds * this.facts.rate);
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

function shortenedTo(seconds: number, damage: Damaged, lost: unknown): PlayerError {
  const how = seconds > 0 ? `it plays up to ${seconds.toFixed(1)} s` : "nothing of it can be played";
  return lost === undefined
    ? new PlayerError("damaged", `This sound is damaged: ${how}.`, { cause: damage })
    : new PlayerError("network", `This sound did not arrive as a whole: ${how}.`, { cause: lost });
}
