/** The audio graph of a comparison: A, B and X always run together, and only their gains tell which is heard. */

import type { Side } from "./abx";

export type Heard = Side | "x" | "error";

/** A stretch of a buffer, in seconds within it. */
export interface BufferLoop {
  start: number;
  end: number;
}

/** What to start: two buffers of equal length, where to begin, and how long or which loop. */
export interface Piece {
  a: AudioBuffer;
  b: AudioBuffer;
  offset: number;
  duration?: number;
  loop?: BufferLoop;
  x: Side;
}

/** Sources that were started together. */
export interface Voices {
  stop(at: number): void;
  onEnded(call: () => void): void;
}

const HEARD: Heard[] = ["a", "b", "x", "error"];
export const FADE_SECONDS = 0.01;

/** A gain that is moved along straight lines; a new one takes over from wherever the others have led by then. */
export class Fader {
  readonly node: GainNode;
  private points: { at: number; value: number }[];

  constructor(context: BaseAudioContext, value: number) {
    this.node = new GainNode(context, { gain: value });
    this.node.gain.setValueAtTime(value, 0);
    this.points = [{ at: 0, value }];
  }

  valueAt(time: number): number {
    const after = this.points.findIndex(({ at }) => at > time);
    if (after < 0) return this.points[this.points.length - 1].value;
    if (after === 0) return this.points[0].value;
    const [from, to] = [this.points[after - 1], this.points[after]];
    return from.value + ((to.value - from.value) * (time - from.at)) / (to.at - from.at);
  }

  /** Go to `value` between `at` and `at + seconds`. */
  move(value: number, at: number, seconds: number): void {
    const now = this.valueAt(at);
    this.points = [
      ...this.points.filter((point) => point.at < at).slice(-1),
      { at, value: now },
      { at: at + seconds, value },
    ];
    const { gain } = this.node;
    gain.cancelScheduledValues(at);
    gain.linearRampToValueAtTime(now, at);
    gain.linearRampToValueAtTime(value, at + seconds);
  }
}

/** Gains of the four things that can be heard, and the way from sources to them. The same code runs live and offline. */
export class CompareGraph {
  private readonly output: Fader;
  private readonly faders: Record<Heard, Fader>;
  private readonly levels: Record<Side | "x", Fader>;
  private readonly errorGain: Fader;
  private readonly minus: GainNode;
  private readonly matched = { a: 1, b: 1 };
  private x: Side = "a";
  heard: Heard = "a";

  constructor(
    private readonly context: BaseAudioContext,
    private readonly fadeSeconds = FADE_SECONDS,
  ) {
    const fader = (value: number) => new Fader(context, value);
    this.output = fader(1);
    this.faders = { a: fader(1), b: fader(0), x: fader(0), error: fader(0) };
    this.levels = { a: fader(1), b: fader(1), x: fader(1) };
    this.errorGain = fader(1);
    this.minus = new GainNode(context, { gain: -1 });
    for (const name of ["a", "b", "x"] as const)
      this.levels[name].node.connect(this.faders[name].node).connect(this.output.node);
    this.minus.connect(this.faders.error.node);
    this.faders.error.node.connect(this.errorGain.node).connect(this.output.node);
    this.output.node.connect(context.destination);
  }

  /** Start A, B and X at the same instant; X has a source of its own, so that going to it sounds alike whatever it is. */
  start(piece: Piece, when: number): Voices {
    const source = (buffer: AudioBuffer) => {
      const node = new AudioBufferSourceNode(this.context, { buffer });
      if (piece.loop)
        Object.assign(node, { loop: true, loopStart: piece.loop.start, loopEnd: piece.loop.end });
      return node;
    };
    const [a, b, x] = [source(piece.a), source(piece.b), source(piece[piece.x])];
    a.connect(this.levels.a.node);
    a.connect(this.minus);
    b.connect(this.levels.b.node);
    b.connect(this.faders.error.node);
    x.connect(this.levels.x.node);
    this.x = piece.x;
    this.levels.x.move(this.matched[this.x], when, 0); // not before, lest the X that still runs is told by its level
    const sources = [a, b, x];
    for (const node of sources) {
      if (piece.loop || piece.duration === undefined) node.start(when, piece.offset);
      else node.start(when, piece.offset, piece.duration);
    }
    return voicesOf(sources);
  }

  /** Hear one of them from `at` on, by a linear cross-fade. */
  hear(which: Heard, at: number): void {
    this.heard = which;
    for (const name of HEARD) this.faders[name].move(name === which ? 1 : 0, at, this.fadeSeconds);
  }

  /** Set the factors that make A and B equally loud; X gets that of what it is, the error none. */
  setLevels(a: number, b: number): void {
    Object.assign(this.matched, { a, b });
    for (const name of ["a", "b", "x"] as const)
      this.levels[name].move(
        this.matched[name === "x" ? this.x : name],
        this.context.currentTime,
        this.fadeSeconds,
      );
  }

  /** Set the factor by which the error, B - A, is amplified. */
  setErrorGain(factor: number): void {
    this.errorGain.move(factor, this.context.currentTime, this.fadeSeconds);
  }

  /** Silence everything between two instants, with short fades outside of them. */
  dip(from: number, to: number): void {
    this.output.move(0, Math.max(this.context.currentTime, from - this.fadeSeconds), this.fadeSeconds);
    this.output.move(1, to, this.fadeSeconds);
  }

  fadeOut(at: number): void {
    this.output.move(0, at, this.fadeSeconds);
  }

  dispose(): void {
    for (const fader of [
      ...Object.values(this.faders),
      ...Object.values(this.levels),
      this.errorGain,
      this.output,
    ])
      fader.node.disconnect();
    this.minus.disconnect();
  }
}

function voicesOf(sources: AudioBufferSourceNode[]): Voices {
  return {
    stop: (at) => sources.forEach((node) => node.stop(at)),
    onEnded: (call) => {
      sources[0].onended = () => {
        for (const node of sources) node.disconnect();
        call();
      };
    },
  };
}
