import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Reader } from "./bytes";
import { FormatError, Unsupported } from "./errors";
import { Framing } from "./framing";
import { CODED, expected, golden, NAMES } from "./golden";
import { readHeader } from "./header";
import { layoutOf } from "./layout";
import { loadModel } from "./models";
import { PayloadReader } from "./payload";
import type { Spectra } from "./spectra";
import { Stream } from "./stream";

async function opened(name: string, simd = true): Promise<Stream> {
  const stream = Stream.open(golden(name), { simd });
  await stream.ready();
  return stream;
}

/** All blocks of a stream that are not silent. */
async function spectraOf(name: string, simd: boolean): Promise<Spectra[]> {
  const bytes = golden(name);
  const reader = new Reader(bytes);
  const header = readHeader(reader);
  const framing = new Framing(header, reader.position);
  framing.scan(bytes, true);
  const layout = layoutOf(header);
  const model = await loadModel(header.profile.name);
  const payloads = new PayloadReader(layout, model, simd);
  return [...Array(header.count).keys()]
    .map((block) => ({ block, payload: framing.payload(bytes, block) }))
    .filter(({ payload }) => payload.length)
    .map(({ block, payload }) => structuredClone(payloads.read(payload, block)));
}

function digest(spectra: Spectra[]): string {
  const hash = createHash("sha256");
  for (const part of ["switching", "scaleFactors", "coefficients"] as const) {
    for (const block of spectra) hash.update(Int32Array.from(block[part]));
  }
  return hash.digest("hex");
}

describe.each(CODED)("the golden stream %s", (name) => {
  test.each([true, false])("gives the same integers, with SIMD: %s", async (simd) => {
    const spectra = await spectraOf(name, simd);
    expect(digest(spectra)).toBe(expected(name).symbols_sha256);
    expect(spectra.map((block) => block.midSide)).toEqual(expected(name).mid_side);
  });

  test("gives the samples of the reference", async () => {
    const stream = await opened(name);
    const channels = stream.read(0, stream.sampleCount);
    const level = Math.hypot(...channels[0]) / Math.sqrt(stream.sampleCount);
    for (const [at, values] of Object.entries(expected(name).samples)) {
      values.forEach((value, channel) => {
        const error = Math.abs(channels[channel][Number(at)] - value);
        expect(error).toBeLessThan(1e-6 * (level + Math.abs(value))); // the file has seven digits
      });
    }
  });
});

const DEPENDENT = "dependent_waveform_speech";

test("a profile that only the command decodes is refused with its number", () => {
  expect(() => Stream.open(golden(DEPENDENT))).toThrow(/5 is not a known profile/);
});

test.each(NAMES.filter((name) => !CODED.includes(name) && name !== DEPENDENT))(
  "%s is refused with the name of its network",
  (name) => {
    expect(() => Stream.open(golden(name))).toThrow(Unsupported);
    expect(() => Stream.open(golden(name))).toThrow(FormatError);
  },
);
