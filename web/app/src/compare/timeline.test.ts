import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  frameAfter,
  frameAt,
  LONGEST_BUFFER_SECONDS,
  planFrom,
  type Scheduled,
  type Stretch,
} from "./timeline";

const RATE = 100;

/** Play through plans as the player does, and return every frame that sounds until `count` are heard. */
function heard(from: number, total: number, count: number, loop?: Stretch): number[] {
  const frames: number[] = [];
  let plan = planFrom(from, total, RATE, loop);
  while (plan && frames.length < count) {
    const piece: Scheduled = { when: 0, frame: plan.frame, frames: plan.frames, loop: plan.loop };
    const length = Math.min(plan.frames, count - frames.length);
    for (let i = 0; i < length; i++) frames.push(frameAt([piece], i / RATE, RATE));
    const next = frameAfter(piece, total, loop);
    plan = next === undefined ? undefined : planFrom(next, total, RATE, loop);
  }
  return frames;
}

const range = (start: number, stop: number) => Array.from({ length: stop - start }, (_, i) => start + i);

describe("the timeline", () => {
  it("goes through a long sound window by window without a gap", () => {
    expect(heard(150, 9000, 99999)).toEqual(range(150, 9000));
  });

  it("repeats a stretch exactly, however short or long", () => {
    fc.assert(
      fc.property(fc.nat(20000), fc.integer({ min: 1, max: 20000 }), fc.nat(40000), (start, length, from) => {
        const loop = { start, end: start + length };
        const frames = heard(from, 40001, 3000, loop);
        const begin = from >= start && from < loop.end ? from : start;
        expect(frames).toEqual(frames.map((_, i) => start + ((begin - start + i) % length)));
      }),
      { numRuns: 50 },
    );
  });

  it("never loads more than a buffer may hold", () => {
    fc.assert(
      fc.property(
        fc.nat(10 ** 6),
        fc.nat(10 ** 6),
        fc.integer({ min: 1, max: 10 ** 6 }),
        (frame, start, length) => {
          const loop = { start, end: start + length };
          const { load, frame: first, frames } = planFrom(frame, 2 * 10 ** 6, RATE, loop)!;
          expect(load.end - load.start).toBeLessThanOrEqual(LONGEST_BUFFER_SECONDS * RATE);
          expect(first).toBeGreaterThanOrEqual(load.start);
          if (frames !== Infinity) expect(first + frames).toBe(load.end);
        },
      ),
    );
  });

  it("has nothing to play at the end, and stays there", () => {
    expect(planFrom(500, 500, RATE)).toBeUndefined();
    expect(frameAt([{ when: 1, frame: 10, frames: 20 }], 99, RATE)).toBe(30);
    expect(frameAt([{ when: 1, frame: 10, frames: 20 }], 0, RATE)).toBe(10);
  });
});
