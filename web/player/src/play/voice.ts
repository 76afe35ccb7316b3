import type { Contexts, Lease } from "./contexts";
import { RunOutput } from "./graph";
import { Schedule, type Listener, type Pace } from "./schedule";
import type { Sound } from "./sound";

const TICK_MS = 100;
const AHEAD_SECONDS = 1;
/** Timers of pages that are not seen run once a second. */
const AHEAD_SECONDS_HIDDEN = 4;
const LEVEL_SECONDS = 0.01;
/** Between the call of `start` and the first sample; what the clock says is up to 20 ms old. */
const LEAD_SECONDS = 0.03;
const PIECE_SECONDS = 0.5;
const FIRST_SECONDS = 0.25;

export interface VoiceListener extends Listener {
  onTick(): void;
  /** The last sample has been heard. */
  onEnd(): void;
  /** A call, another app or the system has stopped the clock. */
  onInterrupted(): void;
}

interface Run {
  readonly output: RunOutput;
  readonly schedule: Schedule;
  readonly timer: ReturnType<typeof setInterval>;
}

/** What makes one sound audible: a share of the context of its rate, a gain, and a run of playback at a time. */
export class Voice {
  private lease: Lease;
  private level: GainNode;
  private run: Run | undefined;
  private attached: AbortController;

  constructor(
    private readonly sound: Sound,
    private readonly contexts: Contexts,
    private readonly listener: VoiceListener,
    private gain: number,
  ) {
    ({ lease: this.lease, level: this.level, attached: this.attached } = this.attach());
  }

  get running(): boolean {
    return this.run !== undefined;
  }

  /** Start the clock of the context; one that was interrupted and does not start again is replaced. */
  async wake(): Promise<void> {
    const { lease } = this;
    const interrupted = lease.context.currentTime > 0;
    try {
      await lease.run();
    } catch (error) {
      const ours = this.lease === lease && !this.attached.signal.aborted;
      if (!interrupted || !ours) throw error;
      this.contexts.abandon(lease.context);
      this.detach();
      ({ lease: this.lease, level: this.level, attached: this.attached } = this.attach());
      await this.lease.run();
    }
  }

  begin(position: number, loop: boolean): void {
    this.end();
    const options = {
      fadeIn: position > 0,
      onPieceEnd: () => {
        void schedule.fill();
      },
    };
    const output = new RunOutput(this.lease.context, this.level, options);
    const schedule = new Schedule(output, this.sound, pace(this.sound.facts.rate), this.listener, {
      position,
      loop,
    });
    const timer = setInterval(() => {
      this.tick();
    }, TICK_MS);
    this.run = { output, schedule, timer };
    void schedule.fill();
  }

  end(): void {
    if (!this.run) return;
    clearInterval(this.run.timer);
    this.run.schedule.stop(this.run.output.fadeOut());
    this.run = undefined;
  }

  /** The context may sleep as far as this voice is concerned. */
  rest(): void {
    this.lease.rest();
  }

  dispose(): void {
    this.end();
    this.detach();
  }

  /** The sample that is heard now, of the run that is going on. */
  get position(): number | undefined {
    return this.run?.schedule.positionAt(this.run.output.frame - this.latency);
  }

  set loop(loop: boolean) {
    if (this.run) this.run.schedule.loop = loop;
  }

  set volume(gain: number) {
    this.gain = gain;
    const parameter = this.level.gain;
    const now = this.lease.context.currentTime;
    parameter.cancelScheduledValues(now);
    parameter.setValueAtTime(parameter.value, now);
    parameter.linearRampToValueAtTime(gain, now + LEVEL_SECONDS);
  }

  private get latency(): number {
    const { outputLatency, sampleRate } = this.lease.context;
    return Math.round((outputLatency || 0) * sampleRate);
  }

  private attach() {
    const lease = this.contexts.lease(this.sound.facts.rate);
    const { context } = lease;
    const level = context.createGain();
    level.gain.value = this.gain;
    level.connect(context.destination);
    const attached = new AbortController();
    const { signal } = attached;
    const onState = () => {
      if (context.state !== "running" && this.run) this.listener.onInterrupted();
    };
    context.addEventListener("statechange", onState, { signal });
    const onVisibility = () => {
      this.hurry();
    };
    document.addEventListener("visibilitychange", onVisibility, { signal });
    return { lease, level, attached };
  }

  private detach(): void {
    this.attached.abort();
    this.level.disconnect();
    this.lease.release();
  }

  private hurry(): void {
    if (!this.run) return;
    this.run.schedule.ahead = aheadSeconds() * this.sound.facts.rate;
    void this.run.schedule.fill();
  }

  private tick(): void {
    void this.run?.schedule.fill();
    this.listener.onTick();
    if (!this.run) return;
    const { endFrame } = this.run.schedule;
    if (endFrame !== undefined && this.run.output.frame - this.latency >= endFrame) this.listener.onEnd();
  }
}

/** The size of the first piece of a run. */
export function firstSamples(rate: number): number {
  return Math.ceil(FIRST_SECONDS * rate);
}

function aheadSeconds(): number {
  return document.hidden ? AHEAD_SECONDS_HIDDEN : AHEAD_SECONDS;
}

function pace(rate: number): Pace {
  return {
    lead: Math.ceil(LEAD_SECONDS * rate),
    ahead: Math.ceil(aheadSeconds() * rate),
    piece: Math.ceil(PIECE_SECONDS * rate),
    first: firstSamples(rate),
  };
}
