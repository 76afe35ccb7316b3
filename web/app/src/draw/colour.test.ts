import { describe, expect, it } from "vitest";
import { colourTable, type Theme } from "./colour";

/** Perceived lightness (CIE L*) of each entry of a table. */
function lightness(theme: Theme): number[] {
  const bytes = new Uint8Array(colourTable(theme).buffer);
  return Array.from({ length: 256 }, (_, level) => {
    const [r, g, b] = [0, 1, 2].map((c) => {
      const value = bytes[4 * level + c] / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return luminance > 0.008856 ? 116 * Math.cbrt(luminance) - 16 : 903.3 * luminance;
  });
}

describe.each(["dark", "light"] as const)("colours on a %s page", (theme) => {
  const values = lightness(theme).map((value) => (theme === "dark" ? value : -value));

  it("get ever further from silence", () => {
    values.slice(1).forEach((value, i) => expect(value).toBeGreaterThanOrEqual(values[i] - 0.6)); // 8 bits are coarse
    expect(values[255] - values[0]).toBeGreaterThan(60);
  });

  it("change by alike much everywhere", () => {
    const eighths = Array.from({ length: 8 }, (_, i) => values[Math.min(255, 32 * (i + 1))] - values[32 * i]);
    const mean = (values[255] - values[0]) / 8;
    for (const step of eighths) expect(Math.abs(step / mean - 1)).toBeLessThan(0.4);
  });

  it("are opaque", () => {
    const bytes = new Uint8Array(colourTable(theme).buffer);
    expect(bytes.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
  });
});
