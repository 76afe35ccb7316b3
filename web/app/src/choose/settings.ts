import type { Job, Schemas, Settings, Task } from "../api/client";

export type Preset = NonNullable<Schemas["Compress"]["preset"]>;

/** What decides the size of a compressed recording. */
export type Target = "kbps" | "quality" | "snr_db";

/** The bit rates of the slider, in kbit/s: near enough to a log scale, and numbers that people say. */
export const RATE_STEPS = [
  4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192,
  224, 256, 320,
];
export const START_KBPS = 24;
export const QUALITY = { least: 0, most: 10, start: 6 };
export const SNR = { least: 0, most: 80, start: 20 };

export const TASK_WORDS: Record<Task, { verb: string; doing: string; what: string }> = {
  compress: { verb: "Compress", doing: "Compressing", what: "Make it small, and hear what that costs." },
  denoise: { verb: "Denoise", doing: "Denoising", what: "Take hiss, hum and room noise out." },
  restore: { verb: "Restore", doing: "Restoring", what: "Mend clicks, clipping, gaps and dropouts." },
  extend: { verb: "Extend", doing: "Extending", what: "Bring back the high frequencies that are missing." },
  score: { verb: "Score", doing: "Scoring", what: "Measure how close another recording comes to this one." },
};

/** The tasks in the order in which they are offered. */
export const TASKS = Object.keys(TASK_WORDS) as Task[];

/** Return the settings with which a task begins; extending goes to the whole range of hearing where it can. */
export function startingSettings(task: Task, rate: number): Settings {
  switch (task) {
    case "compress":
      return { task, kbps: START_KBPS };
    case "denoise":
      return { task, strength: 1 };
    case "restore":
      return { task, strength: 1, clipping: true, clicks: true };
    case "extend":
      return { task, strength: 1, rate: rate < FULL_RATE ? FULL_RATE : (ratesAbove(rate)[0] ?? rate) };
    case "score":
      return { task, estimate: "" };
  }
}

/** Return how the session compressed last, so that the next recording begins with the same; else the start. */
export function lastCompress(jobs: Job[] | undefined): Settings {
  const latest = (jobs ?? [])
    .filter((job) => job.settings.task === "compress")
    .reduce<Job | undefined>((last, job) => (last && last.created > job.created ? last : job), undefined);
  return latest?.settings ?? { task: "compress", kbps: START_KBPS };
}

const FULL_RATE = 48_000;
const USUAL_RATES = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];

/** Return the usual rates to which a sound can be extended. */
export function ratesAbove(rate: number): number[] {
  return USUAL_RATES.filter((usual) => usual > rate);
}

export function targetOf(settings: Schemas["Compress"]): Target {
  if (settings.kbps != null) return "kbps";
  return settings.snr_db != null ? "snr_db" : "quality";
}

/** Return the settings with another target, at its starting value, so that never two are given. */
export function withTarget(
  settings: Schemas["Compress"],
  target: Target,
  value?: number,
): Schemas["Compress"] {
  const start = { kbps: START_KBPS, quality: QUALITY.start, snr_db: SNR.start }[target];
  const preset = target === "snr_db" ? null : settings.preset;
  return { task: "compress", ...(preset != null && { preset }), [target]: value ?? start };
}

function canonical(settings: Settings): string {
  const given = Object.entries(settings).filter(([, value]) => value !== null && value !== undefined);
  return JSON.stringify(given.sort(([a], [b]) => a.localeCompare(b)));
}

/** Whether two settings ask for the same, be a field absent or null. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return canonical(a) === canonical(b);
}

/** Whether the settings can be sent as they are. */
export function isComplete(settings: Settings, rate: number): boolean {
  if (settings.task === "score") return settings.estimate !== "";
  return settings.task !== "extend" || settings.rate > rate;
}

const number = (value: number) => String(Math.round(value * 100) / 100);
const percent = (value: number) => `${Math.round(value * 100)} %`;

/** Return the settings in a few words: "24 kbit/s, speech". */
export function inShort(settings: Settings): string {
  switch (settings.task) {
    case "compress": {
      const preset = settings.preset ? `, ${settings.preset}` : "";
      if (settings.kbps != null) return `${number(settings.kbps)} kbit/s${preset}`;
      if (settings.snr_db != null) return `${number(settings.snr_db)} dB SNR${preset}`;
      return `Quality ${number(settings.quality ?? QUALITY.start)}${preset}`;
    }
    case "denoise":
      return `Denoised, ${percent(settings.strength)}`;
    case "restore":
      return `Restored, ${percent(settings.strength)}`;
    case "extend":
      return `Extended to ${number(settings.rate / 1000)} kHz`;
    case "score":
      return "Scored";
  }
}

/** Return the place of a rate on the slider: that of the nearest step. */
export function placeOf(kbps: number): number {
  const distances = RATE_STEPS.map((step) => Math.abs(Math.log(step / kbps)));
  return distances.indexOf(Math.min(...distances));
}
