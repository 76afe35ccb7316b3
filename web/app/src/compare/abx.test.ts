import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answered,
  drawSide,
  guessingProbability,
  hitsOf,
  isOver,
  newTest,
  probabilityText,
  resultText,
  type Side,
} from "./abx";

describe("guessingProbability", () => {
  it.each([
    [0, 10, 1],
    [10, 10, 1 / 1024],
    [9, 10, 11 / 1024],
    [8, 10, 56 / 1024],
    [5, 10, 638 / 1024],
    [12, 16, 2517 / 65536],
    [0, 0, 1],
    [25, 25, 2 ** -25],
  ])("of %i hits in %i trials is exact", (hits, trials, expected) => {
    expect(guessingProbability(hits, trials)).toBe(expected);
  });

  it("falls with every hit, and halves add up to one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (trials, given) => {
        const hits = given % trials;
        const [more, less] = [guessingProbability(hits + 1, trials), guessingProbability(hits, trials)];
        expect(more).toBeLessThanOrEqual(less);
        // P(at least k) + P(at least n - k + 1) = 1 by symmetry
        expect(less + guessingProbability(trials - hits + 1, trials)).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe("a test", () => {
  const sides = fc.array(fc.constantFrom<Side>("a", "b"), { minLength: 1, maxLength: 40 });

  it("counts hits, ends by itself and takes no further answers", () => {
    fc.assert(
      fc.property(sides, sides, (drawn, answers) => {
        let next = 0;
        const draw = () => drawn[next++ % drawn.length];
        let test = newTest(5, false, draw);
        for (const answer of answers) test = answered(test, answer, draw);
        expect(test.trials.length).toBe(Math.min(5, answers.length));
        expect(isOver(test)).toBe(answers.length >= 5);
        const right = answers.slice(0, 5).filter((answer, i) => answer === drawn[i % drawn.length]).length;
        expect(hitsOf(test)).toBe(right);
      }),
    );
  });

  it("draws X anew for each trial, A and B alike often", () => {
    const count = Array.from({ length: 4000 }, drawSide).filter((side) => side === "a").length;
    expect(Math.abs(count - 2000)).toBeLessThan(6 * Math.sqrt(1000)); // six standard deviations
  });

  it("says in its text what is needed to judge it", () => {
    let test = newTest(10, false, () => "a");
    for (const answer of ["a", "a", "b", "a", "a", "a"] as const) test = answered(test, answer, () => "a");
    const text = resultText(
      { ...test, stopped: true },
      { a: "memo", b: "12 kbit/s", levels: "Equally loud", date: "2026-11-22" },
    );
    expect(text).toContain("5 of 6 right, p = 0.11");
    expect(text).toContain("stopped after 6 of 10");
    expect(text).toContain("A/A A/A A/B A/A A/A A/A");
    expect(text).toContain("hidden until the end");
  });
});

it("writes probabilities with two digits that count", () => {
  expect([0.623, 0.0107, 0.00098, 1e-7].map(probabilityText)).toEqual([
    "p = 0.62",
    "p = 0.011",
    "p = 0.00098",
    "p < 0.0001",
  ]);
});
