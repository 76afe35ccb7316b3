import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  following,
  LEAST_SECONDS,
  panned,
  pinched,
  shareOf,
  span,
  timeAt,
  whole,
  zoomed,
  type View,
} from "./zoom";

const total = fc.double({ min: 0.02, max: 5000, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

function viewOf(length: number, from: number, part: number): View {
  const seen = Math.max(LEAST_SECONDS, length * part);
  return panned({ start: 0, end: Math.min(seen, length) }, from * length, length);
}

function isValid(view: View, length: number): void {
  expect(view.start).toBeGreaterThanOrEqual(0);
  expect(view.end).toBeLessThanOrEqual(length);
  expect(span(view)).toBeGreaterThanOrEqual(Math.min(LEAST_SECONDS, length) * (1 - 1e-6));
}

describe("a view", () => {
  it("stays within the sound, whatever is done to it", () => {
    fc.assert(
      fc.property(
        total,
        share,
        share,
        fc.double({ min: 1e-4, max: 1e4, noNaN: true }),
        share,
        (length, from, part, factor, at) => {
          const view = viewOf(length, from, part);
          isValid(zoomed(view, factor, timeAt(view, at), length), length);
          isValid(panned(view, (at - 0.5) * factor, length), length);
          isValid(following(view, at * length, length), length);
        },
      ),
    );
  });

  it("keeps what is under the pointer there while zooming in", () => {
    fc.assert(
      fc.property(share, fc.double({ min: 0.05, max: 1, noNaN: true }), (at, factor) => {
        const view = zoomed(whole(100), factor, 100 * at, 100);
        expect(shareOf(view, 100 * at)).toBeCloseTo(at, 9);
      }),
    );
  });

  it("comes back from zooming in and out in the middle", () => {
    const view = { start: 40, end: 60 };
    const back = zoomed(zoomed(view, 0.25, 50, 100), 4, 50, 100);
    expect(back.start).toBeCloseTo(40, 9);
    expect(back.end).toBeCloseTo(60, 9);
  });

  it("keeps two times under two fingers", () => {
    const view = pinched([2, 3], [0.2, 0.8], 10)!;
    expect([shareOf(view, 2), shareOf(view, 3)]).toEqual([expect.closeTo(0.2, 9), expect.closeTo(0.8, 9)]);
    expect(pinched([2, 3], [0.5, 0.5], 10)).toBeUndefined();
    expect(pinched([3, 2], [0.8, 0.2], 10)).toEqual(view);
  });

  it("turns the page only when the cursor has left it", () => {
    const view = { start: 2, end: 4 };
    expect(following(view, 3.9, 10)).toBe(view);
    const next = following(view, 4.1, 10);
    expect(next.start).toBeCloseTo(4, 9);
    expect(span(next)).toBeCloseTo(2, 9);
  });
});
