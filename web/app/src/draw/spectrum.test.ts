import { describe, expect, it } from "vitest";
import { overviewGrid, levelAt, paintGrid, type Grid } from "./grid";
import { parseOverview } from "./overview";
import { largest, overviewPeaks, peaksIn, peaksOf } from "./peaks";
import { addPowers, errorOf, FFT_SIZE, levelsOf, type PictureOf } from "./spectrum";

const RATE = 16000;
const sine = (hertz: number, amplitude: number, frames: number) =>
  Float32Array.from({ length: frames }, (_, i) => amplitude * Math.cos((2 * Math.PI * hertz * i) / RATE));

const picture = (change: Partial<PictureOf> = {}): PictureOf => ({
  // a row for each bin
  ...{ rate: RATE, columns: 20, rows: 512, first: 0, last: RATE, topHertz: RATE / 2 },
  ...{ scale: "linear", lowDecibels: -100, highDecibels: 0 },
  ...change,
});

/** An overview file of two columns and three bands. */
function overviewFile(): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(28 + 4 + 6));
  [..."LGOV"].forEach((letter, i) => view.setUint8(i, letter.charCodeAt(0)));
  [2, 3].forEach((value, i) => view.setUint32(4 + 4 * i, value, true));
  [10, 8000, -100, 0].forEach((value, i) => view.setFloat32(12 + 4 * i, value, true));
  [-64, 127, -127, 0].forEach((value, i) => view.setInt8(28 + i, value));
  [0, 128, 255, 51, 102, 153].forEach((value, i) => view.setUint8(32 + i, value));
  return view.buffer as ArrayBuffer;
}

describe("spectra", () => {
  it("are those of the definition", () => {
    const samples = Float32Array.from({ length: FFT_SIZE }, () => Math.random() - 0.5);
    const powers = new Float64Array(FFT_SIZE / 2 + 1);
    addPowers(samples, FFT_SIZE / 2, powers);
    for (const bin of [0, 1, 17, 200, 512]) {
      let [re, im] = [0, 0];
      samples.forEach((value, i) => {
        const windowed = value * (1 - Math.cos((2 * Math.PI * i) / FFT_SIZE)) * (2 / FFT_SIZE);
        re += windowed * Math.cos((2 * Math.PI * bin * i) / FFT_SIZE);
        im -= windowed * Math.sin((2 * Math.PI * bin * i) / FFT_SIZE);
      });
      expect(powers[bin]).toBeCloseTo(re * re + im * im, 12);
    }
  });

  it.each([1, 0.1, 0.001])("show a sine of amplitude %d at its frequency with its level", (amplitude) => {
    const grid: Grid = {
      ...picture(),
      view: { start: 0, end: 1 },
      margin: 0,
      levels: levelsOf([sine(2000, amplitude, RATE)], picture()),
    };
    expect(levelAt(grid, 0.5, 2000)).toBeCloseTo(20 * Math.log10(amplitude), 0);
    expect(levelAt(grid, 0.5, 5000)).toBe(-100);
  });

  it("show the difference, sample by sample", () => {
    const [tone, added] = [sine(2000, 0.5, RATE), sine(3000, 0.01, RATE)];
    const levels = levelsOf(errorOf([tone], [tone.map((value, i) => value + added[i])]), picture());
    const grid: Grid = { ...picture(), view: { start: 0, end: 1 }, margin: 0, levels };
    expect(levelAt(grid, 0.5, 2000)).toBe(-100);
    expect(levelAt(grid, 0.5, 3000)).toBeCloseTo(-40, 0);
  });

  it("do not care for what is outside of the samples", () => {
    const levels = levelsOf([sine(2000, 1, 100)], picture({ columns: 3, first: -5000, last: 5000 }));
    expect(levels.length).toBe(3 * 512);
    expect(levels.slice(0, 512).every((level) => level === 0)).toBe(true);
  });
});

describe("peaks", () => {
  it("hold every sample", () => {
    const samples = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i * i));
    const peaks = peaksOf(
      [samples, samples.map((x) => -2 * x)],
      { first: 0, last: 1000, view: { start: 0, end: 1 } },
      37,
    );
    samples.forEach((value, i) => {
      const column = Math.floor((i * 37) / 1000);
      expect(peaks.high[column]).toBeGreaterThanOrEqual(Math.max(value, -2 * value) - 1e-6);
      expect(peaks.low[column]).toBeLessThanOrEqual(Math.min(value, -2 * value) + 1e-6);
    });
  });

  it("lie on lines between samples when there are more columns", () => {
    const peaks = peaksOf([Float32Array.of(0, 1)], { first: 0, last: 1, view: { start: 0, end: 1 } }, 10);
    expect(peaks.low[5]).toBeCloseTo(0.5, 6);
    expect(peaks.high[5]).toBeCloseTo(0.6, 6);
  });

  it("come from the newest layer that covers a column, else from the one below", () => {
    const below = {
      view: { start: 0, end: 4 },
      low: Float32Array.of(-1, -2, -3, -4),
      high: Float32Array.of(1, 2, 3, 4),
    };
    const above = { view: { start: 1, end: 2 }, low: Float32Array.of(-9), high: Float32Array.of(9) };
    expect([...peaksIn([below, above], { start: 0, end: 4 }, 4).high]).toEqual([1, 9, 3, 4]);
    expect([...peaksIn([above], { start: 0, end: 4 }, 4).high]).toEqual([NaN, 9, NaN, NaN]);
    expect([...peaksIn([below], { start: 0, end: 4 }, 2).low]).toEqual([-2, -4]);
  });
});

describe("the overview file", () => {
  it("gives peaks, levels and their places", () => {
    const overview = parseOverview(overviewFile());
    expect(overview).toMatchObject({
      columns: 2,
      bands: 3,
      seconds: 10,
      topHertz: 8000,
      lowDecibels: -100,
      highDecibels: 0,
    });
    expect(largest(overviewPeaks(overview))).toBe(1);
    const grid = overviewGrid(overview);
    expect([100, 7900].map((hertz) => levelAt(grid, 7, hertz))).toEqual([
      expect.closeTo(-80, 3),
      expect.closeTo(-40, 3),
    ]);
    expect(levelAt(grid, 11, 100)).toBeUndefined();
  });

  it.each<[string, (bytes: ArrayBuffer) => ArrayBuffer]>([
    ["cut short", (bytes) => bytes.slice(0, -1)],
    ["empty", () => new ArrayBuffer(0)],
    ["of another kind", (bytes) => (new Uint8Array(bytes).fill(1, 0, 1), bytes)],
    ["with more columns than bytes", (bytes) => (new DataView(bytes).setUint32(4, 2 ** 31, true), bytes)],
    ["without a length", (bytes) => (new DataView(bytes).setFloat32(12, NaN, true), bytes)],
  ])("that is %s is refused", (_, damage) =>
    expect(() => parseOverview(damage(overviewFile()))).toThrow("not a valid overview"),
  );

  it("is painted where it has something to say, and nothing else is touched", () => {
    const grid = { ...overviewGrid(parseOverview(overviewFile())), view: { start: 5, end: 10 } };
    const colours = Uint32Array.from({ length: 256 }, (_, i) => i + 1);
    const pixels = new Uint32Array(40);
    paintGrid(
      grid,
      { view: { start: 0, end: 10 }, topHertz: 16000, scale: "mel", width: 8, height: 5 },
      colours,
      pixels,
    );
    expect([...pixels.slice(32, 40)].map((value) => value > 0)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(pixels[4]).toBe(1); // above the top of the grid is silence
    expect([...pixels.slice(36, 40)]).toEqual([1, 1, 52, 52]); // lowest band of both columns
  });
});
