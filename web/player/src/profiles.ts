import { FormatError } from "./errors";

/** Noise in place of zeros: its amplitude is a part of what a band lacks, up to a part of the step. */
export interface NoiseFilling {
  readonly low: number;
  readonly high: number;
  readonly limit: number;
}

/** A rule from scale factors to steps and back to coefficients (FORMAT.md §8.2). */
export interface Profile {
  readonly name: ProfileName;
  readonly hasScaleFactors: boolean;
  readonly slope: number;
  readonly loud: number;
  readonly spread: number;
  readonly past: number;
  readonly tilt: number;
  readonly filling: NoiseFilling;
  /** The same in bands without any coefficient. */
  readonly emptyFilling: NoiseFilling;
  readonly noiseSplitHz: number;
  readonly reconstructionBias: number;
}

export type ProfileName = "waveform" | "speech" | "music" | "speech_low";

const NOTHING = { low: 0, high: 0, limit: 0 };

const WAVEFORM: Profile = {
  name: "waveform",
  hasScaleFactors: false,
  slope: 0,
  loud: 0,
  spread: 0,
  past: 0,
  tilt: 0,
  filling: NOTHING,
  emptyFilling: NOTHING,
  noiseSplitHz: 2000,
  reconstructionBias: 0.05,
};

const SPEECH: Profile = {
  name: "speech",
  hasScaleFactors: true,
  slope: 7,
  loud: 4,
  spread: 2,
  past: 3,
  tilt: 13,
  filling: { low: 0.46, high: 0.58, limit: 0.083 },
  emptyFilling: { low: 0.67, high: 0.64, limit: 0.21 },
  noiseSplitHz: 4900,
  reconstructionBias: 0.06,
};

const MUSIC: Profile = {
  name: "music",
  hasScaleFactors: true,
  slope: 8,
  loud: 0,
  spread: 4,
  past: 0,
  tilt: 3,
  filling: { low: 0.33, high: 1, limit: 0.15 },
  emptyFilling: { low: 0.84, high: 0.84, limit: 0.2 },
  noiseSplitHz: 3300,
  reconstructionBias: 0.16,
};

/** All profiles, by their numbers; the last one has the rule of speech, and contexts of its own. */
export const PROFILES: readonly Profile[] = [WAVEFORM, SPEECH, MUSIC, { ...SPEECH, name: "speech_low" }];

/** Return the profile with a number. */
export function profileOf(number: number): Profile {
  const profile = PROFILES[number];
  if (!profile)
    throw new FormatError(`${number} is not a known profile; there are: ${[...PROFILES.keys()].join(", ")}`);
  return profile;
}
