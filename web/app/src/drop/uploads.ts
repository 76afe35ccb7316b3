import type { Limits, Sound } from "../api/client";
import { inWords } from "../api/problem";
import { upload, type UploadOptions } from "../api/upload";
import { bytes } from "../numbers/format";
import type { Named } from "./useDropAnywhere";

export interface Upload {
  key: number;
  name: string;
  size: number;
  state: "waiting" | "sending" | "done" | "refused";
  /** Of the bytes that were sent, 0 to 1. */
  share: number;
  problem?: string;
  sound?: Sound;
}

type Bytes = Pick<Named, "file" | "isFolder">;
type Send = (file: Blob, name: string, options: UploadOptions) => Promise<Sound>;
type Entry = Upload & { file: Blob; abort: AbortController };

const AT_ONCE = 2;

/** Return why a file needs not be sent at all, or undefined. */
export function refusedBefore({ file, isFolder }: Bytes, limits: Limits | undefined): string | undefined {
  if (isFolder) return "This is a folder. Drop the files that are in it.";
  if (file.size === 0) return "This file is empty.";
  if (limits !== undefined && file.size > limits.max_bytes)
    return `This file has ${bytes(file.size)}; this server takes up to ${bytes(limits.max_bytes)}.`;
  return undefined;
}

/** The files on their way to the server: two at a time, each to be stopped or tried again. */
export class Uploads {
  private limits: Limits | undefined;
  private onSettled: (sounds: Sound[]) => void = () => undefined;
  private entries: Entry[] = [];
  private shown: Upload[] = [];
  private nextKey = 1;
  /** Whether the server has answered with its cookie: two first uploads would begin two sessions. */
  private isKnown = false;
  private readonly send: Send;
  private readonly listeners = new Set<() => void>();

  constructor(send: Send = upload) {
    this.send = send;
  }

  /** Say what the server takes, and what to do with the sounds of a drop when none of its files is on its way. */
  configure(limits: Limits | undefined, onSettled: (sounds: Sound[]) => void): void {
    this.limits = limits;
    this.onSettled = onSettled;
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly items = (): Upload[] => this.shown;

  add(files: Named[]): void {
    for (const one of files) {
      const { file, name } = one;
      const problem = refusedBefore(one, this.limits);
      const state = problem === undefined ? "waiting" : "refused";
      const abort = new AbortController();
      this.entries.push({
        key: this.nextKey++,
        name,
        size: file.size,
        state,
        share: 0,
        problem,
        file,
        abort,
      });
    }
    this.advance();
  }

  /** Stop an upload, or take a refused one off the list. */
  drop(key: number): void {
    this.entries.find((entry) => entry.key === key)?.abort.abort();
    this.entries = this.entries.filter((entry) => entry.key !== key);
    this.advance();
  }

  retry(key: number): void {
    const entry = this.entries.find((one) => one.key === key);
    if (entry === undefined) return;
    Object.assign(entry, { state: "waiting", share: 0, problem: undefined });
    this.advance();
  }

  private advance(): void {
    const sending = this.entries.filter((entry) => entry.state === "sending").length;
    const most = this.isKnown ? AT_ONCE : 1;
    const next = this.entries.filter((entry) => entry.state === "waiting").slice(0, most - sending);
    next.forEach((entry) => void this.run(entry));
    this.tell();
    const onTheirWay = this.entries.some((entry) => entry.state === "waiting" || entry.state === "sending");
    const sounds = this.entries.flatMap((entry) => entry.sound ?? []);
    if (onTheirWay || sounds.length === 0) return;
    this.entries = this.entries.filter((entry) => entry.state === "refused");
    this.tell();
    this.onSettled(sounds);
  }

  private async run(entry: Entry): Promise<void> {
    entry.state = "sending";
    const onProgress = (share: number) => {
      entry.share = share;
      this.tell();
    };
    try {
      entry.sound = await this.send(entry.file, entry.name, { signal: entry.abort.signal, onProgress });
      entry.state = "done";
      this.isKnown = true;
    } catch (error) {
      if (entry.abort.signal.aborted) return; // taken off the list already
      entry.state = "refused";
      entry.problem = inWords(error);
    }
    this.advance();
  }

  private tell(): void {
    this.shown = this.entries.map(({ key, name, size, state, share, problem, sound }) => {
      return { key, name, size, state, share, problem, sound };
    });
    this.listeners.forEach((listener) => listener());
  }
}
