import type { Job, Settings, Sound } from "../api/client";
import { isActive } from "../api/queries";
import { sameSettings } from "../choose/settings";
import { jobsOf } from "./state";

/** Return the job that a row of the table shows: the one with these settings, or, without settings, the latest. */
export function jobOfRow(sound: Sound, jobs: Job[], settings: Settings | null): Job | undefined {
  const own = jobsOf(sound.id, jobs);
  return settings === null ? own[0] : own.find((job) => sameSettings(job.settings, settings));
}

/**
 * Return the sounds whose jobs may be started now: those without a job of these settings, as many as the server takes
 * from one session at a time.
 */
export function nextToStart(sounds: Sound[], jobs: Job[], settings: Settings, maxWaiting: number): Sound[] {
  const free = Math.max(0, maxWaiting - jobs.filter(isActive).length);
  return sounds.filter((sound) => jobOfRow(sound, jobs, settings) === undefined).slice(0, free);
}
