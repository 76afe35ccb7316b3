/** Slopes of windows around borders, and the butterfly that undoes their overlap (FORMAT.md §7, network 11). */
export class Laps {
  private readonly slopes = new Map<number, { direct: Float64Array; mirror: Float64Array }>();

  /** `sine`: windows rise as a sine instead of Vorbis' slope. */
  constructor(private readonly sine: boolean) {}

  /** Undo the overlap of the `half` samples before `border` in `left` and behind `begin` in `right`, in place. */
  unfold(half: number, left: Samples, border: number, right: Samples, begin: number): void {
    const { direct, mirror } = this.slopesOf(half);
    for (let k = 0; k < half; k++) {
      const before = left[border - 1 - k];
      const behind = right[begin + k];
      left[border - 1 - k] = direct[k] * before - mirror[k] * behind;
      right[begin + k] = direct[k] * behind + mirror[k] * before;
    }
  }

  /** The later window at the `half` samples behind a border, and before it, the nearest first. */
  private slopesOf(half: number): { direct: Float64Array; mirror: Float64Array } {
    let slopes = this.slopes.get(half);
    if (!slopes) {
      const slope = (sign: number) =>
        Float64Array.from({ length: half }, (_, k) => this.slope(0.5 + (sign * (k + 0.5)) / (2 * half)));
      slopes = { direct: slope(1), mirror: slope(-1) };
      this.slopes.set(half, slopes);
    }
    return slopes;
  }

  /** The rise of a window from 0 to 1, at a place from 0 to 1. */
  private slope(place: number): number {
    const sine = Math.sin((Math.PI / 2) * place);
    return this.sine ? sine : Math.sin((Math.PI / 2) * sine * sine);
  }
}

export type Samples = Float32Array | Float64Array;
