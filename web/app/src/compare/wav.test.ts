import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSamples, readWavFormat, WavError, type Encoding } from "./wav";

interface Made {
  encoding: Encoding;
  channels: number;
  rate: number;
  frames: number;
  /** Bytes of a chunk between format and samples. */
  between?: number;
  long?: boolean;
  extensible?: boolean;
}

const CODES: Record<Encoding, [code: number, bits: number]> = {
  pcm16: [1, 16],
  pcm24: [1, 24],
  float32: [3, 32],
};

function chunk(name: string, body: Uint8Array, size = body.length): number[] {
  const header = new DataView(new ArrayBuffer(8));
  [...name].forEach((letter, i) => header.setUint8(i, letter.charCodeAt(0)));
  header.setUint32(4, size, true);
  return [...new Uint8Array(header.buffer), ...body, ...(body.length & 1 ? [0] : [])];
}

/** A WAV file whose sample i (counted over channels) has the value i modulo 200, minus 100, in units of its encoding. */
function made({
  encoding,
  channels,
  rate,
  frames,
  between = 0,
  long = false,
  extensible = false,
}: Made): Uint8Array {
  const [code, bits] = CODES[encoding];
  const format = new DataView(new ArrayBuffer(extensible ? 40 : 16));
  format.setUint16(0, extensible ? 0xfffe : code, true);
  format.setUint16(2, channels, true);
  format.setUint32(4, rate, true);
  format.setUint16(14, bits, true);
  if (extensible) format.setUint16(24, code, true);
  const data = new DataView(new ArrayBuffer((frames * channels * bits) / 8));
  for (let i = 0; i < frames * channels; i++) {
    const value = (i % 200) - 100;
    if (encoding === "pcm16") data.setInt16(2 * i, value, true);
    else if (encoding === "float32") data.setFloat32(4 * i, value / 128, true);
    else [0, 8, 16].forEach((shift, k) => data.setUint8(3 * i + k, (value >> shift) & 255));
  }
  const sizes = new DataView(new ArrayBuffer(28));
  sizes.setBigUint64(8, BigInt(data.byteLength), true);
  const body = [
    ...(long ? chunk("ds64", new Uint8Array(sizes.buffer)) : []),
    ...chunk("fmt ", new Uint8Array(format.buffer)),
    ...(between ? chunk("LIST", new Uint8Array(between)) : []),
    ...chunk("data", new Uint8Array(data.buffer), long ? 0xffffffff : data.byteLength),
  ];
  return Uint8Array.from([
    ...chunk(long ? "RF64" : "RIFF", new Uint8Array(0), body.length + 4),
    ...[..."WAVE"].map((l) => l.charCodeAt(0)),
    ...body,
  ]);
}

const reader = (bytes: Uint8Array) => async (start: number, stop: number) => bytes.subarray(start, stop);
const UNITS: Record<Encoding, number> = { pcm16: 32768, pcm24: 8388608, float32: 128 };

const shapes = fc.record({
  encoding: fc.constantFrom<Encoding>("pcm16", "pcm24", "float32"),
  channels: fc.integer({ min: 1, max: 5 }),
  rate: fc.constantFrom(8000, 16000, 44100, 192000),
  frames: fc.integer({ min: 1, max: 300 }),
  between: fc.constantFrom(0, 7, 5000),
  long: fc.boolean(),
  extensible: fc.boolean(),
});

describe("WAV files", () => {
  it("are read from any frame to any other", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(), fc.nat(), async (shape, one, other) => {
        const bytes = made(shape);
        const format = await readWavFormat(reader(bytes), bytes.length);
        expect(format).toMatchObject({
          rate: shape.rate,
          channels: shape.channels,
          frames: shape.frames,
          encoding: shape.encoding,
        });
        const [start, stop] = [one % (shape.frames + 1), other % (shape.frames + 1)].sort((a, b) => a - b);
        const part = bytes.slice(
          format.dataStart + start * format.frameBytes,
          format.dataStart + stop * format.frameBytes,
        );
        const read = decodeSamples(part, format);
        expect(read.length).toBe(shape.channels);
        read.forEach((samples, channel) => {
          expect(samples.length).toBe(stop - start);
          samples.forEach((value, i) => {
            const index = (start + i) * shape.channels + channel;
            expect(value).toBe(((index % 200) - 100) / UNITS[shape.encoding]);
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it("end with the file where the size of the samples is not known", async () => {
    const bytes = made({ encoding: "pcm16", channels: 1, rate: 8000, frames: 10 });
    new DataView(bytes.buffer).setUint32(40, 0xffffffff, true);
    expect((await readWavFormat(reader(bytes), bytes.length)).frames).toBe(10);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["another kind of file", (bytes) => bytes.fill(65, 0, 4)],
    ["samples that are not there", (bytes) => bytes.slice(0, -4)],
    ["8 bits", (bytes) => bytes.fill(8, 34, 35)],
    ["no channels", (bytes) => bytes.fill(0, 22, 24)],
    ["no format before the samples", (bytes) => bytes.fill(65, 12, 16)],
    ["an end within its header", (bytes) => bytes.slice(0, 20)],
    ["nothing", () => new Uint8Array(0)],
  ])("with %s are refused", async (_, damage) => {
    const bytes = damage(made({ encoding: "pcm16", channels: 1, rate: 8000, frames: 10 }));
    await expect(readWavFormat(reader(bytes), bytes.length)).rejects.toThrow(WavError);
  });

  it("either open or are refused as such, whatever is in them", async () => {
    const whole = made({ encoding: "pcm24", channels: 2, rate: 44100, frames: 20, between: 7 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
        async (changes) => {
          const bytes = whole.slice();
          for (const [at, value] of changes) bytes[at] = value;
          const format = await readWavFormat(reader(bytes), bytes.length).catch((error: unknown) => {
            expect(error).toBeInstanceOf(WavError);
          });
          if (format)
            expect(format.dataStart + format.frames * format.frameBytes).toBeLessThanOrEqual(bytes.length);
        },
      ),
    );
  });
});
