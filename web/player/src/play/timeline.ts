/** A run of samples that is heard from one frame of the output's clock on; longer than `period` it begins again. */
export interface Stretch {
  frame: number;
  position: number;
  length: number;
  period: number;
}

/** Which sample of the sound is heard at which frame of the output's clock. */
export class Timeline {
  private stretches: Stretch[] = [];

  constructor(private readonly start: number) {}

  add(stretch: Stretch): void {
    this.stretches.push(stretch);
  }

  /** The sample that is heard at `frame`; between two runs that of the end of the first. */
  positionAt(frame: number): number {
    let heard: Stretch | undefined;
    for (const stretch of this.stretches) if (stretch.frame <= frame) heard = stretch;
    if (heard === undefined) return this.start;
    const offset = Math.min(frame - heard.frame, heard.length);
    const place = heard.position + offset;
    return place > heard.period ? ((place - 1) % heard.period) + 1 : place;
  }

  /** The first frame after `frame` at which the sound has been heard to its end, if that is planned already. */
  endAfter(frame: number): number | undefined {
    for (const { frame: from, position, length, period } of this.stretches) {
      const rounds = Math.max(0, Math.floor((frame - from + position) / period));
      const end = from - position + (rounds + 1) * period;
      if (end <= from + length && end > from) return end;
    }
    return undefined;
  }

  /** Forget what was planned from `frame` on. */
  cut(frame: number): void {
    this.stretches = this.stretches.filter((stretch) => stretch.frame < frame);
    const last = this.stretches.at(-1);
    if (last) last.length = Math.min(last.length, frame - last.frame);
  }

  /** Forget what was heard before `frame`, but for the run that tells the position there. */
  forget(frame: number): void {
    while (this.stretches.length > 1 && this.stretches[1].frame <= frame) this.stretches.shift();
  }
}
