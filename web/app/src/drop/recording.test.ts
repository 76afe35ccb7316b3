import { expect, test, vi } from "vitest";
import { capture, microphoneProblem } from "./capture";
import { barOf } from "./level";

test("why there is no microphone is said in words", () => {
  const named = (name: string) => microphoneProblem(new DOMException("", name));
  expect(named("NotAllowedError")).toMatch(/Allow it/);
  expect(named("NotFoundError")).toMatch(/No microphone/);
  expect(named("NotReadableError")).toMatch(/another program/);
  expect(named("SecurityError")).toMatch(/https/);
  expect(microphoneProblem(new Error("?"))).toMatch(/could not be opened/);
});

test("a page that came by plain http says so instead of failing", async () => {
  vi.stubGlobal("navigator", {});
  await expect(capture(() => undefined)).rejects.toMatchObject({ name: "SecurityError" });
  vi.unstubAllGlobals();
});

test("the bars are on a scale of decibels", () => {
  expect(barOf(1)).toBe(1);
  expect(barOf(0.001)).toBeCloseTo(0);
  expect(barOf(10 ** (-30 / 20))).toBeCloseTo(0.5);
  expect(barOf(0)).toBe(0);
});
