import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Chunked, foldForHearing, openWav, type Channels } from "./source";

const RATE = 100;

/** A sound whose sample i of channel c is i + c / 10. */
function counting(frames: number, channels: number): { sound: Chunked; loads: [number, number][] } {
  const loads: [number, number][] = [];
  const load = async (start: number, stop: number): Promise<Channels> => {
    loads.push([start, stop]);
    return Array.from({ length: channels }, (_, c) =>
      Float32Array.from({ length: stop - start }, (_, i) => start + i + c / 10),
    );
  };
  return { sound: new Chunked({ rate: RATE, channels, frames }, load), loads };
}

describe("a sound in chunks", () => {
  it("gives any part, cut at its ends", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -50, max: 9000 }),
        fc.integer({ min: 0, max: 5000 }),
        async (start, length) => {
          const { sound } = counting(7321, 2);
          const read = await sound.read(start, start + length);
          const [from, to] = [Math.max(0, start), Math.min(7321, start + length)];
          for (const [c, samples] of read.entries()) {
            expect(samples.length).toBe(Math.max(0, to - from));
            if (samples.length)
              expect([samples[0], samples[samples.length - 1]]).toEqual(
                [from, to - 1].map((i) => Math.fround(i + c / 10)),
              );
          }
        },
      ),
    );
  });

  it("loads nothing twice while it is kept, and forgets the oldest", async () => {
    const { sound, loads } = counting(50 * 2000, 1);
    await Promise.all([sound.read(0, 4000), sound.read(1999, 2001)]);
    expect(loads).toEqual([
      [0, 2000],
      [2000, 4000],
    ]);
    for (let chunk = 2; chunk < 12; chunk++) await sound.read(chunk * 2000, chunk * 2000 + 1);
    await sound.read(0, 1);
    expect(loads.filter(([start]) => start === 0)).toHaveLength(2);
  });

  it("asks again for what failed", async () => {
    let failing = true;
    const sound = new Chunked({ rate: RATE, channels: 1, frames: 10 }, async () => {
      if (failing) throw new Error("gone");
      return [new Float32Array(10)];
    });
    await expect(sound.read(0, 10)).rejects.toThrow("gone");
    failing = false;
    await expect(sound.read(0, 10)).resolves.toHaveLength(1);
  });
});

it("folds many channels to two, and leaves one and two alone", () => {
  const channels = [1, 2, 3, 4, 5].map((value) => Float32Array.of(value, -value));
  expect(foldForHearing(channels).map((side) => [...side])).toEqual([
    [3, -3],
    [3, -3],
  ]);
  expect(foldForHearing(channels.slice(0, 2))).toEqual(channels.slice(0, 2));
});

describe("a WAV file at an address", () => {
  afterEach(() => vi.unstubAllGlobals());
  const respond = (make: (range: string) => Response) =>
    vi.stubGlobal("fetch", async (_: string, { headers }: { headers: { Range: string } }) =>
      make(headers.Range),
    );

  it("is refused with the server's answer where it is gone", async () => {
    respond(() => new Response("", { status: 404, statusText: "Not Found" }));
    await expect(openWav("a.wav", new AbortController().signal)).rejects.toThrow("404 Not Found");
  });

  it("is refused where it is large and comes only as a whole", async () => {
    respond(() => new Response("", { headers: { "Content-Length": String(2 ** 31) } }));
    await expect(openWav("a.wav", new AbortController().signal)).rejects.toThrow("too large");
  });
});
