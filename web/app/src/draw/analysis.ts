/** Asks the Worker for spectra and for the match of levels. */

import type { Match } from "../compare/loudness";
import type { Channels } from "../compare/source";
import type { PictureOf } from "./spectrum";

export type Question =
  | { id: number; kind: "spectra"; a: Channels; b: Channels; picture: PictureOf }
  | { id: number; kind: "match"; a: Channels[]; b: Channels[]; rate: number };

export interface Spectra {
  a: Uint8Array<ArrayBuffer>;
  b: Uint8Array<ArrayBuffer>;
  error: Uint8Array<ArrayBuffer>;
}

export type Answer =
  | ({ id: number; kind: "spectra" } & Spectra)
  | { id: number; kind: "match"; match: Match }
  | { id: number; kind: "failed"; problem: string };

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

export class Analysis {
  private readonly worker = new Worker(new URL("./analysis.worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.kind === "failed") waiting?.reject(new Error(data.problem));
      else waiting?.resolve(data);
    };
    this.worker.onerror = (event) => {
      for (const { reject } of this.waiting.values())
        reject(new Error(event.message || "the analysis could not start"));
      this.waiting.clear();
    };
  }

  async spectra(a: Channels, b: Channels, picture: PictureOf): Promise<Spectra> {
    const answer = await this.ask((id) => ({ id, kind: "spectra", a, b, picture }));
    return answer as Answer & Spectra;
  }

  async match(a: Channels[], b: Channels[], rate: number): Promise<Match> {
    const answer = await this.ask((id) => ({ id, kind: "match", a, b, rate }));
    return (answer as Answer & { match: Match }).match;
  }

  dispose(): void {
    this.worker.terminate();
    this.waiting.clear();
  }

  private ask(question: (id: number) => Question): Promise<Answer> {
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage(question(id));
    });
  }
}
