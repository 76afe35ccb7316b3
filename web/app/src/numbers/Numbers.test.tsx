// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { placeOnScale, valueInWords } from "./metrics";
import { Numbers } from "./Numbers";

afterEach(cleanup);

const report = {
  ...{ seconds: 10, rate: 16_000, channels: 1, source_bytes: 320_000, bytes: 16_000, kbps: 12.8 },
  ...{ facts: {}, notes: ["resampled to 16 kHz for PESQ"], elapsed_seconds: 0.8 },
  scores: [
    { metric: "pesq_wb", value: 3.2, unit: "MOS", better: "higher" as const, note: null },
    { metric: "mel_distance", value: 2.5, unit: "dB", better: "lower" as const, note: null },
    { metric: "stoi", value: null, unit: "", better: "higher" as const, note: "too short" },
  ],
};

test("each number has its unit, and says which way is better", () => {
  render(<Numbers report={report} />);
  const text = screen.getByLabelText("Numbers").textContent.replaceAll("\u202f", " ");
  expect(text).toContain("20× smaller");
  expect(text).toContain("3.20 MOS");
  expect(text).toContain("1 to 5; higher is better");
  expect(text).toContain("lower is better");
  expect(text).toContain("not defined");
  expect(text).toContain("too short");
  expect(text).toContain("resampled to 16 kHz for PESQ");
  expect(text).toContain("10.0 s of sound in 0.8 s");
});

test("a job that makes no stream shows no size", () => {
  render(<Numbers report={{ ...report, bytes: null, kbps: null }} />);
  expect(screen.queryByText(/smaller/)).toBeNull();
});

test("a score lies between the ends of its scale, if it has any", () => {
  const score = { metric: "stoi", value: 0.5, unit: "", better: "higher" as const, note: null };
  expect(placeOnScale(score)).toBe(0.5);
  expect(placeOnScale({ ...score, value: 7 })).toBe(1);
  expect(placeOnScale({ ...score, value: null })).toBeUndefined();
  expect(placeOnScale({ ...score, metric: "snr" })).toBeUndefined();
  expect(valueInWords({ ...score, value: null })).toBe("–");
});
