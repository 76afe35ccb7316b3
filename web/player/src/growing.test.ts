import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Damaged, EndsEarly, FormatError, Unsupported } from "./errors";
import { CODED, golden, NAMES } from "./golden";
import type { Reply, Request } from "./protocol";
import { received } from "./protocol";
import { Service } from "./service";
import { Stream } from "./stream";

async function whole(name: string): Promise<Stream> {
  const stream = Stream.open(golden(name));
  await stream.ready();
  return stream;
}

describe.each(CODED)("parts of %s", (name) => {
  test("any range, in any order, is a part of the whole", async () => {
    const stream = await whole(name);
    const all = stream.read(0, stream.sampleCount);
    const other = await whole(name);
    const place = fc.integer({ min: -5, max: stream.sampleCount + 50 });
    fc.assert(
      fc.property(place, place, (start, stop) => {
        const [begin, end] = [Math.max(start, 0), Math.min(stop, stream.sampleCount)];
        const wanted = all.map((channel) => channel.slice(begin, Math.max(end, begin)));
        expect(other.read(start, stop)).toEqual(wanted);
      }),
    );
    const blocks = stream.blocks.map((_, block) => stream.decode(block));
    expect(blocks.map(([first]) => first.length)).toEqual(stream.blocks.map(({ count }) => count));
    expect(
      all.map((_, channel) => Float32Array.from(blocks.flatMap((block) => [...block[channel]]))),
    ).toEqual(all);
  });

  test("a range is read as soon as its bytes are there", async () => {
    const bytes = golden(name);
    const all = (await whole(name)).read(0, Infinity);
    let stream: Stream | undefined;
    let readable = 0;
    for (let at = 0; at < bytes.length; at++) {
      const next = bytes.subarray(at, at + 1);
      if (stream) stream.append(next);
      else {
        try {
          stream = Stream.open(bytes.slice(0, at + 1), { complete: false });
          await stream.ready();
        } catch (error) {
          expect(error).toBeInstanceOf(EndsEarly);
          continue;
        }
      }
      if (stream.readable === readable) continue;
      expect(stream.readable).toBeGreaterThan(readable);
      readable = stream.readable;
      const part = stream.read(0, readable);
      part.forEach((channel, c) => expect(channel).toEqual(all[c].slice(0, readable)));
      const { sampleCount } = stream;
      if (readable < sampleCount) expect(() => stream?.read(0, sampleCount)).toThrow(EndsEarly);
    }
    expect(readable).toBe(all[0].length);
    stream?.finish();
    expect(() => stream?.append(new Uint8Array(1))).toThrow(/complete already/);
  });
});

/** A service, what it says, and a promise of the answer to a read. */
function conversation() {
  const said: Reply[] = [];
  const service = new Service((reply) => said.push(reply));
  const ask = (...requests: Request[]) => requests.forEach((request) => service.handle(request));
  const until = async (kind: Reply["kind"]) => {
    for (let turn = 0; turn < 1000; turn++) {
      const reply = said.find((each) => each.kind === kind);
      if (reply) return reply;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error(`no ${kind} among ${said.map((reply) => reply.kind).join(", ")}`);
  };
  return { said, ask, until };
}

describe("the Worker's side", () => {
  const bytes = golden("coded_music");

  test("opens once the beginning is there, and answers reads when their bytes have come", async () => {
    const { said, ask, until } = conversation();
    ask({ kind: "open", options: {} }, { kind: "bytes", bytes: bytes.subarray(0, 10) });
    ask({ kind: "bytes", bytes: bytes.subarray(10, 400) }, { kind: "read", id: 7, start: 0, stop: 1e9 });
    const opened = await until("opened");
    expect(opened).toMatchObject({ facts: { rate: 44100, channels: 2, profile: "music", enhanced: false } });
    expect(said.some((reply) => reply.kind === "samples")).toBe(false);
    ask({ kind: "bytes", bytes: bytes.subarray(400) }, { kind: "end" });
    const all = (await whole("coded_music")).read(0, Infinity);
    expect(await until("samples")).toEqual({ kind: "samples", id: 7, samples: all });
  });

  test("says what is wrong with a stream, or with a part of it, as the error that it is", async () => {
    const foreign = conversation();
    foreign.ask({ kind: "open", options: {} }, { kind: "bytes", bytes: golden("wire") }, { kind: "end" });
    const refused = await foreign.until("failed");
    expect(refused.kind === "failed" && received(refused.error)).toBeInstanceOf(Unsupported);

    const cut = conversation();
    cut.ask({ kind: "open", options: {} }, { kind: "bytes", bytes: bytes.subarray(0, 500) }, { kind: "end" });
    cut.ask({ kind: "read", id: 1, start: 0, stop: 1e9 });
    const failed = await cut.until("failed");
    const error = failed.kind === "failed" ? received(failed.error) : undefined;
    expect(error).toBeInstanceOf(Damaged);
    expect(error).toMatchObject({ block: 1, message: expect.stringContaining("the stream ends early") });

    const empty = conversation();
    empty.ask({ kind: "open", options: {} }, { kind: "end" });
    expect((await empty.until("failed")).kind).toBe("failed");
  });
});

test("only what Python's decoder would enhance is said to be enhanced", async () => {
  for (const name of NAMES) {
    try {
      expect(Stream.open(golden(name)).enhanced).toBe(false); // the golden stream of that profile is at 8 kHz
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  }
});
