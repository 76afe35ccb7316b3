import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loudnessOf, matchOf, measureMatch } from "./loudness";

const sine = (hertz: number, amplitude: number, seconds: number, rate: number) =>
  Float32Array.from(
    { length: Math.round(seconds * rate) },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / rate),
  );

describe("loudness", () => {
  it.each([8000, 16000, 22050, 44100, 48000, 96000])(
    "of the sine of the standard is the same at %i Hz",
    (rate) => {
      // BS.1770: 997 Hz of full scale in one channel has -3.01 LKFS
      const { level, by } = loudnessOf([[sine(997, 1, 2, rate)]], rate);
      expect(by).toBe("loudness");
      expect(Math.abs(level + 3.01)).toBeLessThan(0.05);
    },
  );

  it("gates silence", () => {
    const rate = 16000;
    const speech = sine(997, 0.1, 2, rate);
    const padded = new Float32Array(10 * rate);
    padded.set(speech, 3 * rate);
    const [alone, within] = [[speech], [padded]].map((pieces) => loudnessOf([pieces], rate).level);
    // 17 blocks are full; at each border three more hold a quarter, a half and three quarters of one
    expect(within - alone).toBeCloseTo(10 * Math.log10((17 + 3) / 23), 2);
  });

  it("is the mean power of what is short, silent or of a very low rate", () => {
    expect(loudnessOf([[sine(997, 1, 0.3, 16000)]], 16000)).toMatchObject({
      by: "rms",
      level: expect.closeTo(-3.01, 1) as number,
    });
    expect(loudnessOf([[new Float32Array(16000)]], 16000)).toEqual({ level: -Infinity, by: "rms" });
    expect(loudnessOf([[sine(100, 1, 2, 3000)]], 3000).by).toBe("rms");
    expect(loudnessOf([[new Float32Array(0)]], 16000).level).toBe(-Infinity);
  });
});

describe("matching", () => {
  it("attenuates the louder one and nothing else", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -60, max: 0, noNaN: true }),
        fc.double({ min: -60, max: 0, noNaN: true }),
        (a, b) => {
          const match = matchOf({ level: a, by: "loudness" }, { level: b, by: "loudness" });
          expect(Math.max(match.a, match.b)).toBe(0);
          expect(a + match.a).toBeCloseTo(b + match.b, 9);
        },
      ),
    );
  });

  it("leaves everything as it is where one is silent", () => {
    expect(matchOf({ level: -Infinity, by: "rms" }, { level: -20, by: "rms" })).toMatchObject({ a: 0, b: 0 });
    expect(matchOf({ level: -Infinity, by: "rms" }, { level: -Infinity, by: "rms" })).toMatchObject({
      a: 0,
      b: 0,
    });
  });

  it("measures both in the same way", () => {
    const rate = 16000;
    const quiet = sine(997, 1e-5, 1, rate); // under the absolute gate
    expect(measureMatch([[sine(997, 0.5, 1, rate)]], [[quiet]], rate).by).toBe("rms");
    const half = measureMatch([[sine(440, 0.5, 1, rate)]], [[sine(440, 0.25, 1, rate)]], rate);
    expect(half.a).toBeCloseTo(-6.0206, 3);
    expect(half.b).toBe(0);
  });
});
