/** A larger prime in a length is transformed by Bluestein's convolution, so that no length takes long. */
const LARGEST_FACTOR = 13;

/** A discrete Fourier transform of complex numbers in place: X[k] = sum over n of x[n] exp(-2 pi i n k / length). */
export interface Transform {
  run(re: Float64Array, im: Float64Array): void;
}

/** Return the transform of a length: of mixed radix, or by convolution. */
export function transformOf(length: number): Transform {
  const factors = factorsOf(length);
  return Math.max(...factors, 1) <= LARGEST_FACTOR ? new MixedRadix(length, factors) : new Bluestein(length);
}

function factorsOf(length: number): number[] {
  const factors: number[] = [];
  for (const factor of [4, 2]) {
    while (length % factor === 0) {
      factors.push(factor);
      length /= factor;
    }
  }
  for (let factor = 3; length > 1; factor += 2) {
    while (length % factor === 0) {
      factors.push(factor);
      length /= factor;
    }
  }
  return factors;
}

interface Stage {
  readonly radix: number;
  /** Butterflies of each stride. */
  readonly count: number;
  readonly stride: number;
  /** Of each butterfly the factors of all outputs but the first: `[count][radix - 1]`. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Stockham's algorithm: outputs come in order, at the price of a second array. */
class MixedRadix implements Transform {
  private readonly stages: Stage[] = [];
  private readonly re: Float64Array;
  private readonly im: Float64Array;

  constructor(length: number, factors: number[]) {
    this.re = new Float64Array(length);
    this.im = new Float64Array(length);
    let left = length;
    let stride = 1;
    for (const radix of factors) {
      const count = left / radix;
      const angle = (at: number) =>
        (-2 * Math.PI * Math.floor(at / (radix - 1)) * (1 + (at % (radix - 1)))) / left;
      const size = { length: count * (radix - 1) };
      const cos = Float64Array.from(size, (_, at) => Math.cos(angle(at)));
      const sin = Float64Array.from(size, (_, at) => Math.sin(angle(at)));
      this.stages.push({ radix, count, stride, cos, sin });
      left = count;
      stride *= radix;
    }
  }

  run(re: Float64Array, im: Float64Array): void {
    let [fromRe, fromIm, toRe, toIm] = [re, im, this.re, this.im];
    for (const stage of this.stages) {
      const step = stage.radix === 4 ? four : stage.radix === 2 ? two : several;
      step(stage, fromRe, fromIm, toRe, toIm);
      [fromRe, fromIm, toRe, toIm] = [toRe, toIm, fromRe, fromIm];
    }
    if (fromRe !== re) {
      re.set(fromRe);
      im.set(fromIm);
    }
  }
}

type Numbers = Float64Array;

function two(
  { count, stride, cos, sin }: Stage,
  re: Numbers,
  im: Numbers,
  toRe: Numbers,
  toIm: Numbers,
): void {
  for (let p = 0; p < count; p++) {
    const [c, s] = [cos[p], sin[p]];
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p;
      const b = a + stride * count;
      const to = q + 2 * stride * p;
      const x = re[a] - re[b];
      const y = im[a] - im[b];
      toRe[to] = re[a] + re[b];
      toIm[to] = im[a] + im[b];
      toRe[to + stride] = x * c - y * s;
      toIm[to + stride] = x * s + y * c;
    }
  }
}

function four(
  { count, stride, cos, sin }: Stage,
  re: Numbers,
  im: Numbers,
  toRe: Numbers,
  toIm: Numbers,
): void {
  const quarter = stride * count;
  for (let p = 0; p < count; p++) {
    const c1 = cos[3 * p];
    const s1 = sin[3 * p];
    const c2 = cos[3 * p + 1];
    const s2 = sin[3 * p + 1];
    const c3 = cos[3 * p + 2];
    const s3 = sin[3 * p + 2];
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p;
      const b = a + quarter;
      const c = b + quarter;
      const d = c + quarter;
      const to = q + 4 * stride * p;
      const sumRe = re[a] + re[c];
      const sumIm = im[a] + im[c];
      const differenceRe = re[a] - re[c];
      const differenceIm = im[a] - im[c];
      const otherRe = re[b] + re[d];
      const otherIm = im[b] + im[d];
      const turnedRe = im[b] - im[d]; // -i times the difference of b and d
      const turnedIm = re[d] - re[b];
      toRe[to] = sumRe + otherRe;
      toIm[to] = sumIm + otherIm;
      const x1 = differenceRe + turnedRe;
      const y1 = differenceIm + turnedIm;
      toRe[to + stride] = x1 * c1 - y1 * s1;
      toIm[to + stride] = x1 * s1 + y1 * c1;
      const x2 = sumRe - otherRe;
      const y2 = sumIm - otherIm;
      toRe[to + 2 * stride] = x2 * c2 - y2 * s2;
      toIm[to + 2 * stride] = x2 * s2 + y2 * c2;
      const x3 = differenceRe - turnedRe;
      const y3 = differenceIm - turnedIm;
      toRe[to + 3 * stride] = x3 * c3 - y3 * s3;
      toIm[to + 3 * stride] = x3 * s3 + y3 * c3;
    }
  }
}

/** A butterfly of any radix, as its definition says. */
function several(stage: Stage, re: Numbers, im: Numbers, toRe: Numbers, toIm: Numbers): void {
  const { radix, count, stride, cos, sin } = stage;
  const turns = Array.from({ length: radix }, (_, k) => (-2 * Math.PI * k) / radix);
  const [rootRe, rootIm] = [turns.map(Math.cos), turns.map(Math.sin)];
  for (let p = 0; p < count; p++) {
    for (let q = 0; q < stride; q++) {
      const from = q + stride * p;
      const to = q + radix * stride * p;
      for (let j = 0; j < radix; j++) {
        let x = 0;
        let y = 0;
        for (let k = 0, turn = 0; k < radix; k++, turn = (turn + j) % radix) {
          const at = from + stride * count * k;
          x += re[at] * rootRe[turn] - im[at] * rootIm[turn];
          y += re[at] * rootIm[turn] + im[at] * rootRe[turn];
        }
        const c = j ? cos[p * (radix - 1) + j - 1] : 1;
        const s = j ? sin[p * (radix - 1) + j - 1] : 0;
        toRe[to + stride * j] = x * c - y * s;
        toIm[to + stride * j] = x * s + y * c;
      }
    }
  }
}

/** Bluestein's algorithm: a transform of any length as a convolution, by transforms of a power of two. */
class Bluestein implements Transform {
  private readonly size: number;
  private readonly inner: Transform;
  private readonly chirpRe: Float64Array;
  private readonly chirpIm: Float64Array;
  private readonly filterRe: Float64Array;
  private readonly filterIm: Float64Array;

  constructor(private readonly length: number) {
    this.size = 2 ** Math.ceil(Math.log2(2 * length - 1));
    this.inner = transformOf(this.size);
    const angle = (n: number) => (-Math.PI * ((n * n) % (2 * length))) / length;
    this.chirpRe = Float64Array.from({ length }, (_, n) => Math.cos(angle(n)));
    this.chirpIm = Float64Array.from({ length }, (_, n) => Math.sin(angle(n)));
    this.filterRe = new Float64Array(this.size);
    this.filterIm = new Float64Array(this.size);
    for (let n = 0; n < length; n++) {
      const mirror = (this.size - n) % this.size;
      this.filterRe[n] = this.filterRe[mirror] = this.chirpRe[n];
      this.filterIm[n] = this.filterIm[mirror] = -this.chirpIm[n];
    }
    this.inner.run(this.filterRe, this.filterIm);
  }

  run(re: Float64Array, im: Float64Array): void {
    const { length, size, inner, chirpRe, chirpIm } = this;
    const x = new Float64Array(size);
    const y = new Float64Array(size);
    for (let n = 0; n < length; n++) {
      x[n] = re[n] * chirpRe[n] - im[n] * chirpIm[n];
      y[n] = re[n] * chirpIm[n] + im[n] * chirpRe[n];
    }
    inner.run(x, y);
    for (let k = 0; k < size; k++) {
      const real = x[k] * this.filterRe[k] - y[k] * this.filterIm[k];
      y[k] = -(x[k] * this.filterIm[k] + y[k] * this.filterRe[k]); // conjugate: the inverse by the same transform
      x[k] = real;
    }
    inner.run(x, y);
    for (let n = 0; n < length; n++) {
      const [real, imaginary] = [x[n] / size, -y[n] / size];
      re[n] = real * chirpRe[n] - imaginary * chirpIm[n];
      im[n] = real * chirpIm[n] + imaginary * chirpRe[n];
    }
  }
}
