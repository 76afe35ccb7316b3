import { expect, test } from "vitest";
import { FakeServer } from "../testing/server";
import { jobOfRow, nextToStart } from "./batch";
import { before, inWords, titleOf } from "./state";
import { madeAlready } from "./useMaking";

const at = (kbps: number) => ({ task: "compress" as const, kbps });

test("only as many jobs are started as the server takes at a time", () => {
  const server = new FakeServer();
  const sounds = [server.sound(), server.sound(), server.sound()];
  expect(nextToStart(sounds, [], at(24), 2).map((sound) => sound.id)).toEqual(["sound1", "sound2"]);
  server.job(sounds[0], at(24), { state: "running" });
  expect(nextToStart(sounds, server.jobs, at(24), 2).map((sound) => sound.id)).toEqual(["sound2"]);
  server.job(sounds[1], at(24), { state: "failed" });
  expect(nextToStart(sounds, server.jobs, at(24), 2).map((sound) => sound.id)).toEqual(["sound3"]);
  expect(nextToStart(sounds, server.jobs, at(24), 1)).toEqual([]);
});

test("a row shows the job of the settings, or the latest", () => {
  const server = new FakeServer();
  const sound = server.sound();
  const first = server.job(sound, at(24));
  const second = server.job(sound, at(12));
  expect(jobOfRow(sound, server.jobs, at(24))).toBe(first);
  expect(jobOfRow(sound, server.jobs, null)).toBe(second);
  expect(jobOfRow(sound, server.jobs, at(8))).toBeUndefined();
});

test("what was made already is not made again, what failed is", () => {
  const server = new FakeServer();
  const sound = server.sound();
  const done = server.job(sound, at(24), { state: "done" });
  server.job(sound, at(12), { state: "failed" });
  expect(madeAlready(server.jobs, at(24))).toBe(done);
  expect(madeAlready(server.jobs, at(12))).toBeUndefined();
});

test("every state in words", () => {
  const server = new FakeServer();
  const sound = server.sound();
  const first = server.job(sound, at(24), { state: "running", progress: 0.42, note: "rate control" });
  const second = server.job(sound, at(12));
  expect(inWords(first)).toBe("Compressing: rate control, 42 %");
  expect(before(second, server.jobs)).toBe(1);
  expect(inWords(second, server.jobs)).toBe("Waiting: 1 of yours before it");
  expect(inWords(first, server.jobs)).not.toContain("Waiting");
  expect(inWords({ ...second, attempts: 1 }, server.jobs)).toMatch(/begins again/);
  expect(inWords(server.finish(first.id)).replaceAll("\u202f", " ")).toBe("Done: 30 kB, 16× smaller.");
  expect(inWords({ ...second, state: "failed", error: { code: "x", detail: "Too short." } })).toBe(
    "Too short.",
  );
});

test("the title says how far everything is", () => {
  const server = new FakeServer();
  const job = server.job(server.sound(), at(24), { state: "running", progress: 0.5 });
  expect(titleOf("memo.wav", [], [])).toBe("memo.wav · Ligeia");
  expect(titleOf(undefined, [], [])).toBe("Ligeia");
  expect(titleOf("memo.wav", [job], [])).toBe("50 % · memo.wav · Ligeia");
  expect(titleOf(undefined, [job], [0.25, 0.75])).toBe("50 % · Ligeia");
});
