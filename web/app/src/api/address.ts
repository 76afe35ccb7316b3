import type { Job, ResultKind } from "./client";

/** The folder of the page: every address of the API is relative to it, so that a proxy may put a prefix before it. */
export const base = new URL(".", typeof document === "undefined" ? "http://localhost/" : document.baseURI)
  .href;

/** Return the address of `path` ("api/events") of the server. */
export function address(path: string): string {
  return new URL(path, base).href;
}

/** Where the files of a job are: its own for its owner, those of a shared comparison for everybody else. */
export interface Place {
  job: Job;
  token?: string;
}

/** Return the address of one file of a job, or undefined where the job made none of that kind. */
export function resultAddress({ job, token }: Place, kind: ResultKind, download = false): string | undefined {
  if (!job.results.some((result) => result.kind === kind)) return undefined;
  const owner = token === undefined ? `api/jobs/${job.id}` : `api/shared/${encodeURIComponent(token)}`;
  return address(`${owner}/results/${kind}${download ? "?download=1" : ""}`);
}
