/** Plays a comparison: loads windows of both sounds, starts them at one instant, and keeps the clock. */

import type { Side } from "./abx";
import { CompareGraph, FADE_SECONDS, type Heard, type Voices } from "./graph";
import { foldForHearing, type Samples } from "./source";
import { frameAfter, frameAt, planFrom, type Plan, type Scheduled, type Stretch } from "./timeline";

export type Status = "stopped" | "loading" | "playing" | "interrupted" | "failed";

export interface PlayerState {
  status: Status;
  heard: Heard;
  /** Why nothing can be heard, where `status` is "failed". */
  problem?: string;
}

const LEAD_SECONDS = 0.05;
const AHEAD_SECONDS = 8;
const TICK_MILLISECONDS = 250;
const PATIENCE_MILLISECONDS = 2000;

/** What sounds now: dropped as a whole at each seek, so that what was still being loaded for it is never started. */
interface Run {
  pieces: Scheduled[];
  voices: Voices[];
  extending: boolean;
  over: boolean;
}

export class ComparePlayer {
  private context: AudioContext | undefined;
  private graph: CompareGraph | undefined;
  private run: Run | undefined;
  /** Ticks for which the context has been expected to run. */
  private waited = 0;
  private timer: ReturnType<typeof setInterval> | undefined;
  private resting = 0;
  private loop: Stretch | undefined;
  private x: Side = "a";
  private gains = { a: 1, b: 1, error: 1 };
  private state: PlayerState = { status: "stopped", heard: "a" };
  private disposed = false;
  readonly frames: number;
  readonly rate: number;

  constructor(
    private readonly a: Samples,
    private readonly b: Samples,
    private readonly onChange: (state: PlayerState) => void,
  ) {
    this.frames = Math.min(a.frames, b.frames);
    this.rate = a.rate;
  }

  /** Return the frame that is heard now, or where playing would begin. */
  position(): number {
    if (!this.context || !this.run?.pieces.length) return this.resting;
    const heardAt = this.context.currentTime - (this.context.outputLatency || 0);
    return Math.min(this.frames, frameAt(this.run.pieces, heardAt, this.rate));
  }

  /** Begin or go on. Call it in the handler of a click or a key: browsers allow sound only then. */
  async play(): Promise<void> {
    if (this.disposed || this.state.status === "playing" || this.state.status === "loading") return;
    try {
      if (this.state.status === "interrupted") this.closeContext(); // some phones never resume one that was interrupted
      this.openContext();
      if (this.resting >= this.frames) this.resting = this.loop?.start ?? 0;
      await Promise.all([this.context!.resume(), this.begin(this.resting)]);
    } catch (error) {
      this.fail(error);
    }
  }

  pause(): void {
    this.resting = this.position();
    this.end();
    this.set({ status: "stopped" });
  }

  seek(frame: number): void {
    const target = Math.max(0, Math.min(Math.round(frame), this.frames));
    const going = this.state.status === "playing" || this.state.status === "loading";
    this.resting = target;
    if (going) this.begin(target).catch((error: unknown) => this.fail(error));
  }

  /** Repeat a stretch from now on; without one, play to the end. */
  setLoop(loop: Stretch | undefined): void {
    this.loop = loop && loop.end > loop.start ? loop : undefined;
    this.seek(this.position());
  }

  hear(which: Heard): void {
    this.graph?.hear(which, this.context!.currentTime);
    this.set({ heard: which });
  }

  /** Let X be another one. Sounds the same whether or not it was that one already. */
  setX(x: Side): void {
    this.x = x;
    this.seek(this.position());
  }

  /** Set the factors of A and B, and that of the error. */
  setGains(a: number, b: number, error: number): void {
    this.gains = { a, b, error };
    this.graph?.setLevels(a, b);
    this.graph?.setErrorGain(error);
  }

  dispose(): void {
    this.disposed = true;
    this.end();
    this.closeContext();
  }

  private openContext(): void {
    if (this.context) return;
    this.context = new AudioContext({ sampleRate: this.rate, latencyHint: "interactive" });
    this.context.onstatechange = () => this.watch();
    this.graph = new CompareGraph(this.context);
    this.graph.hear(this.state.heard, 0);
    this.graph.setLevels(this.gains.a, this.gains.b);
    this.graph.setErrorGain(this.gains.error);
  }

  private closeContext(): void {
    this.graph?.dispose();
    if (this.context) this.context.onstatechange = null;
    this.context?.close().catch(() => undefined); // closed twice: nothing is left to close
    this.context = this.graph = undefined;
  }

  /** A call, another app or a lost device may stop the context behind our back. */
  private watch(): void {
    if (this.state.status !== "playing" || this.context?.state === "running") return;
    this.resting = this.position();
    this.end();
    this.set({ status: "interrupted" });
  }

  /** Start at a frame: what sounded before goes on until the new buffers are there. */
  private async begin(frame: number): Promise<void> {
    const plan = planFrom(frame, this.frames, this.rate, this.loop);
    const run: Run = { pieces: [], voices: [], extending: false, over: false };
    const before = this.run;
    if (before) before.over = true;
    if (!plan) return this.finish();
    this.set({ status: "loading" });
    this.resting = frame;
    this.waited = 0;
    if (before) this.silence(before);
    this.run = run;
    const buffers = await this.buffersOf(plan);
    if (run.over || this.disposed) return;
    const when = this.context!.currentTime + LEAD_SECONDS;
    this.graph!.dip(when - FADE_SECONDS, when);
    this.add(run, plan, buffers, when);
    this.timer ??= setInterval(() => this.tick(), TICK_MILLISECONDS);
    this.set({ status: "playing" });
  }

  private async buffersOf({ load }: Plan): Promise<[AudioBuffer, AudioBuffer]> {
    const context = this.context!;
    const both = await Promise.all([this.a.read(load.start, load.end), this.b.read(load.start, load.end)]);
    return both.map((read) => {
      const channels = foldForHearing(read);
      const buffer = context.createBuffer(channels.length, channels[0].length, this.rate);
      channels.forEach((samples, c) => buffer.copyToChannel(samples, c));
      return buffer;
    }) as [AudioBuffer, AudioBuffer];
  }

  private add(run: Run, plan: Plan, [a, b]: [AudioBuffer, AudioBuffer], when: number): void {
    const within = (frame: number) => (frame - plan.load.start) / this.rate;
    const loop = plan.loop && { start: within(plan.loop.start), end: within(plan.loop.end) };
    const voices = this.graph!.start({ a, b, offset: within(plan.frame), loop, x: this.x }, when);
    run.pieces.push({ when, frame: plan.frame, frames: plan.frames, loop: plan.loop });
    run.voices.push(voices);
    voices.onEnded(() => {
      run.voices = run.voices.filter((other) => other !== voices);
      if (run.over || run.voices.length || run.extending) return;
      if (frameAfter(run.pieces[run.pieces.length - 1], this.frames, this.loop) === undefined) this.finish();
      else this.tick(); // timers of a hidden page may be late
    });
  }

  /** Append the next window well before the last one ends. */
  private tick(): void {
    const { run, context } = this;
    if (run && context?.state !== "running" && ++this.waited * TICK_MILLISECONDS > PATIENCE_MILLISECONDS)
      return this.watch();
    const last = run?.pieces.at(-1);
    if (!run || !last || run.extending || last.loop) return;
    const end = last.when + last.frames / this.rate;
    const frame = frameAfter(last, this.frames, this.loop);
    if (frame === undefined || end - context!.currentTime > AHEAD_SECONDS) return;
    this.extend(run, frame, end).catch((error: unknown) => this.fail(error));
  }

  private async extend(run: Run, frame: number, end: number): Promise<void> {
    run.extending = true;
    const plan = planFrom(frame, this.frames, this.rate, this.loop)!;
    const buffers = await this.buffersOf(plan);
    if (run.over) return;
    const late = end < this.context!.currentTime + LEAD_SECONDS / 2;
    this.add(run, plan, buffers, late ? this.context!.currentTime + LEAD_SECONDS : end);
    run.pieces = run.pieces.slice(-2);
    run.extending = false;
  }

  private silence(run: Run): void {
    const at = this.context!.currentTime + FADE_SECONDS;
    this.graph!.fadeOut(this.context!.currentTime);
    for (const voices of run.voices) voices.stop(at);
  }

  private finish(): void {
    this.resting = this.frames;
    this.end();
    this.set({ status: "stopped" });
  }

  private end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    setTimeout(() => this.rest(), 10 * 1000 * FADE_SECONDS);
    if (!this.run) return;
    this.run.over = true;
    if (this.context) this.silence(this.run);
    this.run = undefined;
  }

  /** A context that runs costs power even when it is silent. */
  private rest(): void {
    if (!this.run && this.context?.state === "running") this.context.suspend().catch(() => undefined); // closed meanwhile
  }

  private fail(error: unknown): void {
    if (this.disposed) return;
    this.resting = this.position();
    this.end();
    this.set({ status: "failed", problem: error instanceof Error ? error.message : String(error) });
  }

  private set(change: Partial<PlayerState>): void {
    if (this.disposed) return;
    this.state = { ...this.state, problem: undefined, ...change };
    this.onChange(this.state);
  }
}
