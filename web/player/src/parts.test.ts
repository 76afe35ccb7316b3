import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestIn, packed } from "../models.plugin";
import { AnsReader } from "./ans";
import { Reader } from "./bytes";
import { crc32 } from "./crc32";
import { Dct4 } from "./dct4";
import { EndsEarly, FormatError } from "./errors";
import { transformOf } from "./fft";
import { formatText, UNKNOWN } from "./golden";
import { Laps } from "./lap";
import { log2Of16, LOGARITHMS } from "./layout";
import { countTable } from "./model";
import { fillSigns } from "./noise";
import { PROFILES } from "./profiles";

const bytes = (...values: number[]) => new Reader(Uint8Array.from(values));

describe("bytes", () => {
  test("a varint is read back, in its shortest encoding alone", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 56n - 1n), (value) => {
        const written: number[] = [];
        for (let left = value; ; left >>= 7n) {
          written.push(Number(left & 127n) | (left > 127n ? 128 : 0));
          if (left <= 127n) break;
        }
        expect(bytes(...written).bigVarint()).toBe(value);
        expect(bytes(...written).varint()).toBe(Number(value));
        written[written.length - 1] |= 128;
        const longer = bytes(...written, 0);
        expect(() => longer.varint()).toThrow(FormatError);
      }),
    );
  });

  test("numbers are even tags, or 1 and a binary64", () => {
    expect(bytes(0x80, 0x02).number()).toBe(128);
    expect(bytes(1, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f).number()).toBe(1.5);
    expect(() => bytes(3).number()).toThrow(/3 is not a valid tag/);
    expect(() => bytes(1, 0, 0).number()).toThrow(EndsEarly);
  });

  test("the checksum is that of zlib", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });
});

describe("the text of the format", () => {
  test("has the profiles that the decoder has", () => {
    const all = [...formatText().matchAll(/^\| (\w+) \| (\d) \| ([01]) \|(.*)\|$/gm)];
    const rows = all.filter(([, name]) => !UNKNOWN.includes(name));
    expect(all).toHaveLength(PROFILES.length + UNKNOWN.length);
    expect(rows).toHaveLength(PROFILES.length);
    for (const [, name, number, scaleFactors, rest] of rows) {
      const p = PROFILES[Number(number)];
      const { filling, emptyFilling } = p;
      const rule = [p.slope, p.loud, p.spread, p.past, p.tilt, filling.low, filling.high, filling.limit];
      const noise = [
        emptyFilling.low,
        emptyFilling.high,
        emptyFilling.limit,
        p.noiseSplitHz,
        p.reconstructionBias,
      ];
      expect(rest.split("|").map(Number)).toEqual([...rule, ...noise]);
      expect([p.name, p.hasScaleFactors]).toEqual([name, scaleFactors === "1"]);
    }
  });

  test.each(PROFILES.map((profile) => profile.name))("names the file of weights of %s", async (name) => {
    const file = new URL(`../../../src/ligeia/codec/transform/${name}.safetensors`, import.meta.url);
    const weights = readFileSync(file);
    expect(digestIn(formatText(), `${name}.safetensors`)).toBe(
      createHash("sha256").update(weights).digest("hex"),
    );
    const built = (await import(`ligeia-model:${name}`)) as { default: string };
    expect(Buffer.from(built.default, "base64").equals(packed(weights))).toBe(true);
  });

  test("has no digest of other files", () => {
    expect(digestIn(formatText(), "other.safetensors")).toBeUndefined();
  });
});

describe("logarithms", () => {
  test("are exact wherever rounding could decide", () => {
    const exact = (value: bigint) => (value ** 16n).toString(2).length - 1;
    const values = fc.oneof(
      fc.bigInt(1n, 2n ** 48n),
      fc.integer({ min: 0, max: 48 }).map((k) => 2n ** BigInt(k)),
    );
    fc.assert(
      fc.property(values, (value) => {
        for (const near of [value, value + 1n]) expect(log2Of16(Number(near))).toBe(exact(near));
      }),
    );
  });

  test("of sizes are the nearest, as the format defines them", () => {
    LOGARITHMS.forEach((k, size) => {
      if (size < 2) return;
      const power = BigInt(size) ** 32n;
      expect(power > 2n ** BigInt(2 * k - 1) && power < 2n ** BigInt(2 * k + 1)).toBe(true);
    });
    expect([LOGARITHMS[0], LOGARITHMS[1]]).toEqual([-20, 0]);
  });
});

/** The decoder of FORMAT.md §5 in integers of any size. */
function referenceSymbols(words: number[], rows: number[][]): { symbols: number[]; ended: boolean } {
  let left = words.length;
  while (left && !words[left - 1]) left--;
  let state = left ? BigInt(words[--left]) : 0n;
  if (left) state = (state << 32n) | BigInt(words[--left]);
  const symbols = rows.map((counts) => {
    const place = Number(state & 0xffffffn);
    let [symbol, start] = [0, 0];
    while (start + counts[symbol] <= place) start += counts[symbol++];
    state = BigInt(counts[symbol]) * (state >> 24n) + BigInt(place - start);
    if (state < 2n ** 32n && left) state = (state << 32n) | BigInt(words[--left]);
    return symbol;
  });
  return { symbols, ended: !left && !state };
}

test("symbols are those of the definition, whatever the words, one by one and in runs", () => {
  const counts = [
    [2 ** 24 - 3, 1, 1, 1],
    [2 ** 22, 2 ** 22, 2 ** 22, 2 ** 22],
    [1, 2, 5, 2 ** 24 - 8],
  ];
  const table = countTable(Int32Array.from(counts.flat()), 4);
  const word = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 32 - 1));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), fc.array(fc.nat(2), { maxLength: 60 }), (words, rows) => {
      const wanted = referenceSymbols(
        words,
        rows.map((row) => counts[row]),
      );
      const single = new AnsReader(Uint32Array.from(words));
      expect(rows.map((row) => single.symbol(table, row))).toEqual(wanted.symbols);
      expect(single.ended).toBe(wanted.ended);
      const run = new AnsReader(Uint32Array.from(words));
      const values = new Int32Array(rows.length);
      const largest = run.run(table, Uint8Array.from(rows), values, 0, 1);
      expect([...values]).toEqual(wanted.symbols);
      expect([largest, run.ended]).toEqual([Math.max(...wanted.symbols, 0), wanted.ended]);
    }),
  );
});

test("plain bits and lengths are symbols of their own tables", () => {
  const flat = (symbols: number, last: number) => [
    ...Array<number>(symbols - 1).fill(Math.floor(2 ** 24 / symbols)),
    last,
  ];
  const lengths = flat(20, 838876);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 12 }),
      (words, bits) => {
        const wanted = referenceSymbols(words, [
          lengths,
          flat(2 ** bits, 2 ** (24 - bits)),
          lengths,
          [2 ** 23, 2 ** 23],
        ]);
        const reader = new AnsReader(Uint32Array.from(words));
        const read = [reader.uniform(20), reader.bits(bits), reader.uniform(20), reader.bits(1)];
        expect([read, reader.ended]).toEqual([wanted.symbols, wanted.ended]);
      },
    ),
  );
});

test("signs of noise are those of the formula in 64 bits", () => {
  const mask = 2n ** 64n - 1n;
  const sign = (place: bigint) => {
    let k = ((place + 1n) * 0x9e3779b97f4a7c15n) & mask;
    k = ((k ^ (k >> 32n)) * 0xd6e8feb86659fd93n) & mask;
    return k >> 63n ? -1 : 1;
  };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 34 }), (place) => {
      const signs = new Int8Array(64);
      fillSigns(signs, place);
      expect([...signs]).toEqual(Array.from(signs, (_, u) => sign(BigInt(place) * 64n + BigInt(u))));
    }),
  );
});

describe("transforms", () => {
  test.each([1, 2, 4, 8, 15, 16, 52, 80, 160, 34, 194])("of length %i follow the definition", (length) => {
    const [x, y] = [0, 1].map((part) => Float64Array.from({ length }, (_, n) => Math.sin(3 * n * n + part)));
    const [re, im] = [x.slice(), y.slice()];
    transformOf(length).run(re, im);
    for (let k = 0; k < length; k++) {
      let [a, b] = [0, 0];
      for (let n = 0; n < length; n++) {
        const [c, s] = [Math.cos((2 * Math.PI * n * k) / length), Math.sin((-2 * Math.PI * n * k) / length)];
        a += x[n] * c - y[n] * s;
        b += x[n] * s + y[n] * c;
      }
      expect(re[k]).toBeCloseTo(a, 9);
      expect(im[k]).toBeCloseTo(b, 9);
    }
  });

  test.each([2, 4, 20, 32, 60, 320, 62])(
    "the DCT-IV of length %i follows the definition, and is its own inverse",
    (length) => {
      const x = Float64Array.from({ length }, (_, n) => Math.cos(n * n));
      const [once, twice] = [new Float64Array(length), new Float64Array(length)];
      const dct = new Dct4(length);
      dct.run(x, 0, 1, once);
      dct.run(once, 0, 1, twice);
      for (let k = 0; k < length; k++) {
        const sum = x.reduce(
          (total, value, n) => total + value * Math.cos((Math.PI / length) * (n + 0.5) * (k + 0.5)),
          0,
        );
        expect(once[k]).toBeCloseTo(Math.sqrt(2 / length) * sum, 10);
        expect(twice[k]).toBeCloseTo(x[k], 10);
      }
    },
  );

  test.each([true, false])("laps keep the energy, with the slope of a sine: %s", (sine) => {
    const samples = Float64Array.from({ length: 16 }, (_, n) => Math.sin(n + 1));
    const energy = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);
    const folded = samples.slice();
    new Laps(sine).unfold(8, folded, 8, folded, 8);
    expect(energy(folded)).toBeCloseTo(energy(samples), 12);
    expect(folded[7]).not.toBeCloseTo(samples[7], 3);
  });
});
