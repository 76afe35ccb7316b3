import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Schedule, type Pace } from "./schedule";
import { CountingSupply, VirtualOutput } from "./virtual";

const PACE: Pace = { lead: 5, ahead: 100, piece: 50, first: 25 };

function setUp(length: number, { position = 0, loop = false, pace = PACE } = {}) {
  const output = new VirtualOutput();
  const supply = new CountingSupply(length);
  const said: string[] = [];
  const listener = {
    onWaiting: () => void said.push("waiting"),
    onPlaying: () => void said.push("playing"),
    onError: (error: unknown) => void said.push(String(error)),
  };
  const schedule = new Schedule(output, supply, { ...pace }, listener, { position, loop });
  const advance = async (frames: number, step = 10) => {
    const until = output.frame + frames;
    while (output.frame < until) {
      output.frame = Math.min(until, output.frame + step);
      await schedule.fill();
    }
  };
  return { output, supply, said, schedule, advance };
}

/** The values 1, 2, 3 ... as `CountingSupply` gives them. */
const counting = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index + 1);

async function settled() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe("Schedule", () => {
  it("puts pieces back to back, a second ahead and no further", async () => {
    const { output, supply, schedule, advance, said } = setUp(1000);
    await schedule.fill();
    expect(supply.asked).toEqual([
      [0, 25],
      [25, 75],
      [75, 125],
    ]);
    await advance(1100);
    expect(output.heard(0, 1005)).toEqual([0, 0, 0, 0, 0, ...counting(0, 1000)]);
    expect(schedule.endFrame).toBe(1005);
    expect(said).toEqual(["playing"]);
  });

  it("begins where it is told and says which sample is heard", async () => {
    const { output, schedule, advance } = setUp(1000, { position: 700 });
    await schedule.fill();
    expect(schedule.positionAt(output.frame)).toBe(700);
    await advance(105);
    expect(schedule.positionAt(output.frame)).toBe(800);
    await advance(500);
    expect(output.heard(5, 305)).toEqual(counting(700, 1000));
    expect(schedule.positionAt(output.frame)).toBe(1000);
  });

  it("knows what was heard a moment ago, for outputs with a latency", async () => {
    const { output, schedule, advance } = setUp(1000);
    await advance(400);
    expect(schedule.positionAt(output.frame - 60)).toBe(schedule.positionAt(output.frame) - 60);
  });

  it("moves what follows when a piece is late, and loses nothing", async () => {
    const { output, supply, schedule, said } = setUp(200);
    await schedule.fill();
    supply.pending = [];
    output.frame = 40;
    const filling = schedule.fill();
    output.frame = 300;
    void schedule.fill();
    expect(said).toEqual(["playing", "waiting"]);
    expect(schedule.positionAt(300)).toBe(125);
    const [resume] = supply.pending;
    supply.pending = undefined;
    resume();
    await filling;
    expect(said).toEqual(["playing", "waiting", "playing"]);
    expect(output.heard(0, 130).slice(5)).toEqual(counting(0, 125));
    expect(output.heard(305, 380)).toEqual(counting(125, 200));
    expect(output.heard(130, 305).every((value) => value === 0)).toBe(true);
    expect(schedule.positionAt(310)).toBe(130);
  });

  it("loops without a gap", async () => {
    const { output, schedule, advance } = setUp(130, { loop: true });
    await advance(500);
    const round = counting(0, 130);
    expect(output.heard(15, 405)).toEqual([...round, ...round, ...round]);
    expect(schedule.endFrame).toBeUndefined();
    expect(schedule.positionAt(15 + 3 * 130 + 40)).toBe(40);
  });

  it("puts many rounds of a short sound into one piece", async () => {
    const { output, schedule, advance } = setUp(3, { loop: true });
    await advance(400);
    expect(output.heard(15, 21)).toEqual([1, 2, 3, 1, 2, 3]);
    expect(output.heard(15, 400).includes(0)).toBe(false);
    expect(output.placed.length).toBeLessThan(20);
    expect(schedule.positionAt(15 + 300 + 2)).toBe(2);
  });

  it.each([3, 60, 130])(
    "ends at the end of the round when a loop of %i samples is switched off",
    async (length) => {
      const { output, schedule, advance } = setUp(length, { loop: true });
      await advance(200);
      schedule.loop = false;
      await advance(300);
      const heard = output.heard(15, 500);
      const end = schedule.endFrame!;
      expect((end - 15) % length).toBe(0);
      expect(end).toBeGreaterThan(200);
      expect(end - 200).toBeLessThanOrEqual(length);
      expect(heard.slice(0, end - 15)).toEqual(
        Array.from({ length: end - 15 }, (_, at) => (at % length) + 1),
      );
      expect(heard.slice(end - 15).every((value) => value === 0)).toBe(true);
    },
  );

  it("goes on when a loop is switched on after the end was planned", async () => {
    const { output, schedule, advance } = setUp(130);
    await advance(100);
    expect(schedule.endFrame).toBe(145);
    schedule.loop = true;
    await advance(200);
    expect(output.heard(15, 275)).toEqual([...counting(0, 130), ...counting(0, 130)]);
  });

  it("is silent from the frame at which it is stopped, and ignores what comes later", async () => {
    const { output, supply, schedule } = setUp(1000);
    supply.pending = [];
    const filling = schedule.fill();
    supply.pending[0]();
    await settled();
    schedule.stop(20);
    supply.pending[1]();
    await filling;
    await schedule.fill();
    expect(output.heard(5, 20)).toEqual(counting(0, 15));
    expect(output.heard(20, 300).every((value) => value === 0)).toBe(true);
    expect(output.placed).toHaveLength(1);
  });

  it("ends where the supply turns out to end", async () => {
    const { output, supply, schedule, advance } = setUp(1000);
    await schedule.fill();
    supply.end = 140;
    await advance(400);
    expect(schedule.endFrame).toBe(145);
    expect(output.heard(5, 145)).toEqual(counting(0, 140));
  });

  it("is at its end at once where there is nothing to be heard", async () => {
    const { output, schedule } = setUp(0, { loop: true });
    await schedule.fill();
    expect(schedule.endFrame).toBe(output.frame);
  });

  it("tells of an error of the supply, once", async () => {
    const { supply, schedule, said } = setUp(100);
    supply.read = () => Promise.reject(new Error("gone"));
    await schedule.fill();
    expect(said).toEqual(["Error: gone"]);
  });

  it("refuses a supply that returns no samples for ever", async () => {
    const { supply, schedule, said } = setUp(100);
    supply.read = () => Promise.resolve([new Float32Array(0)]);
    await schedule.fill();
    expect(said).toEqual(["Error: The decoder returned no samples."]);
  });

  it("is heard in order, each sample once, whatever the delays", async () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.boolean()), {
      minLength: 30,
      maxLength: 60,
    });
    const length = fc.integer({ min: 1, max: 400 });
    await fc.assert(
      fc.asyncProperty(length, steps, fc.integer({ min: 0, max: 399 }), async (size, moves, start) => {
        const position = Math.min(start, size - 1);
        const { output, supply, schedule } = setUp(size, { position });
        supply.pending = [];
        for (const [frames, answer] of moves) {
          void schedule.fill();
          output.frame += frames;
          if (answer) supply.pending.splice(0).forEach((resolve) => void resolve());
          await settled();
        }
        const heard = output.heard(0, output.frame + 600).filter((value) => value > 0);
        expect(heard).toEqual(counting(position, position + heard.length));
        const covered = output.placed.reduce((sum, { samples }) => sum + samples.length, 0);
        expect(heard).toHaveLength(covered);
      }),
      { numRuns: 200 },
    );
  });
});
