import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decibelText, frequencyText, frequencyTicks, heightOf, hertzAt, timeText, timeTicks } from "./axis";

describe("axes", () => {
  it.each(["mel", "linear"] as const)("heights and frequencies are inverse (%s)", (scale) => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 500, max: 96000 }),
        (height, top) => {
          expect(heightOf(hertzAt(height, top, scale), top, scale)).toBeCloseTo(height, 9);
        },
      ),
    );
  });

  it("is Slaney's mel scale", () => {
    expect(heightOf(1000, 6400, "mel")).toBeCloseTo(15 / 42, 12); // 1 kHz are 15 mel, 6.4 kHz are 42
  });

  it("has round times, few enough and all within what is seen", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 600, noNaN: true }),
        fc.double({ min: 0.005, max: 3600, noNaN: true }),
        (start, length) => {
          const ticks = timeTicks({ start, end: start + length }, 10);
          expect(ticks.length).toBeLessThanOrEqual(11);
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(start - 1e-6);
            expect(tick).toBeLessThanOrEqual(start + length + 1e-6);
          }
        },
      ),
    );
    expect(timeTicks({ start: 0.9, end: 4.2 }, 5)).toEqual([1, 2, 3, 4]);
  });

  it("has frequencies that people know, far enough from each other", () => {
    expect(frequencyTicks(8000, "mel", 0.14)).toEqual([500, 1000, 2000, 4000]);
    expect(frequencyTicks(8000, "linear", 0.2)).toContain(4000);
    for (const top of [1500, 4000, 11025, 22050, 96000])
      expect(frequencyTicks(top, "mel", 0.14).length).toBeGreaterThan(1);
  });

  it("writes times, frequencies and levels as people do", () => {
    expect([
      timeText(0),
      timeText(62.5, 0.1),
      timeText(59.96, 0.1),
      timeText(59.96, 1),
      timeText(600, 60),
    ]).toEqual(["0:00.000", "1:02.5", "1:00.0", "1:00", "10:00"]);
    expect([440, 1690, 12345, 16000].map(frequencyText)).toEqual([
      "440 Hz",
      "1.69 kHz",
      "12.3 kHz",
      "16 kHz",
    ]);
    expect([decibelText(-3.04, 1), decibelText(-0.04, 1), decibelText(6), decibelText(-Infinity)]).toEqual([
      "−3.0 dB",
      "0.0 dB",
      "6 dB",
      "silence",
    ]);
  });
});
