import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Job, Settings, Sound } from "../api/client";
import { inWords } from "../api/problem";
import { deleteJob, isActive, startJob } from "../api/queries";
import { isComplete, sameSettings } from "../choose/settings";
import { go, to } from "../route";
import { isAudible } from "./state";

/** Up to this length a result is made as soon as the settings rest; longer recordings wait for the button. */
export const AT_ONCE_SECONDS = 120;

/** Return the job that has these settings already, be it done or on its way. */
export function madeAlready(jobs: Job[], settings: Settings): Job | undefined {
  return jobs.find((job) => (job.state === "done" || isActive(job)) && sameSettings(job.settings, settings));
}

/** Return what makes a result of a sound, and goes to it; a job that nobody waits for any more is stopped. */
export function useMaking(sound: Sound | undefined, jobs: Job[], current: Job | undefined) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const make = async (settings: Settings) => {
    if (sound === undefined || !isComplete(settings, sound.rate)) return;
    setProblem(null);
    const made = madeAlready(jobs, settings);
    if (made !== undefined) return go(to.job(made.id), true);
    try {
      if (current !== undefined && !isAudible(current)) await deleteJob(client, current.id);
      const job = await startJob(client, sound.id, settings);
      go(to.job(job.id), true);
    } catch (error) {
      setProblem(inWords(error));
    }
  };
  return { make, problem };
}
