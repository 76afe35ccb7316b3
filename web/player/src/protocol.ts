import { Damaged, EndsEarly, FormatError, OverBudget, Unsupported } from "./errors";
import type { Facts, StreamOptions } from "./facts";

/** What the page asks of the Worker, in this order: open, then bytes until the end, and reads at any time. */
export type Request =
  | { readonly kind: "open"; readonly options: Omit<StreamOptions, "complete"> }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "read"; readonly id: number; readonly start: number; readonly stop: number };

/** What the Worker says. */
export type Reply =
  | { readonly kind: "opened"; readonly facts: Facts; readonly readable: number }
  | { readonly kind: "readable"; readonly samples: number }
  | { readonly kind: "samples"; readonly id: number; readonly samples: Float32Array<ArrayBuffer>[] }
  /** Of one read, or without `id` of the whole stream. */
  | { readonly kind: "failed"; readonly id?: number; readonly error: SentError };

/** An error as it is sent: messages do not keep its class. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly block?: number;
  readonly reason?: string;
  readonly wholeSeconds?: number;
}

export function sent(error: unknown): SentError {
  if (error instanceof Damaged) {
    const { name, message, block, reason, wholeSeconds } = error;
    return { name, message, block, reason, wholeSeconds };
  }
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

const KINDS = { FormatError, Unsupported, EndsEarly, OverBudget };

export function received(error: SentError): Error {
  if (error.name === "Damaged") return new Damaged(error.block!, error.reason!, error.wholeSeconds!);
  const kind = KINDS[error.name as keyof typeof KINDS] ?? Error;
  return new kind(error.message);
}
