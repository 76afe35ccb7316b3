import { Timeline } from "./timeline";

/** A piece of sound that is to be heard from a frame on. */
export interface Placed {
  /** Let it be silent from `frame` on. */
  cut(frame: number): void;
}

/** Where pieces are heard; its clock counts frames of the sound's own rate. */
export interface Output {
  readonly frame: number;
  place(samples: Float32Array[], frame: number): Placed;
}

/** Where pieces come from. `end` may become smaller when damage is found. */
export interface Supply {
  readonly end: number;
  read(start: number, stop: number): Promise<Float32Array[]>;
}

/** All in frames. */
export interface Pace {
  /** From now to the first piece, so that it is not late. */
  lead: number;
  /** How far ahead of the clock pieces are placed. */
  ahead: number;
  piece: number;
  /** The first piece is shorter, so that it is decoded sooner. */
  first: number;
}

export interface Listener {
  /** The next piece is not there in time. */
  onWaiting(): void;
  /** A piece has been placed after none was left. */
  onPlaying(): void;
  onError(error: unknown): void;
}

interface Entry {
  frame: number;
  length: number;
  placed: Placed;
}

/**
 * One run of playback: pieces of sound put back to back on the clock of an output, until the end or `stop`.
 *
 * Whoever owns it calls `fill` often enough: whenever a piece ends, and by a timer.
 */
export class Schedule {
  private readonly timeline: Timeline;
  private cursor: number;
  /** The frame behind the last piece; none before the first. */
  private next: number | undefined;
  private entries: Entry[] = [];
  private filling = false;
  private stopped = false;
  private waiting = true;
  private looping: boolean;

  constructor(
    private readonly output: Output,
    private readonly supply: Supply,
    private readonly pace: Pace,
    private readonly listener: Listener,
    from: { position: number; loop: boolean },
  ) {
    this.cursor = from.position;
    this.looping = from.loop;
    this.timeline = new Timeline(from.position);
  }

  /** The sample that is heard at `frame` of the output's clock. */
  positionAt(frame: number): number {
    return this.timeline.positionAt(frame);
  }

  /** The frame at which the last piece of all has been heard, once it is placed. */
  get endFrame(): number | undefined {
    return this.complete ? (this.next ?? this.output.frame) : undefined;
  }

  get loop(): boolean {
    return this.looping;
  }

  set loop(loop: boolean) {
    if (this.looping && !loop) this.endAtNextEnd();
    this.looping = loop;
  }

  /** How many frames ahead of the clock pieces are placed. */
  set ahead(frames: number) {
    this.pace.ahead = frames;
  }

  /** Place pieces until there are enough ahead of the clock. */
  async fill(): Promise<void> {
    this.notice();
    if (this.filling || this.stopped) return;
    this.filling = true;
    try {
      while (this.wanting) await this.placeNext();
    } catch (error) {
      if (!this.stopped) this.listener.onError(error);
    } finally {
      this.filling = false;
    }
  }

  /** Let nothing be heard from `frame` on; the schedule is of no further use. */
  stop(frame: number): void {
    this.stopped = true;
    for (const entry of this.entries) entry.placed.cut(frame);
    this.timeline.cut(frame);
    this.entries = [];
  }

  private get complete(): boolean {
    return this.supply.end === 0 || (!this.looping && this.cursor >= this.supply.end);
  }

  private get wanting(): boolean {
    if (this.stopped || this.complete) return false;
    return this.next === undefined || this.next - this.output.frame < this.pace.ahead;
  }

  private async placeNext(): Promise<void> {
    if (this.cursor >= this.supply.end) this.cursor = 0;
    const start = this.cursor;
    const size = this.next === undefined ? this.pace.first : this.pace.piece;
    const samples = await this.supply.read(start, Math.min(this.supply.end, start + size));
    if (this.stopped || this.cursor !== start) return;
    if (samples[0].length === 0) {
      if (start < this.supply.end) throw new Error("The decoder returned no samples.");
      return;
    }
    this.cursor += samples[0].length;
    const whole = start === 0 && this.cursor >= this.supply.end;
    this.place(whole && this.looping ? repeated(samples, this.pace.piece) : samples, start);
  }

  private place(samples: Float32Array[], position: number): void {
    const now = this.output.frame;
    const late = this.next === undefined || this.next < now + this.pace.lead / 2;
    // A late piece would be cut at its beginning and overlap the one after it: all that follows moves instead.
    const frame = late ? Math.max(now + this.pace.lead, this.next ?? 0) : this.next!;
    const length = samples[0].length;
    this.entries = this.entries.filter((entry) => entry.frame + entry.length > now);
    this.entries.push({ frame, length, placed: this.output.place(samples, frame) });
    // What is heard now left the output a little earlier, by its latency.
    this.timeline.forget(now - this.pace.ahead);
    this.timeline.add({ frame, position, length, period: this.supply.end });
    this.next = frame + length;
    if (this.waiting) this.listener.onPlaying();
    this.waiting = false;
  }

  /** Tell that nothing is left to be heard although the sound goes on. */
  private notice(): void {
    const starved = this.next !== undefined && this.next <= this.output.frame && !this.complete;
    if (!starved || this.waiting || this.stopped) return;
    this.waiting = true;
    this.listener.onWaiting();
  }

  private endAtNextEnd(): void {
    const end = this.timeline.endAfter(this.output.frame);
    if (end === undefined) return;
    for (const entry of this.entries) if (entry.frame + entry.length > end) entry.placed.cut(end);
    this.timeline.cut(end);
    this.next = end;
    this.cursor = this.supply.end;
  }
}

/** As many rounds of a short sound as fill a piece, so that a loop of it does not take thousands of sources. */
function repeated(samples: Float32Array[], least: number): Float32Array[] {
  const length = samples[0].length;
  const rounds = Math.ceil(least / length);
  return samples.map((channel) => {
    const all = new Float32Array(length * rounds);
    for (let round = 0; round < rounds; round++) all.set(channel, round * length);
    return all;
  });
}
