/** A blind test: X is A or B by chance, the listener says which; how likely would that many hits be by guessing? */

export type Side = "a" | "b";

export interface Trial {
  x: Side;
  answer: Side;
}

export interface Test {
  planned: number;
  /** Whether each answer is shown at once; otherwise all of them at the end. */
  shown: boolean;
  /** What X is in the trial to come; no picture and no text depends on it. */
  x: Side;
  trials: Trial[];
  /** Ended before all planned trials were done. */
  stopped: boolean;
}

/** Return A or B, each with probability one half, by the browser's cryptographic source. */
export function drawSide(): Side {
  return crypto.getRandomValues(new Uint8Array(1))[0] & 1 ? "a" : "b";
}

export function newTest(planned: number, shown: boolean, draw: () => Side = drawSide): Test {
  return { planned, shown, x: draw(), trials: [], stopped: false };
}

export function isOver(test: Test): boolean {
  return test.stopped || test.trials.length >= test.planned;
}

/** Return the test after one more answer; there is no way back. */
export function answered(test: Test, answer: Side, draw: () => Side = drawSide): Test {
  if (isOver(test)) return test;
  return { ...test, trials: [...test.trials, { x: test.x, answer }], x: draw() };
}

export function hitsOf(test: Test): number {
  return test.trials.filter(({ x, answer }) => x === answer).length;
}

/** Return the probability of at least `hits` of `trials` by guessing: the exact binomial tail at one half. */
export function guessingProbability(hits: number, trials: number): number {
  let ways = 1n;
  let tail = 0n;
  for (let k = 0; k <= trials; k++) {
    if (k >= hits) tail += ways;
    ways = (ways * BigInt(trials - k)) / BigInt(k + 1);
  }
  // 64 bits more than the quotient needs, so that rounding happens once, in the conversion.
  const extra = BigInt(Math.max(0, 64 + trials));
  return Number((tail << extra) >> BigInt(trials)) / 2 ** Number(extra);
}

/** Return a probability as people write it. */
export function probabilityText(p: number): string {
  if (p < 0.0001) return "p < 0.0001";
  return `p = ${p >= 0.1 ? p.toFixed(2) : p.toPrecision(2)}`;
}

/** Return what the hits say, in one sentence. */
export function verdictOf(hits: number, trials: number): string {
  const p = guessingProbability(hits, trials);
  if (trials < 5) return "Too few trials to say anything.";
  if (p <= 0.05) return "Guessing would rarely do as well: you most likely heard a difference.";
  return "Guessing does as well often enough: this does not show that you heard a difference.";
}

/** What the text of a result tells beside the hits. */
export interface Setting {
  a: string;
  b: string;
  levels: string;
  date: string;
}

/** Return the result as text to be passed on. */
export function resultText(test: Test, setting: Setting): string {
  const [hits, trials] = [hitsOf(test), test.trials.length];
  return [
    `ABX test of ${setting.date}: ${hits} of ${trials} right, ${probabilityText(guessingProbability(hits, trials))}`,
    `(exact binomial, one-sided${test.stopped ? `; stopped after ${trials} of ${test.planned} planned trials` : ""};`,
    `answers ${test.shown ? "shown after each trial" : "hidden until the end"})`,
    `A: ${setting.a}`,
    `B: ${setting.b}`,
    setting.levels,
    `Trials (X/answer): ${test.trials.map(({ x, answer }) => `${x}/${answer}`.toUpperCase()).join(" ")}`,
  ].join("\n");
}
