import { type Transform, transformOf } from "./fft";

/** The orthonormal DCT-IV of an even length, by a complex transform of half of it. It is its own inverse. */
export class Dct4 {
  private readonly half: number;
  private readonly transform: Transform;
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;
  private readonly re: Float64Array;
  private readonly im: Float64Array;

  constructor(readonly length: number) {
    this.half = length / 2;
    this.transform = transformOf(this.half);
    const angle = (k: number) => (-Math.PI * (k + 1 / 8)) / length;
    const scale = (2 / length) ** 0.25; // once before and once behind
    this.cos = Float64Array.from({ length: this.half }, (_, k) => scale * Math.cos(angle(k)));
    this.sin = Float64Array.from({ length: this.half }, (_, k) => scale * Math.sin(angle(k)));
    this.re = new Float64Array(this.half);
    this.im = new Float64Array(this.half);
  }

  /** Transform `values`, which are read from `begin` on, `stride` apart; put the results in `to`, in order. */
  run(values: Float64Array, begin: number, stride: number, to: Float64Array): void {
    const { length, half, cos, sin, re, im } = this;
    for (let n = 0; n < half; n++) {
      const x = values[begin + stride * 2 * n];
      const y = values[begin + stride * (length - 1 - 2 * n)];
      re[n] = x * cos[n] - y * sin[n];
      im[n] = x * sin[n] + y * cos[n];
    }
    this.transform.run(re, im);
    for (let k = 0; k < half; k++) {
      to[2 * k] = re[k] * cos[k] - im[k] * sin[k];
      to[length - 1 - 2 * k] = -(re[k] * sin[k] + im[k] * cos[k]);
    }
  }
}
