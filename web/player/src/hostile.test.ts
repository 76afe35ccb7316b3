import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Reader } from "./bytes";
import { crc32 } from "./crc32";
import { Damaged, EndsEarly, FormatError, OverBudget, Unsupported } from "./errors";
import { CODED, golden, resealed } from "./golden";
import { readHeader } from "./header";
import { Stream } from "./stream";

const speech = golden("coded_speech");

async function decoded(bytes: Uint8Array): Promise<Float32Array[]> {
  const stream = Stream.open(bytes);
  await stream.ready();
  return stream.read(0, stream.sampleCount);
}

function headerBytes(stream: Uint8Array): number {
  const reader = new Reader(stream);
  readHeader(reader);
  return reader.position;
}

/** LEB128. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

function sealed(...body: number[]): number[] {
  const crc = crc32(Uint8Array.from(body));
  return [...body, crc & 255, (crc >> 8) & 255, (crc >> 16) & 255, crc >>> 24];
}

interface Made {
  readonly signal?: number[];
  readonly samples?: number;
  readonly coding?: number;
  readonly fields?: number[];
}

/** The header of a stream of speech at 16 kHz in frames of 32 samples, two of them in a block; or of something else. */
function header({ signal = [0x14], samples = 100, coding = 0x8001, fields = [3, 64, 4] }: Made): number[] {
  return sealed(0x4c, 0x49, 0x47, 1, 11, ...signal, ...varint(samples), coding & 255, coding >> 8, ...fields);
}

const silence = (count: number) =>
  [...Array(count).keys()].flatMap((block) => sealed(0xb7, ...varint(block), 0));

describe("headers", () => {
  test("a stream of silence is read", async () => {
    const [samples] = await decoded(Uint8Array.from([...header({}), ...silence(2)]));
    expect(samples).toEqual(new Float32Array(100));
  });

  test.each<[string, Made, RegExp]>([
    ["frame size", { fields: [3, 66, 4] }, /frame_size 33/],
    ["frames", { fields: [3, 64, 0] }, /frames is 0/],
    ["sine", { fields: [4, 4] }, /sine is 2/],
    ["not an integer", { fields: [1, 1, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f] }, /frame_size is NaN/],
    ["unknown field", { fields: [8, 2] }, /fields that this decoder does not know: 3/],
    ["no samples", { samples: 0 }, /samples is 0/],
    ["too many blocks", { samples: 2 ** 40 }, /blocks is/],
    ["rate code", { signal: [0x1f] }, /rate code/],
    ["rate 0", { signal: [0x10, 0] }, /rate is 0/],
    ["channels", { signal: [0x04, ...varint(257)] }, /channels is 257/],
    ["parameters", { fields: [3, ...varint(2 * 65536), ...varint(2 * 64)] }, /parameters/],
    ["profile", { coding: 0x8004 }, /4 is not a known profile/],
  ])("a wrong value is refused: %s", (_, made, message) => {
    const stream = Uint8Array.from([...header(made), ...silence(2)]);
    expect(() => Stream.open(stream)).toThrow(FormatError);
    expect(() => Stream.open(stream)).toThrow(message);
  });

  test("what other programs know is named", () => {
    const model = [...[2, 0x61, 0x62], ...Array<number>(8).fill(7), 0];
    const family = Uint8Array.from(sealed(0x4c, 0x49, 0x47, 1, 11, 0x14, 100, 0x01, 0xc0, ...model));
    expect(() => Stream.open(family)).toThrow(Unsupported);
    expect(() => Stream.open(family)).toThrow(/coding 1 with the model ab/);
    const later = Uint8Array.from(sealed(0x4c, 0x49, 0x47, 1, 99, 0x14, 100, 0, 0, 0, 0, 0));
    expect(() => Stream.open(later)).toThrow(/network 99/);
    expect(() => Stream.open(golden("wire"))).toThrow(/network 6 \(WIRE\)/);
  });

  test("other versions and other files are refused", () => {
    expect(() => Stream.open(Uint8Array.from([0x4c, 0x49, 0x47, 2]))).toThrow(/version 2/);
    expect(() => Stream.open(Uint8Array.from([0x52, 0x49, 0x46, 0x46]))).toThrow(/not a .lig stream/);
    expect(() => Stream.open(new Uint8Array(0))).toThrow(EndsEarly);
  });
});

describe("sections", () => {
  const pair = (name: string, value: string) =>
    [name, value].flatMap((text) => {
      const encoded = new TextEncoder().encode(text);
      return [...varint(encoded.length), ...encoded];
    });
  const section = (type: number, payload: number[]) =>
    sealed(0x5a, ...varint(type), ...varint(payload.length), ...payload);
  const opened = (...sections: number[][]) =>
    Stream.open(Uint8Array.from([...header({}), ...sections.flat(), ...silence(2)]));

  test("tags are read, and types that are not known are skipped", () => {
    const tags = [...pair("__proto__", "x"), ...pair("artist", "Ann é"), ...pair("title", "a\tb\n\ufeffc")];
    const stream = opened(section(1, tags), section(2 ** 50 + 1, [1, 2, 3]));
    expect(Object.entries(stream.tags)).toEqual([
      ["__proto__", "x"],
      ["artist", "Ann é"],
      ["title", "a\tb\n\ufeffc"],
    ]);
  });

  test.each<[string, number[][]]>([
    ["twice the same type", [section(3, []), section(3, [])]],
    ["type 0", [section(0, [])]],
    ["wrong order of names", [section(1, [...pair("title", "a"), ...pair("artist", "b")])]],
    ["wrong name", [section(1, pair("Title", "a"))]],
    ["empty value", [section(1, pair("title", ""))]],
    ["long value", [section(1, pair("title", "x".repeat(4097)))]],
    ["control character", [section(1, pair("title", "a\u001b[31m"))]],
    ["not UTF-8", [section(1, [1, 0x61, 2, 0xff, 0xff])]],
    ["too long together", [section(2, Array<number>(65530).fill(0))]],
    ["half a pair", [section(1, [1, 0x61])]],
  ])("are refused: %s", (_, sections) => {
    expect(() => opened(...sections)).toThrow(FormatError);
  });
});

describe("damage", () => {
  test("bytes behind the last block, and blocks out of order, are refused", async () => {
    expect(() => Stream.open(Uint8Array.from([...speech, 0]))).toThrow(/1 bytes follow/);
    const [first, second] = [sealed(0xb7, 0, 0), sealed(0xb7, 1, 0)];
    await expect(decoded(Uint8Array.from([...header({}), ...second, ...first]))).rejects.toThrow(
      /block 1 stands/,
    );
  });

  test("the sound is whole before a damaged block, which says so", async () => {
    const silent = Uint8Array.from([...header({ samples: 640 }), ...silence(10)]);
    silent[silent.length - 3] ^= 1;
    const stream = Stream.open(silent);
    await stream.ready();
    expect(stream.read(0, 500)[0]).toHaveLength(500);
    expect(() => stream.read(500, 640)).toThrow(Damaged);
    expect(() => stream.read(500, 640)).toThrow(/block 9 is damaged: its checksum does not match/);
    try {
      stream.read(0, 640);
    } catch (error) {
      expect((error as Damaged).wholeSeconds).toBe(Math.floor(((9 * 64 - 5) / 16000) * 1000) / 1000);
    }
  });

  test("every single bit matters", async () => {
    for (let bit = 0; bit < 8 * speech.length; bit += 7) {
      const broken = speech.slice();
      broken[bit >> 3] ^= 1 << (bit & 7);
      await expect(decoded(broken), `bit ${bit}`).rejects.toThrow(FormatError);
    }
  });

  test.each(CODED)("%s cut short is refused, but for what comes before", async (name) => {
    const bytes = golden(name);
    for (let length = 0; length < bytes.length; length += 5) {
      await expect(decoded(bytes.subarray(0, length)), `${length} bytes`).rejects.toThrow(FormatError);
    }
  });

  test(
    "mutated streams whose checksums are right give finite samples, or are refused",
    { timeout: 60_000 },
    async () => {
      const change = fc.tuple(fc.nat(), fc.nat(255));
      const mutation = fc.record({
        name: fc.constantFrom(...CODED),
        changes: fc.array(change, { minLength: 1, maxLength: 6 }),
        cut: fc.nat(40),
      });
      const outcomes = { refused: 0, decoded: 0 };
      const run = fc.asyncProperty(mutation, async ({ name, changes, cut }) => {
        const original = golden(name);
        const bytes = original.slice(0, original.length - (cut > 30 ? cut - 30 : 0));
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        try {
          const stream = Stream.open(resealed(bytes, headerBytes(original)));
          await stream.ready();
          const part = stream.read(0, Math.min(stream.sampleCount, 2 ** 16));
          expect(part.every((channel) => channel.every(Number.isFinite))).toBe(true);
          outcomes.decoded++;
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          outcomes.refused++;
        }
      });
      await fc.assert(run, { numRuns: 400, seed: 16 });
      expect(outcomes.refused).toBeGreaterThan(100);
      expect(outcomes.decoded).toBeGreaterThan(3); // such as those whose step is another one
    },
  );
});

describe("what bytes may ask for", () => {
  test("days of silence are refused, or decoded piece by piece where they are welcome", async () => {
    const week = 7 * 24 * 3600 * 16000;
    const long = Uint8Array.from(
      header({ samples: week, fields: [3, ...varint(2 * 65536), ...varint(2 * 31)] }),
    );
    expect(() => Stream.open(long)).toThrow(OverBudget);
    const stream = Stream.open(long, { maxSeconds: 1e6 });
    await stream.ready();
    expect(() => stream.read(0, week)).toThrow(OverBudget);
    expect(() => stream.read(0, 16000)).toThrow(Damaged); // there are no blocks
    expect(() => Stream.open(speech, { maxSeconds: 0.001 })).toThrow(/0.001 s are allowed/);
  });

  test("blocks that take far more work than their bytes justify are refused", () => {
    const fields = [3, 64, ...varint(2 * 4096)];
    const block = (number: number) =>
      sealed(0xb7, ...varint(number), ...varint(130), ...Array<number>(130).fill(0));
    const body = [...Array(40).keys()].flatMap(block);
    const stream = Uint8Array.from([...header({ samples: 40 * 32 * 4096, fields }), ...body]);
    expect(() => Stream.open(stream)).toThrow(/times the most work/);
  });
});
