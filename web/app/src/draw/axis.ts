/** Where ticks stand, and how times, frequencies and levels are written. */

import { span, type View } from "./zoom";

export type FrequencyScale = "mel" | "linear";

const TIME_STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600,
];
/** The ones that people know first come first. */
const FREQUENCIES = [
  1000, 4000, 16000, 8000, 2000, 500, 250, 100, 32000, 64000, 12000, 24000, 48000, 96000, 20000, 6000, 10000,
  3000, 5000,
];

// Slaney's mel scale, as in the overviews of the server: a straight line up to 1 kHz, a logarithm above.
const KNEE = { hertz: 1000, mel: 15 };
const MEL_PER_LOG = 27 / Math.log(6.4);

function melOf(hertz: number): number {
  if (hertz < KNEE.hertz) return (hertz * KNEE.mel) / KNEE.hertz;
  return KNEE.mel + MEL_PER_LOG * Math.log(hertz / KNEE.hertz);
}

function hertzOfMel(mel: number): number {
  if (mel < KNEE.mel) return (mel * KNEE.hertz) / KNEE.mel;
  return KNEE.hertz * Math.exp((mel - KNEE.mel) / MEL_PER_LOG);
}

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

/** Return round frequencies that stand at least `apart` (of the height 1) from each other and from the borders. */
export function frequencyTicks(top: number, scale: FrequencyScale, apart: number): number[] {
  const heights = [1 + apart / 2, -apart / 2];
  return FREQUENCIES.filter((hertz) => {
    const height = heightOf(hertz, top, scale);
    const free = hertz <= top && heights.every((other) => Math.abs(other - height) >= apart);
    if (free) heights.push(height);
    return free;
  }).sort((one, other) => one - other);
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
