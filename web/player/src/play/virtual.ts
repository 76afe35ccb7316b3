import type { Output, Placed, Supply } from "./schedule";

/** For tests: an output whose clock is moved by hand, and which remembers what is heard at each frame. */
export class VirtualOutput implements Output {
  frame = 0;
  readonly placed: { frame: number; samples: Float32Array; until: number }[] = [];

  place(samples: Float32Array[], frame: number): Placed {
    const entry = { frame, samples: samples[0], until: frame + samples[0].length };
    this.placed.push(entry);
    return {
      cut(from) {
        entry.until = Math.min(entry.until, from);
      },
    };
  }

  /** The sum of what is heard in frames `start` to `stop`; 0 is silence. */
  heard(start: number, stop: number): number[] {
    const sum = new Array<number>(stop - start).fill(0);
    for (const { frame, samples, until } of this.placed) {
      for (let at = Math.max(frame, start); at < Math.min(until, stop); at++)
        sum[at - start] += samples[at - frame];
    }
    return sum;
  }
}

/** For tests: a sound whose sample k has the value k + 1, so that it is known from each value where it was. */
export class CountingSupply implements Supply {
  readonly asked: [number, number][] = [];
  /** Reads that wait; none: they are answered at once. */
  pending: (() => void)[] | undefined;

  constructor(public end: number) {}

  async read(start: number, stop: number): Promise<Float32Array[]> {
    this.asked.push([start, stop]);
    if (this.pending) await new Promise<void>((resolve) => this.pending?.push(resolve));
    const until = Math.max(start, Math.min(stop, this.end));
    return [Float32Array.from({ length: until - start }, (_, index) => start + index + 1)];
  }
}

/** For tests: as much of an `AudioContext` as a player uses, with a clock that is moved by hand. */
export class VirtualContext extends EventTarget {
  currentTime = 0;
  state: string = "suspended";
  readonly outputLatency = 0;
  readonly destination = {};
  readonly gains: { gain: VirtualParameter }[] = [];
  readonly started: { when: number; seconds: number }[] = [];
  /** Whether `resume` starts the clock, as it does after a click. */
  allowed = true;

  constructor(readonly sampleRate: number) {
    super();
  }

  resume(): Promise<void> {
    if (this.allowed) this.become("running");
    return this.allowed ? Promise.resolve() : new Promise(() => undefined);
  }

  suspend(): Promise<void> {
    this.become("suspended");
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.become("closed");
    return Promise.resolve();
  }

  /** Change the state as the system does. */
  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }

  createGain() {
    const node = { gain: new VirtualParameter(), connect: () => undefined, disconnect: () => undefined };
    this.gains.push(node);
    return node;
  }

  createBuffer(_channels: number, length: number) {
    return { length, copyToChannel: () => undefined };
  }

  createBufferSource() {
    const { started, sampleRate } = this;
    return {
      buffer: null as { length: number } | null,
      onended: null,
      connect: () => undefined,
      disconnect: () => undefined,
      stop: () => undefined,
      start(when: number) {
        started.push({ when, seconds: this.buffer!.length / sampleRate });
      },
    };
  }
}

class VirtualParameter {
  value = 1;

  setValueAtTime(value: number): void {
    this.value = value;
  }

  linearRampToValueAtTime(value: number): void {
    this.value = value;
  }

  cancelScheduledValues(): void {
    // Values are set at once here.
  }
}
