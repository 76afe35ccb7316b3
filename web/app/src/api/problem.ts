import type { Problem } from "./client";

/** A refusal or failure, with a sentence for people. */
export class Refused extends Error {
  readonly code: string;
  readonly status: number;
  /** Seconds after which it may be tried again, where the server said so. */
  readonly retryAfter?: number;

  constructor(problem: Problem, status = 0, retryAfter?: number) {
    super(problem.detail);
    this.name = "Refused";
    this.code = problem.code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const WORDS: Record<number, string> = {
  401: "This session has ended. Reload the page.",
  403: "The server refused this: it came from another site.",
  404: "This is no longer on the server.",
  413: "The file is too large for this server.",
  415: "The server does not know this kind of file. WAV, FLAC, MP3, Ogg, Opus and M4A work.",
  429: "That was a lot at once. Wait a moment, then try again.",
  502: "The server is not answering. Try again in a moment.",
  503: "The server is busy. Try again in a moment.",
  507: "The server has no space left for this.",
};

/** The page reached no server: it stopped, or the network is gone. */
export function unreachable(): Refused {
  return new Refused({ code: "unreachable", detail: "The server does not answer. Is the network there?" });
}

function isProblem(body: unknown): body is Problem {
  const candidate = body as Problem | null;
  return typeof candidate?.code === "string" && typeof candidate.detail === "string";
}

function firstOf(body: unknown): string | undefined {
  const detail = (body as { detail?: unknown } | null)?.detail;
  if (typeof detail === "string") return detail;
  const first = Array.isArray(detail) ? (detail[0] as { msg?: unknown } | undefined) : undefined;
  return typeof first?.msg === "string" ? first.msg : undefined;
}

/** Return what a server meant by `body`, be it a problem of ours, a list of a validator, or plain text of a proxy. */
export function refusal(status: number, body: unknown, retryAfter?: string | null): Refused {
  const after = retryAfter ? Number(retryAfter) : Number.NaN;
  const seconds = Number.isFinite(after) ? after : undefined;
  if (isProblem(body)) return new Refused(body, status, seconds);
  let parsed: unknown;
  try {
    parsed = typeof body === "string" ? JSON.parse(body) : body;
  } catch {
    parsed = undefined; // a proxy's own page, or the plain text of a body limit: its status says enough
  }
  if (isProblem(parsed)) return new Refused(parsed, status, seconds);
  const detail = WORDS[status] ?? firstOf(parsed) ?? `The server answered with an error (${status}).`;
  return new Refused({ code: `http_${status}`, detail }, status, seconds);
}

/** Return the sentence to show for anything that was thrown. */
export function inWords(error: unknown): string {
  if (error instanceof Refused) return error.message;
  return unreachable().message;
}
