import { PlayerError } from "./errors";

/** Without a player for so long a context stops, so that the device may sleep. */
const IDLE_MS = 5000;
/** A context that has not started by then waits for a click. */
const START_MS = 600;

interface Shared {
  context: AudioContext;
  users: number;
  playing: number;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/** A player's share of the context of its rate; `release` it when the player goes. */
export interface Lease {
  readonly context: AudioContext;
  /** Start the clock, at best inside a click; rejects where the browser wants a click first. */
  run(): Promise<void>;
  rest(): void;
  release(): void;
}

/**
 * Audio contexts, one for each sampling rate that is in use.
 *
 * A context of the sound's own rate leaves resampling to the device, which does it well; browsers interpolate linearly
 * where the rate of a buffer is not that of its context.
 */
export class Contexts {
  private readonly byRate = new Map<number, Shared>();

  constructor(private readonly make = (rate: number) => new AudioContext({ sampleRate: rate })) {}

  lease(rate: number): Lease {
    const shared = this.byRate.get(rate) ?? this.open(rate);
    shared.users++;
    let playing = false;
    let released = false;
    const rest = () => {
      if (playing) this.rest(shared);
      playing = false;
    };
    return {
      context: shared.context,
      run: async () => {
        if (!playing) shared.playing++;
        playing = true;
        clearTimeout(shared.idle);
        await started(shared.context);
      },
      rest,
      release: () => {
        if (released) return;
        released = true;
        rest();
        this.drop(rate, shared);
      },
    };
  }

  /** Let the next lease of this rate have a new context: some never start again after an interruption. */
  abandon(context: AudioContext): void {
    for (const [rate, shared] of this.byRate) if (shared.context === context) this.byRate.delete(rate);
  }

  private open(rate: number): Shared {
    let context: AudioContext;
    try {
      context = this.make(rate);
    } catch (cause) {
      throw new PlayerError("device", `This browser cannot play a sound sampled at ${rate} Hz.`, { cause });
    }
    const shared = { context, users: 0, playing: 0, idle: undefined };
    this.byRate.set(rate, shared);
    return shared;
  }

  private rest(shared: Shared): void {
    shared.playing--;
    if (shared.playing > 0) return;
    shared.idle = setTimeout(() => {
      if (shared.context.state === "running") void shared.context.suspend();
    }, IDLE_MS);
  }

  private drop(rate: number, shared: Shared): void {
    shared.users--;
    if (shared.users > 0) return;
    clearTimeout(shared.idle);
    if (this.byRate.get(rate) === shared) this.byRate.delete(rate);
    if (shared.context.state !== "closed") void shared.context.close();
  }
}

/** Resolves when the clock of `context` runs; a browser that wants a click first leaves `resume` pending. */
async function started(context: AudioContext): Promise<void> {
  if (context.state === "running") return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, START_MS);
  });
  await Promise.race([context.resume().catch(() => undefined), patience]);
  clearTimeout(timer);
  if ((context.state as AudioContextState) !== "running") {
    throw new PlayerError("blocked", "The browser allows sound after a click only: press play.");
  }
}

/** The contexts of all players of a page. */
export const contexts = new Contexts();
