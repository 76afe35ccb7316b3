import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FormatError } from "./errors";
import { Stream } from "./stream";

/** Where tests/web/test_player_decoder.py has put streams, and what Python's decoder makes of them. */
const FOLDER = process.env.LIGEIA_COMPARED;

interface Case {
  readonly name: string;
  /** As hexadecimal. */
  readonly stream: string;
  readonly refused: boolean;
}

/** Return the first samples of a stream, one channel after another, or the error that refuses it. */
async function decoded(bytes: Uint8Array, count: number, simd: boolean): Promise<Float32Array | FormatError> {
  try {
    const stream = Stream.open(bytes, { simd });
    await stream.ready();
    const channels = stream.read(0, Math.min(stream.sampleCount, count));
    return Float32Array.from(channels.flatMap((channel) => [...channel]));
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

function rms(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function peak(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Both decoders end in 32 bits: their rounding is all that may differ. */
function compare(name: string, samples: Float32Array, wanted: Float32Array): void {
  expect(samples.length, name).toBe(wanted.length);
  const difference = samples.map((value, at) => value - wanted[at]);
  expect(rms(difference), name).toBeLessThanOrEqual(1e-6 * rms(wanted));
  expect(peak(difference), name).toBeLessThanOrEqual(2e-6 * peak(wanted));
}

test.runIf(FOLDER)("the decoder agrees with Python's", { timeout: 280_000 }, async () => {
  const cases = JSON.parse(readFileSync(`${FOLDER}/cases.json`, "utf8")) as Case[];
  for (const [number, { name, stream, refused }] of cases.entries()) {
    const bytes = Uint8Array.from(Buffer.from(stream, "hex"));
    if (refused) {
      expect(await decoded(bytes, 20_000, true), name).toBeInstanceOf(FormatError);
      continue;
    }
    const file = readFileSync(`${FOLDER}/${number}.f32`);
    const wanted = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
    for (const simd of [true, false]) {
      const samples = await decoded(bytes, Math.max(wanted.length, 20_000), simd);
      if (samples instanceof FormatError) throw new Error(`${name} is refused: ${samples.message}`);
      compare(name, samples, wanted);
    }
  }
  writeFileSync(`${FOLDER}/compared`, String(cases.length));
});
