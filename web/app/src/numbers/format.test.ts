import { expect, test } from "vitest";
import { bytes, clock, duration, hours, limit, ratio, until } from "./format";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1 kB"],
  [9003, "9 kB"],
  [9130, "9.13 kB"],
  [151_481, "151 kB"],
  [999_700, "1 MB"],
  [100_000_000, "100 MB"],
])("%d bytes are %s", (count, words) => expect(plain(bytes(count))).toBe(words));

test("times", () => {
  expect(plain(duration(6))).toBe("6.0 s");
  expect(plain(duration(59.97))).toBe("1:00");
  expect(clock(3725)).toBe("1:02:05");
  expect(plain(until(7200, 0))).toBe("2 h");
  expect(plain(until(90, 0))).toBe("2 min");
  expect(until(1, 2)).toBe("under a minute");
  expect(hours(24)).toBe("24 hours");
  expect(hours(0.5)).toBe("30 minutes");
  expect(hours(168)).toBe("7 days");
  expect(limit(600)).toBe("10 minutes");
  expect(limit(90)).toBe("90 seconds");
});

test("a result can be larger too", () => {
  expect(ratio(1000, 100)).toBe("10× smaller");
  expect(ratio(100, 250)).toBe("2.50× larger");
  expect(ratio(1000, 1002)).toBe("1× the size");
});
