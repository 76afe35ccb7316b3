import type { Schemas } from "../api/client";

export type ScoreValue = Schemas["ScoreValue"];

interface MetricWords {
  name: string;
  what: string;
  /** Its ends, worst first, where a scale says something. */
  scale?: [number, number];
}

const OPINION = "predicted opinion of listeners, 1 to 5";

/** What the usual metrics are called, and what they say. Others stand under their own names. */
const WORDS: Record<string, MetricWords> = {
  snr: { name: "SNR", what: "signal against the error, sample by sample" },
  si_sdr: { name: "SI-SDR", what: "signal against the error, at the best gain" },
  segmental_snr: { name: "Segmental SNR", what: "mean SNR of short frames" },
  pesq_wb: { name: "PESQ", what: `speech: ${OPINION}`, scale: [1, 4.64] },
  pesq_nb: { name: "PESQ, narrow band", what: `telephone speech: ${OPINION}`, scale: [1, 4.55] },
  stoi: { name: "STOI", what: "speech: how well it is understood", scale: [0, 1] },
  estoi: { name: "ESTOI", what: "speech: how well it is understood", scale: [0, 1] },
  visqol_audio: { name: "ViSQOL", what: OPINION, scale: [1, 4.75] },
  visqol_speech: { name: "ViSQOL, speech", what: OPINION, scale: [1, 5] },
  mel_distance: { name: "Mel distance", what: "mean difference of the spectrograms" },
  lsd_sr: { name: "Log-spectral distance", what: "mean difference of the spectra" },
};

export function wordsOf(metric: string): MetricWords {
  return WORDS[metric] ?? { name: metric.replaceAll("_", " "), what: "" };
}

/** Return where a score lies between its worst and its best, 0 to 1, or undefined where it has no such ends. */
export function placeOnScale({ metric, value }: ScoreValue): number | undefined {
  const scale = wordsOf(metric).scale;
  if (scale === undefined || value === null) return undefined;
  return Math.min(1, Math.max(0, (value - scale[0]) / (scale[1] - scale[0])));
}

/** Return the value with its unit, or what stands in its place. */
export function valueInWords({ value, unit, note }: ScoreValue): string {
  if (value === null) return note ? "not defined" : "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit ? `\u202f${unit}` : ""}`;
}
