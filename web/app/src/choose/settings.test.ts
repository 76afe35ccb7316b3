import { expect, test } from "vitest";
import { FakeServer } from "../testing/server";
import {
  inShort,
  isComplete,
  lastCompress,
  placeOf,
  RATE_STEPS,
  ratesAbove,
  sameSettings,
  START_KBPS,
  startingSettings,
  targetOf,
  TASKS,
  withTarget,
} from "./settings";

test("another target takes the place of the one before", () => {
  const byRate = withTarget({ task: "compress", kbps: 12, preset: "speech" }, "quality", 7);
  expect(byRate).toEqual({ task: "compress", quality: 7, preset: "speech" });
  expect(targetOf(byRate)).toBe("quality");
  expect(targetOf({ task: "compress" })).toBe("quality");
});

test("an exact target leaves the preset to the server", () => {
  expect(withTarget({ task: "compress", kbps: 12, preset: "speech" }, "snr_db")).not.toHaveProperty("preset");
});

test("fields that are null and fields that are not there ask for the same", () => {
  expect(sameSettings({ task: "compress", kbps: 12, preset: null }, { kbps: 12, task: "compress" })).toBe(
    true,
  );
  expect(sameSettings({ task: "compress", kbps: 12 }, { task: "compress", kbps: 14 })).toBe(false);
});

test("the slider's steps grow, in even ratios, and each is found again", () => {
  RATE_STEPS.forEach((step, place) => expect(placeOf(step)).toBe(place));
  const ratios = RATE_STEPS.slice(1).map((step, at) => step / RATE_STEPS[at]);
  expect(Math.min(...ratios)).toBeGreaterThan(1.05);
  expect(Math.max(...ratios)).toBeLessThan(1.3);
  expect(placeOf(13)).toBe(RATE_STEPS.indexOf(14));
  expect(placeOf(0.1)).toBe(0);
});

test("every task begins with settings that can be sent, but for what must be chosen", () => {
  for (const task of TASKS) expect(isComplete(startingSettings(task, 16_000), 16_000)).toBe(task !== "score");
});

test("a sound at the highest rate cannot be extended", () => {
  expect(ratesAbove(192_000)).toEqual([]);
  expect(isComplete(startingSettings("extend", 192_000), 192_000)).toBe(false);
});

test("the next recording begins as the last one was compressed", () => {
  const server = new FakeServer();
  expect(lastCompress(undefined)).toEqual({ task: "compress", kbps: START_KBPS });
  server.job(server.sound(), { task: "compress", kbps: 12 });
  server.job(server.sound(), { task: "compress", quality: 4 });
  server.job(server.sound(), { task: "denoise", strength: 1 });
  expect(lastCompress(server.jobs)).toEqual({ task: "compress", quality: 4 });
  expect(lastCompress([...server.jobs].reverse())).toEqual({ task: "compress", quality: 4 });
});

test("settings in short", () => {
  expect(inShort({ task: "compress", kbps: 24, preset: "speech" })).toBe("24 kbit/s, speech");
  expect(inShort({ task: "compress" })).toBe("Quality 6");
  expect(inShort({ task: "compress", snr_db: 20 })).toBe("20 dB SNR");
  expect(inShort({ task: "extend", rate: 44_100, strength: 1 })).toBe("Extended to 44.1 kHz");
});
