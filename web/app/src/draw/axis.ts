/** Where ticks stand, and how times, frequencies and levels are written. */

import { span, type View } from "./zoom";

export type FrequencyScale = "mel" | "linear";

const TIME_STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600,
];
const FREQUENCIES = [
  50, 100, 200, 250, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10000, 12000, 16000, 20000, 24000, 32000,
  48000, 64000, 96000,
];

const melOf = (hertz: number) => 1127 * Math.log1p(hertz / 700);
const hertzOfMel = (mel: number) => 700 * Math.expm1(mel / 1127);

/** Return where a frequency stands between 0 (bottom) and 1 (`top`). */
export function heightOf(hertz: number, top: number, scale: FrequencyScale): number {
  return scale === "linear" ? hertz / top : melOf(hertz) / melOf(top);
}

/** Return the frequency at a height between 0 (bottom) and 1 (`top`). */
export function hertzAt(height: number, top: number, scale: FrequencyScale): number {
  return scale === "linear" ? height * top : hertzOfMel(height * melOf(top));
}

/** Return at most `most` round times within a view. */
export function timeTicks(view: View, most: number): number[] {
  const step = TIME_STEPS.find((candidate) => span(view) / candidate <= most) ?? TIME_STEPS.at(-1)!;
  const ticks: number[] = [];
  for (let i = Math.ceil(view.start / step - 1e-9); i * step <= view.end + 1e-9; i++) ticks.push(i * step);
  return ticks;
}

/** Return round frequencies that stand at least `apart` (of the height 1) from each other. */
export function frequencyTicks(top: number, scale: FrequencyScale, apart: number): number[] {
  const chosen: number[] = [];
  for (const hertz of [...FREQUENCIES].reverse()) {
    const height = heightOf(hertz, top, scale);
    if (hertz > top || height > 1 - apart / 3 || height < apart / 2) continue;
    if (chosen.every((other) => Math.abs(heightOf(other, top, scale) - height) >= apart))
      chosen.unshift(hertz);
  }
  return chosen;
}

/** Write a time as 1:02.5, with as many digits as `step` seconds need. */
export function timeText(seconds: number, step = 0.001): string {
  const digits = Math.max(0, Math.min(3, Math.ceil(-Math.log10(step) - 1e-9)));
  const rounded = Number(Math.max(0, seconds).toFixed(digits));
  const minutes = Math.floor(rounded / 60);
  const rest = (rounded - 60 * minutes).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

export function frequencyText(hertz: number): string {
  return hertz >= 1000
    ? `${Number((hertz / 1000).toFixed(hertz >= 10000 ? 1 : 2))} kHz`
    : `${Math.round(hertz)} Hz`;
}

/** Write a level with a real minus sign; silence has none. */
export function decibelText(decibels: number, digits = 0): string {
  if (decibels === -Infinity) return "silence";
  const text = Math.abs(decibels).toFixed(digits);
  return `${decibels < 0 && Number(text) !== 0 ? "−" : ""}${text} dB`;
}
