// The rows of the coefficients of a pass, with SIMD (AssemblyScript): what `plain.ts` does in plain loops.
//
// Its memory is a `Space` (space.ts), whose places `setup` is told. All numbers are integers, and all sums are exact.

const PAD: i32 = 8;
const VARYING: i32 = 16;
const BAND_FACTS: i32 = 6;
const NOTHING: i32 = -20;
const MIDDLE: i32 = 64;

let size: i32 = 0;
let bands: i32 = 0;
let weights: usize = 0;
let bandWeights: usize = 0;
let output: usize = 0;
let outputBias: i32 = 0;
let passBases: usize = 0;
let bandBases: usize = 0;
let edges: usize = 0;
let exponents: usize = 0;
let facts: usize = 0;
let pitches: usize = 0;
let contexts: usize = 0;
let rows: usize = 0;

export function setNetwork(atWeights: usize, atBandWeights: usize, atOutput: usize, bias: i32): void {
  weights = atWeights;
  bandWeights = atBandWeights;
  output = atOutput;
  outputBias = bias;
}

export function setFrame(frameSize: i32, count: i32, atEdges: usize, atExponents: usize, atFacts: usize, atPitches: usize): void {
  size = frameSize;
  bands = count;
  edges = atEdges;
  exponents = atExponents;
  facts = atFacts;
  pitches = atPitches;
}

export function setResults(atPassBases: usize, atBandBases: usize, atContexts: usize, atRows: usize): void {
  passBases = atPassBases;
  bandBases = atBandBases;
  contexts = atContexts;
  rows = atRows;
}

/** Add up what the coefficients of each band share. */
export function sumBands(): void {
  for (let band = 0; band < bands; band++) {
    for (let unit = 0; unit < 8; unit++) {
      let sum = i32x4.splat(0);
      for (let pair = 0; pair < BAND_FACTS / 2; pair++) {
        const both = v128.load32_splat(facts + band * 2 * BAND_FACTS + 4 * pair);
        sum = i32x4.add(sum, i32x4.dot_i16x8_s(both, v128.load(bandWeights + 128 * pair + 16 * unit)));
      }
      v128.store(bandBases + 128 * band + 16 * unit, sum);
    }
  }
}

/** Fill in the moving average of a row of magnitudes. */
export function average(before: usize, mean: usize): void {
  let sum: i32 = 0;
  for (let k = 0; k < 16; k++) sum += load<i16>(before + 2 * k);
  for (let u = 0; u < size; u++) {
    store<i16>(mean + 2 * (PAD + u), <i16>(sum >> 4));
    sum += <i32>load<i16>(before + 2 * u + 32) - <i32>load<i16>(before + 2 * u);
  }
}

/** Fill in the rows of a pass from the rows of magnitudes around it. */
export function findRows(pass: i32, own: usize, before: usize, earlier: usize, other: usize, mean: usize): void {
  const first = pass == 0 ? 0 : 3 - pass;
  const stride = pass == 2 ? 2 : 4;
  gather(first, stride, before, earlier, other, mean);
  gatherOwn(pass, first, stride, own);
  limit(first, stride);
  evaluate(pass, first, stride);
}

function half(row: usize, distance: i32): i32 {
  return (<i32>load<i16>(row - 2 * distance) + <i32>load<i16>(row + 2 * distance)) >> 1;
}

/** Fill in the contexts that earlier frames and the other channel give, as magnitudes still. */
function gather(first: i32, stride: i32, before: usize, earlier: usize, other: usize, mean: usize): void {
  let to = contexts;
  for (let u = first; u < size; u += stride) {
    const at = 2 * (PAD + u);
    store<i16>(to, load<i16>(before + at));
    store<i16>(to, load<i16>(before + at - 2), 2);
    store<i16>(to, load<i16>(before + at + 2), 4);
    store<i16>(to, <i16>half(before + at, 2), 6);
    store<i16>(to, <i16>half(before + at, 3), 8);
    store<i16>(to, load<i16>(mean + at), 10);
    store<i16>(to, load<i16>(earlier + at), 12);
    store<i16>(to, <i16>half(earlier + at, 1), 14);
    store<i16>(to, load<i16>(other + at), 16);
    store<i16>(to, <i16>half(other + at, 1), 18);
    to += 2 * VARYING;
  }
}

/** Fill in the contexts that earlier passes give; nothing is there yet in the first one. */
function gatherOwn(pass: i32, first: i32, stride: i32, own: usize): void {
  if (pass == 0) return;
  const near = pass == 1 ? 2 : 1;
  const step = 2 * near;
  const coded = size / step;
  const origin = own + 2 * PAD;
  let sum: i32 = 0;
  for (let k = -3; k < 5; k++) sum += load<i16>(origin + 2 * step * min(max(k, 0), coded - 1));
  let to = contexts;
  let k = 0;
  for (let u = first; u < size; u += stride) {
    const at = origin + 2 * u;
    store<i16>(to, load<i16>(at - 2 * near), 20);
    store<i16>(to, load<i16>(at + 2 * near), 22);
    store<i16>(to, <i16>half(at, 3 * near), 24);
    if (pass == 2) store<i16>(to, <i16>half(at, 5), 26);
    store<i16>(to, <i16>(sum >> 3), 28);
    sum += <i32>load<i16>(origin + 2 * step * min(k + 5, coded - 1)) - <i32>load<i16>(origin + 2 * step * max(k - 3, 0));
    to += 2 * VARYING;
    k++;
  }
}

/** Make contexts of the magnitudes: relative to the step, from 0 to 127. */
function limit(first: i32, stride: i32): void {
  const least = i16x8.splat(0);
  const most = i16x8.splat(127);
  const known = first == 0 ? 10 : first == 2 ? 13 : 15;
  let to = contexts;
  let u = first;
  for (let band = 0; band < bands; band++) {
    const level = <i32>load<i16>(exponents + 2 * band) - MIDDLE;
    const levels = i16x8.splat(<i16>level);
    const stop = load<i32>(edges + 4 * band + 4);
    for (; u < stop; u += stride) {
      v128.store(to, i16x8.max_s(i16x8.min_s(i16x8.sub(v128.load(to), levels), most), least));
      v128.store(to, i16x8.max_s(i16x8.min_s(i16x8.sub(v128.load(to, 16), levels), most), least), 16);
      if (known < 15) {
        store<i16>(to, <i16>(NOTHING + MIDDLE), 26);
        if (known == 10) {
          store<i16>(to, <i16>(NOTHING + MIDDLE), 20);
          store<i16>(to, <i16>(NOTHING + MIDDLE), 22);
          store<i16>(to, <i16>(NOTHING + MIDDLE), 24);
          store<i16>(to, <i16>(NOTHING + MIDDLE), 28);
        }
      }
      store<i16>(to, load<i16>(pitches + 2 * u), 30);
      to += 2 * VARYING;
    }
  }
}

/** Run the network: 32 hidden units side by side in eight vectors. */
function evaluate(pass: i32, first: i32, stride: i32): void {
  let from = contexts;
  let to = rows;
  let u = first;
  const shared = passBases + 128 * pass;
  for (let band = 0; band < bands; band++) {
    const stop = load<i32>(edges + 4 * band + 4);
    const own = bandBases + 128 * band;
    for (; u < stop; u += stride) {
      let a = i32x4.add(v128.load(shared), v128.load(own));
      let b = i32x4.add(v128.load(shared, 16), v128.load(own, 16));
      let c = i32x4.add(v128.load(shared, 32), v128.load(own, 32));
      let d = i32x4.add(v128.load(shared, 48), v128.load(own, 48));
      let e = i32x4.add(v128.load(shared, 64), v128.load(own, 64));
      let f = i32x4.add(v128.load(shared, 80), v128.load(own, 80));
      let g = i32x4.add(v128.load(shared, 96), v128.load(own, 96));
      let h = i32x4.add(v128.load(shared, 112), v128.load(own, 112));
      for (let w = weights; w < weights + 1024; w += 128) {
        const both = v128.load32_splat(from);
        a = i32x4.add(a, i32x4.dot_i16x8_s(both, v128.load(w)));
        b = i32x4.add(b, i32x4.dot_i16x8_s(both, v128.load(w, 16)));
        c = i32x4.add(c, i32x4.dot_i16x8_s(both, v128.load(w, 32)));
        d = i32x4.add(d, i32x4.dot_i16x8_s(both, v128.load(w, 48)));
        e = i32x4.add(e, i32x4.dot_i16x8_s(both, v128.load(w, 64)));
        f = i32x4.add(f, i32x4.dot_i16x8_s(both, v128.load(w, 80)));
        g = i32x4.add(g, i32x4.dot_i16x8_s(both, v128.load(w, 96)));
        h = i32x4.add(h, i32x4.dot_i16x8_s(both, v128.load(w, 112)));
        from += 4;
      }
      let sum = activated(a, b, output);
      sum = i32x4.add(sum, activated(c, d, output + 16));
      sum = i32x4.add(sum, activated(e, f, output + 32));
      sum = i32x4.add(sum, activated(g, h, output + 48));
      const total = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
      store<u8>(to, <u8>min(max(((total + outputBias) >> 9) + 32, 0), 63));
      to++;
    }
  }
}

/** Return the products of eight hidden units with their weights, added by twos. */
function activated(one: v128, other: v128, by: usize): v128 {
  const both = i16x8.narrow_i32x4_s(i32x4.shr_s(one, 6), i32x4.shr_s(other, 6));
  const units = i16x8.max_s(i16x8.min_s(both, i16x8.splat(127)), i16x8.splat(0));
  return i32x4.dot_i16x8_s(units, v128.load(by));
}
