// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StreamWorker, WorkerOptions } from "../client";
import { Damaged, FormatError, Unsupported } from "../errors";
import { Contexts } from "./contexts";
import { EVENTS, Player } from "./player";
import { VirtualContext } from "./virtual";

const RATE = 1000;

const silence = (start: number, stop: number) => Promise.resolve([new Float32Array(stop - start)]);

/** A stream of ten seconds of silence, in a Worker that is none. */
function stream(changes: Partial<StreamWorker> = {}) {
  const facts = { rate: RATE, channels: 1, sampleCount: 10 * RATE, seconds: 10, tags: {}, profile: "music" };
  return {
    ...facts,
    enhanced: false,
    readable: facts.sampleCount,
    read: vi.fn(silence),
    close: vi.fn(),
    ...changes,
  };
}

function setUp(sound: ReturnType<typeof stream> | Error = stream(), { allowed = true } = {}) {
  const made: VirtualContext[] = [];
  const contexts = new Contexts((rate) => {
    const context = new VirtualContext(rate);
    context.allowed = allowed;
    made.push(context);
    return context as unknown as AudioContext;
  });
  let options: WorkerOptions | undefined;
  const openStream = vi.fn((_: unknown, given?: WorkerOptions) => {
    options = given;
    return sound instanceof Error ? Promise.reject(sound) : Promise.resolve(sound as unknown as StreamWorker);
  });
  const player = new Player({ contexts, openStream });
  const said: string[] = [];
  for (const type of EVENTS) {
    player.addEventListener(type, () => {
      if (type !== "timeupdate") said.push(type);
    });
  }
  /** Move the clocks of context and timers together. */
  const advance = async (seconds: number) => {
    await settled();
    for (let step = 0; step < Math.round(seconds * 10); step++) {
      for (const context of made) if (context.state === "running") context.currentTime += 0.1;
      await vi.advanceTimersByTimeAsync(100);
    }
  };
  return {
    player,
    made,
    said,
    advance,
    openStream,
    sound,
    tell: (samples: number) => options?.onReadable?.(samples),
  };
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const BYTES = new Uint8Array(1);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("Player", () => {
  it("decodes the beginning before anybody asks for it, and once", async () => {
    const { player, sound } = setUp();
    player.load(BYTES);
    await settled();
    const { read } = sound as StreamWorker;
    expect(read).toHaveBeenCalledExactlyOnceWith(0, 250);
    await player.play();
    await settled();
    expect(vi.mocked(read).mock.calls.slice(0, 2)).toEqual([
      [0, 250],
      [250, 750],
    ]);
  });

  it("has the events of <audio>, in their order", async () => {
    const { player, said, advance } = setUp();
    player.load(BYTES);
    expect(player.duration).toBeNaN();
    await settled();
    await player.play();
    await advance(11);
    const loading = ["loadstart", "durationchange", "loadedmetadata", "progress", "canplay"];
    expect(said).toEqual([...loading, "play", "playing", "pause", "ended"]);
    expect([player.ended, player.paused, player.currentTime, player.duration]).toEqual([true, true, 10, 10]);
  });

  it("creates no context before somebody plays", async () => {
    const { player, made } = setUp();
    player.load(BYTES);
    await settled();
    expect(made).toHaveLength(0);
    await player.play();
    expect(made.map(({ sampleRate }) => sampleRate)).toEqual([RATE]);
  });

  it("starts the context inside the click once the rate is known", async () => {
    const { player, made } = setUp();
    player.load(BYTES);
    await settled();
    void player.play();
    expect(made[0].state).toBe("running");
  });

  it("plays as soon as it can when told to before it is open", async () => {
    const { player, said } = setUp();
    player.load(BYTES);
    await player.play();
    await settled();
    expect(said).toContain("playing");
  });

  it("stays where it was paused, and goes on from there", async () => {
    const { player, made, advance } = setUp();
    player.load(BYTES);
    await player.play();
    await advance(3);
    player.pause();
    const stood = player.currentTime;
    expect(stood).toBeCloseTo(2.97, 6);
    await advance(3);
    expect(player.currentTime).toBe(stood);
    await player.play();
    await advance(1);
    expect(player.currentTime).toBeCloseTo(stood + 0.97, 6);
    expect(made).toHaveLength(1);
  });

  it("seeks before, while and after it plays", async () => {
    const { player, sound, advance, said } = setUp();
    player.currentTime = 4;
    player.load(BYTES);
    player.currentTime = 5;
    await settled();
    expect(player.currentTime).toBe(5);
    await player.play();
    await advance(1);
    player.currentTime = 9.5;
    await settled();
    expect((sound as StreamWorker).read).toHaveBeenCalledWith(9500, 9750);
    await advance(1);
    expect(player.ended).toBe(true);
    player.currentTime = 99;
    expect([player.currentTime, player.ended]).toEqual([10, false]);
    expect(said.filter((type) => type === "seeked")).toHaveLength(4);
    expect(() => (player.currentTime = NaN)).toThrow("not a valid time");
  });

  it("begins again after the end", async () => {
    const { player, advance } = setUp();
    player.load(BYTES);
    await player.play();
    await advance(11);
    await player.play();
    await advance(1);
    expect(player.currentTime).toBeCloseTo(0.97, 6);
  });

  it("loops until it is told not to", async () => {
    const { player, advance, said } = setUp();
    player.loop = true;
    player.load(BYTES);
    await player.play();
    await advance(25);
    expect(player.currentTime).toBeCloseTo(4.97, 6);
    player.loop = false;
    await advance(6);
    expect(said.filter((type) => type === "ended")).toHaveLength(1);
  });

  it("has a volume, and can be muted without losing it", async () => {
    const { player, made, said } = setUp();
    player.volume = 0.5;
    player.load(BYTES);
    await player.play();
    const level = made[0].gains[0].gain;
    expect(level.value).toBe(0.5);
    player.muted = true;
    expect([level.value, player.volume]).toEqual([0, 0.5]);
    player.muted = false;
    expect(level.value).toBe(0.5);
    expect(said.filter((type) => type === "volumechange")).toHaveLength(3);
    expect(() => (player.volume = 1.5)).toThrow("not a valid volume");
  });

  it("says what it can play while bytes still come, and when it waits for them", async () => {
    const slow = stream({ readable: 0 });
    let arrive: () => void = () => undefined;
    slow.read = vi.fn((start, stop) =>
      new Promise((resolve) => (arrive = resolve as () => void)).then(() => [new Float32Array(stop - start)]),
    );
    const { player, said, tell, advance } = setUp(slow);
    player.load(BYTES);
    await settled();
    expect(said).not.toContain("canplay");
    slow.readable = 500;
    tell(500);
    expect(player.readableSeconds).toBe(0.5);
    expect(said.at(-1)).toBe("canplay");
    await player.play();
    arrive();
    await advance(2);
    expect(said.slice(-2)).toEqual(["playing", "waiting"]);
    expect(player.currentTime).toBe(0.25);
    arrive();
    await advance(0.2);
    expect(said.at(-1)).toBe("playing");
  });

  it("waits for a click where the browser wants one, and is not broken by it", async () => {
    const { player, made, said, advance } = setUp(stream(), { allowed: false });
    player.load(BYTES);
    const refused = expect(player.play()).rejects.toMatchObject({ code: "blocked" });
    await advance(1);
    await refused;
    expect([player.paused, player.error, said.includes("error")]).toEqual([true, null, false]);
    made[0].allowed = true;
    await player.play();
    await advance(1);
    expect(player.currentTime).toBeGreaterThan(0.8);
  });

  it("pauses when the system takes the sound away, and goes on after a click", async () => {
    const { player, made, said, advance } = setUp();
    player.load(BYTES);
    await player.play();
    await advance(2);
    made[0].become("interrupted");
    expect([player.paused, said.at(-1)]).toEqual([true, "pause"]);
    await advance(1);
    await player.play();
    await advance(1);
    expect(player.currentTime).toBeCloseTo(1.97 + 0.97, 6);
    expect(made).toHaveLength(1);
  });

  it("takes a new context when the old one does not start again", async () => {
    const { player, made, advance } = setUp();
    player.load(BYTES);
    await player.play();
    await advance(2);
    made[0].become("interrupted");
    made[0].allowed = false;
    const playing = player.play();
    await advance(1);
    await playing;
    await advance(1);
    expect(made.map(({ state }) => state)).toEqual(["closed", "running"]);
    expect(player.paused).toBe(false);
  });

  it("plays a damaged stream up to the damage, and says so", async () => {
    const damaged = stream();
    damaged.read = vi.fn((start, stop) =>
      stop > 2500 ? Promise.reject(new Damaged(2, "its checksum is wrong", 2.5)) : silence(start, stop),
    );
    const { player, advance, said } = setUp(damaged);
    player.load(BYTES);
    await player.play();
    await advance(4);
    expect(player.error).toMatchObject({
      code: "damaged",
      message: "This sound is damaged: it plays up to 2.5 s.",
    });
    expect([player.ended, player.duration, player.currentTime]).toEqual([true, 2.5, 2.5]);
    expect(said.filter((type) => type === "error" || type === "ended")).toEqual(["error", "ended"]);
  });

  it("plays what has arrived when the connection is lost", async () => {
    const cut = stream({ readable: 1500 });
    const early = new Damaged(1, "the stream ends", 1.5);
    cut.read = vi.fn((start, stop) => (stop > 1500 ? Promise.reject(early) : silence(start, stop)));
    const { player, advance, openStream } = setUp(cut);
    const bytes = new ReadableStream({
      pull(controller) {
        controller.error(new TypeError("network error"));
      },
    });
    player.load(bytes);
    await settled();
    const handed = openStream.mock.calls[0][0] as ReadableStream;
    expect(await handed.getReader().read()).toMatchObject({ done: true });
    await player.play();
    await advance(2);
    expect(player.error).toMatchObject({
      code: "network",
      message: "This sound did not arrive as a whole: it plays up to 1.5 s.",
    });
    expect([player.ended, player.currentTime]).toEqual([true, 1.5]);
  });

  it("lets go of a stream that is still coming when it is unloaded", async () => {
    const { player, openStream } = setUp();
    openStream.mockImplementation(async (source) => {
      await (source as ReadableStream).getReader().read();
      throw new Error("the bytes came to an end");
    });
    const cancel = vi.fn();
    player.load(new ReadableStream({ cancel }));
    await settled();
    player.unload();
    await settled();
    expect(cancel).toHaveBeenCalledOnce();
    expect(player.error).toBeNull();
  });

  it.each([
    [new FormatError("it does not begin as a .lig stream does"), "format"],
    [new Unsupported("its network is SIREN (1)"), "unsupported"],
    [new Error("the Worker ended"), "network"],
  ])("says why a stream cannot be opened: %s", async (cause, code) => {
    const { player, said } = setUp(cause);
    player.load(BYTES);
    const refused = player.play();
    await expect(refused).rejects.toMatchObject({ code });
    expect(player.error?.message).toBe(`This sound cannot be played: ${cause.message}`);
    expect(said.filter((type) => type === "error")).toHaveLength(1);
    expect([player.paused, player.duration]).toEqual([true, NaN]);
  });

  it("says that the browser has no context of such a rate", async () => {
    const contexts = new Contexts(() => {
      throw new DOMException("out of range", "NotSupportedError");
    });
    const player = new Player({
      contexts,
      openStream: () => Promise.resolve(stream() as unknown as StreamWorker),
    });
    player.load(BYTES);
    await expect(player.play()).rejects.toThrow("This browser cannot play a sound sampled at 1000 Hz.");
    expect(player.error?.code).toBe("device");
  });

  it("gives Worker and context back, whenever it is unloaded", async () => {
    const { player, made, sound, said, advance } = setUp();
    player.load(BYTES);
    await player.play();
    await advance(1);
    player.unload();
    expect(made[0].state).toBe("closed");
    expect((sound as StreamWorker).close).toHaveBeenCalledOnce();
    expect(said.at(-1)).toBe("emptied");
    expect(vi.getTimerCount()).toBe(0);
    await expect(player.play()).rejects.toThrow("There is nothing to play");
  });

  it("closes a stream that opens after it was unloaded, and says nothing of it", async () => {
    const { player, sound, said } = setUp();
    player.load(BYTES);
    player.unload();
    await settled();
    expect((sound as StreamWorker).close).toHaveBeenCalled();
    expect(said).toEqual(["loadstart", "emptied"]);
  });
});

describe("Contexts", () => {
  const setUpContexts = () => {
    const made: VirtualContext[] = [];
    const contexts = new Contexts((rate) => {
      made.push(new VirtualContext(rate));
      return made.at(-1) as unknown as AudioContext;
    });
    return { made, contexts };
  };

  it("shares one for each rate, and closes it with its last user", () => {
    const { made, contexts } = setUpContexts();
    const leases = [8000, 8000, 16000].map((rate) => contexts.lease(rate));
    expect(made.map(({ sampleRate }) => sampleRate)).toEqual([8000, 16000]);
    leases[0].release();
    leases[0].release();
    expect(made[0].state).not.toBe("closed");
    leases[1].release();
    expect(made.map(({ state }) => state)).toEqual(["closed", "suspended"]);
  });

  it("lets a context rest when nobody has played for a while", async () => {
    const { made, contexts } = setUpContexts();
    const [one, other] = [contexts.lease(8000), contexts.lease(8000)];
    await one.run();
    await other.run();
    one.rest();
    one.rest();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(made[0].state).toBe("running");
    other.rest();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(made[0].state).toBe("suspended");
  });
});
