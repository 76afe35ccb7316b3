import type { Job } from "../api/client";
import { isActive } from "../api/queries";
import { TASK_WORDS } from "../choose/settings";
import { bytes, ratio } from "../numbers/format";

/** Return how many jobs of this session come before a waiting one. */
export function before(job: Job, jobs: Job[]): number {
  return jobs.filter((other) => isActive(other) && other.id !== job.id && other.created < job.created).length;
}

/** Whether a job can be heard: its sounds are there before its scores are measured. */
export function isAudible(job: Job): boolean {
  return job.report !== null && (job.state === "done" || job.state === "running");
}

/** Return what becomes of a job, in a sentence. */
export function inWords(job: Job, jobs: Job[] = []): string {
  const percent = Math.round(job.progress * 100);
  switch (job.state) {
    case "queued": {
      const count = before(job, jobs);
      if (job.attempts > 0) return "Interrupted; it begins again in a moment.";
      return count === 0 ? "Waiting for its turn" : `Waiting: ${count} of yours before it`;
    }
    case "running":
      if (isAudible(job)) return `Ready to hear; measuring, ${percent} %`;
      return `${TASK_WORDS[job.settings.task].doing}${job.note ? `: ${job.note}` : ""}, ${percent} %`;
    case "done":
      return doneInWords(job);
    case "failed":
      return job.error?.detail ?? "It failed.";
    case "cancelled":
      return "Stopped.";
  }
}

function doneInWords({ report, settings }: Job): string {
  if (report?.bytes == null) return `${TASK_WORDS[settings.task].verb}: done.`;
  return `Done: ${bytes(report.bytes)}, ${ratio(report.source_bytes, report.bytes)}.`;
}

/** Return the jobs of a sound, the latest first. */
export function jobsOf(sound: string, jobs: Job[]): Job[] {
  return jobs.filter((job) => job.sound === sound).sort((a, b) => b.created - a.created);
}

/** Return what stands in the title of the window. */
export function titleOf(name: string | undefined, active: Job[], uploading: number[]): string {
  const shares = [...uploading, ...active.map((job) => job.progress)];
  const words = name === undefined ? "Ligeia" : `${name} · Ligeia`;
  if (shares.length === 0) return words;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return `${Math.round(100 * mean)} % · ${words}`;
}
