/** Loudness by ITU-R BS.1770-4, and the gains that make two sounds equally loud. */

/** Biquad: numerator b0 b1 b2, denominator 1 a1 a2. */
type Biquad = [b0: number, b1: number, b2: number, a1: number, a2: number];

export interface Loudness {
  /** LUFS where `by` is "loudness", dBFS of the mean power where it is "rms"; -Infinity for silence. */
  level: number;
  by: "loudness" | "rms";
}

const BLOCK_SECONDS = 0.4;
const OVERLAPPING = 4;
const LEAST_RATE = 4000;

/** The standard gives its filter at 48 kHz only; these are the analogue prototypes behind it (De Man 2014). */
function kWeighting(rate: number): [Biquad, Biquad] {
  const shelf = Math.tan((Math.PI * 1681.9744509555319) / rate);
  const q = 0.7071752369554193;
  const high = 10 ** (3.99984385397 / 20);
  const band = high ** 0.499666774155;
  const norm = 1 + shelf / q + shelf * shelf;
  const pass = Math.tan((Math.PI * 38.13547087613982) / rate);
  const passQ = 0.5003270373253953;
  const passNorm = 1 + pass / passQ + pass * pass;
  return [
    [
      (high + (band * shelf) / q + shelf * shelf) / norm,
      (2 * (shelf * shelf - high)) / norm,
      (high - (band * shelf) / q + shelf * shelf) / norm,
      (2 * (shelf * shelf - 1)) / norm,
      (1 - shelf / q + shelf * shelf) / norm,
    ],
    [1, -2, 1, (2 * (pass * pass - 1)) / passNorm, (1 - pass / passQ + pass * pass) / passNorm],
  ];
}

function filtered(samples: ArrayLike<number>, [b0, b1, b2, a1, a2]: Biquad): Float64Array {
  const result = new Float64Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i];
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    result[i] = y;
  }
  return result;
}

/** Mean squares of the blocks of one piece, summed over its channels. */
function blockPowers(channels: ArrayLike<number>[], rate: number): number[] {
  const [shelf, pass] = kWeighting(rate);
  const weighted = channels.map((samples) => filtered(filtered(samples, shelf), pass));
  const seconds = channels[0].length / rate;
  const count = Math.round(((seconds - BLOCK_SECONDS) * OVERLAPPING) / BLOCK_SECONDS) + 1;
  return Array.from({ length: count }, (_, j) => {
    const start = Math.floor((BLOCK_SECONDS * j * rate) / OVERLAPPING);
    const stop = Math.floor(BLOCK_SECONDS * (j / OVERLAPPING + 1) * rate);
    const energy = weighted.reduce((sum, samples) => {
      for (let i = start; i < stop && i < samples.length; i++) sum += samples[i] * samples[i];
      return sum;
    }, 0);
    return energy / (BLOCK_SECONDS * rate);
  });
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const lufs = (power: number) => -0.691 + 10 * Math.log10(power);

/** Integrated loudness of pieces of one sound (channels of equal weight); undefined where all is under the gate. */
function integrated(pieces: ArrayLike<number>[][], rate: number): number | undefined {
  const powers = pieces
    .filter(([first]) => first.length >= BLOCK_SECONDS * rate)
    .flatMap((channels) => blockPowers(channels, rate))
    .filter((power) => lufs(power) >= -70);
  if (!powers.length) return undefined;
  const gate = lufs(mean(powers)) - 10;
  const loud = powers.filter((power) => lufs(power) > gate);
  return loud.length ? lufs(mean(loud)) : undefined;
}

function rms(pieces: ArrayLike<number>[][]): number {
  let [energy, count] = [0, 0];
  for (const samples of pieces.flat()) {
    for (let i = 0; i < samples.length; i++) energy += samples[i] * samples[i];
    count += samples.length;
  }
  return count ? 10 * Math.log10(energy / count) : -Infinity;
}

/** Return how loud pieces of one sound are together; RMS where they are too short, too quiet or too low in rate. */
export function loudnessOf(pieces: ArrayLike<number>[][], rate: number): Loudness {
  const level = rate >= LEAST_RATE ? integrated(pieces, rate) : undefined;
  return level === undefined ? { level: rms(pieces), by: "rms" } : { level, by: "loudness" };
}

export interface Match {
  /** Gains in dB, one of them 0: the louder sound is attenuated, nothing is ever amplified. */
  a: number;
  b: number;
  by: Loudness["by"];
}

/** Return the gains that make A and B equally loud; none where one of them is silent. */
export function matchOf(a: Loudness, b: Loudness): Match {
  const by = a.by === "loudness" && b.by === "loudness" ? "loudness" : "rms";
  const louder = a.level - b.level;
  if (!Number.isFinite(louder)) return { a: 0, b: 0, by };
  return { a: Math.min(0, -louder) || 0, b: Math.min(0, louder) || 0, by };
}

/** Measure both sides in the same way, and return their match. */
export function measureMatch(a: ArrayLike<number>[][], b: ArrayLike<number>[][], rate: number): Match {
  const [first, second] = [loudnessOf(a, rate), loudnessOf(b, rate)];
  if (first.by === second.by) return matchOf(first, second);
  return matchOf({ level: rms(a), by: "rms" }, { level: rms(b), by: "rms" });
}
