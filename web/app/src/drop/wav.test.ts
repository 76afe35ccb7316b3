import { expect, test } from "vitest";
import { wavOf } from "./wav";

test("samples become a WAV of 16 bits, what is too loud is clipped", async () => {
  const blob = wavOf([new Float32Array([0, 0.5]), new Float32Array([-1, 2, -3])], 48_000);
  const view = new DataView(await blob.arrayBuffer());
  const text = (at: number) => String.fromCharCode(...new Uint8Array(view.buffer, at, 4));
  expect([text(0), text(8), text(12), text(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
  expect(view.byteLength).toBe(44 + 10);
  expect(view.getUint32(4, true)).toBe(36 + 10);
  expect(view.getUint32(24, true)).toBe(48_000);
  expect(view.getUint32(28, true)).toBe(96_000);
  expect(view.getUint16(34, true)).toBe(16);
  expect(view.getUint32(40, true)).toBe(10);
  const samples = [0, 1, 2, 3, 4].map((at) => view.getInt16(44 + 2 * at, true));
  expect(samples).toEqual([0, 16_384, -32_768, 32_767, -32_768]);
});
