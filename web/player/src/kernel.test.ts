import fc from "fast-check";
import { expect, test } from "vitest";
import { compileKernel, kernelFile } from "../kernel.build";
import { PROFILES } from "./profiles";
import { KernelRows, rowFinder } from "./kernel";
import { type Layout, layoutOf } from "./layout";
import { loadModel } from "./models";
import { PlainRows } from "./plain";
import { ABSENT, PASSES, type RowFinder } from "./space";

test("the kernel is what its source gives", { timeout: 60_000 }, async () => {
  await expect(kernelFile(await compileKernel())).toMatchFileSnapshot("./kernel.wasm.ts");
});

interface Case {
  readonly layout: Layout;
  readonly frame: number;
  readonly channel: number;
  readonly seed: number;
}

/** Fill a space with anything that contexts could be made of, and return the rows of all passes. */
function rowsOf(finder: RowFinder, { layout, frame, channel, seed }: Case): number[] {
  let state = seed;
  const random = (least: number, most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return least + ((state >>> 8) % (most - least + 1));
  };
  const { space } = finder;
  space.clear(layout.channels);
  const around = space.surroundings(frame, channel);
  for (const place of [around.own, around.before, around.earlier, around.other]) {
    const row = space.row(place);
    for (let k = 8; k < row.length - 8; k++) row[k] = random(0, 9) ? random(-300, 1800) : ABSENT;
  }
  for (let k = 0; k < layout.bands; k++) space.exponents[k] = random(-256, 1785);
  for (let k = 0; k < space.facts.length; k++) space.facts[k] = k % 6 === 5 ? 0 : random(0, 127);
  for (let k = 0; k < space.passBases.length; k++) space.passBases[k] = random(-300000, 300000);
  finder.sumBands();
  finder.average(around);
  const strides = [4, 4, 2];
  return [...Array(PASSES).keys()].flatMap((pass) => {
    finder.findRows(pass, around);
    return [...space.rows.subarray(0, layout.frameSize / strides[pass])];
  });
}

test("the kernel and plain loops find the same rows, whatever the numbers", async () => {
  const model = await loadModel("music");
  const seen = new Set<number>();
  const cases = fc.record({
    frameSize: fc.constantFrom(32, 96, 320, 1024),
    rate: fc.constantFrom(8000, 44100, 11127),
    frame: fc.nat(5),
    channel: fc.nat(1),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ frameSize, rate, frame, channel, seed }) => {
      const fields = { frames: 6, channels: 2, sine: false, sampleCount: 1, hop: 1, count: 1, parameters: 1 };
      const layout = layoutOf({ frameSize, rate, profile: PROFILES[2], ...fields });
      const kernel = rowFinder(layout, model.coefficients, true);
      expect(kernel).toBeInstanceOf(KernelRows);
      const plain = new PlainRows(layout, model.coefficients);
      const rows = rowsOf(kernel, { layout, frame, channel, seed });
      expect(rows).toEqual(rowsOf(plain, { layout, frame, channel, seed }));
      rows.forEach((row) => seen.add(row));
    }),
    { numRuns: 60 },
  );
  expect(seen.size).toBeGreaterThan(30);
});

test("plain loops are taken where SIMD is not wanted", async () => {
  const fields = { frames: 1, channels: 1, sine: false, sampleCount: 1, hop: 1, count: 1, parameters: 1 };
  const layout = layoutOf({ frameSize: 32, rate: 8000, profile: PROFILES[0], ...fields });
  expect(rowFinder(layout, (await loadModel("waveform")).coefficients, false)).toBeInstanceOf(PlainRows);
});
