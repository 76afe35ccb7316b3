import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Job, Settings, Sound } from "../api/client";
import { inWords, Refused } from "../api/problem";
import { startJob, useLimits } from "../api/queries";
import { nextToStart } from "./batch";

const PAUSE_MS = 3000;

/** Run one setting over several sounds, a few at a time, as the server takes them. */
export function useBatch(sounds: Sound[], jobs: Job[]) {
  const client = useQueryClient();
  const maxWaiting = useLimits()?.max_waiting ?? 1;
  const [settings, setSettings] = useState<Settings | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [pauses, setPauses] = useState(0);
  const isBusy = useRef(false);

  useEffect(() => {
    if (settings === null || problem !== null || isBusy.current) return;
    const next = nextToStart(sounds, jobs, settings, maxWaiting)[0];
    if (next === undefined) return;
    isBusy.current = true;
    const later = (seconds?: number) =>
      setTimeout(() => setPauses((count) => count + 1), seconds === undefined ? PAUSE_MS : 1000 * seconds);
    startJob(client, next.id, settings)
      .catch((error: unknown) => {
        if (error instanceof Refused && error.status === 429) later(error.retryAfter);
        else setProblem(inWords(error));
      })
      .finally(() => {
        isBusy.current = false;
      });
  }, [client, sounds, jobs, settings, maxWaiting, problem, pauses]);

  const start = (chosen: Settings) => {
    setProblem(null);
    setSettings(chosen);
  };
  return { settings, problem, start, stop: () => setSettings(null) };
}
