/** Opens both sides of a comparison and the pictures of the whole, measures levels, and lets go of everything. */

import { useEffect, useState } from "react";
import { Analysis } from "../draw/analysis";
import { fetchOverview, type Overview } from "../draw/overview";
import { openResult } from "./decoded";
import type { Match } from "./loudness";
import { ComparePlayer, type PlayerState } from "./player";
import { foldForHearing, openWav, type Channels, type Samples, type Source } from "./source";

export interface Opened {
  a: Samples;
  b: Samples;
  player: ComparePlayer;
  analysis: Analysis;
}

export interface Opening {
  opened?: Opened;
  /** Why nothing can be compared. */
  problem?: string;
  /** What did not come, though the rest works. */
  note?: string;
  match?: Match;
  playing: PlayerState;
  overviews: { a?: Overview; b?: Overview; error?: Overview };
}

const MEASURED_SECONDS = 20;
const MOST_MEASURED = 6;
const STOPPED: PlayerState = { status: "stopped", heard: "a" };

const sentence = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function openBoth(
  reference: Source,
  estimate: Source,
  signal: AbortSignal,
  tell: (note: string) => void,
): Promise<[Samples, Samples]> {
  const opening = openWav(reference.wav, signal);
  const [a, b] = await Promise.all([opening, openResult(estimate, opening, signal, tell)]);
  if (a.rate === b.rate && a.channels === b.channels) return [a, b];
  [a, b].forEach((samples) => samples.close());
  throw new Error(
    `A and B cannot be compared: ${a.rate} Hz, ${a.channels} ch and ${b.rate} Hz, ${b.channels} ch`,
  );
}

/** Pieces, spread evenly, by which the loudness of the whole is measured: everything up to two minutes. */
export async function piecesOf(samples: Samples, frames: number): Promise<Channels[]> {
  const length = MEASURED_SECONDS * samples.rate;
  if (frames <= MOST_MEASURED * length) return [foldForHearing(await samples.read(0, frames))];
  const starts = Array.from({ length: MOST_MEASURED }, (_, i) =>
    Math.floor(((frames - length) * i) / (MOST_MEASURED - 1)),
  );
  const pieces: Channels[] = [];
  for (const start of starts) pieces.push(foldForHearing(await samples.read(start, start + length)));
  return pieces;
}

async function measure({ a, b, player, analysis }: Opened): Promise<Match> {
  const [first, second] = await Promise.all([piecesOf(a, player.frames), piecesOf(b, player.frames)]);
  return analysis.match(first, second, a.rate);
}

type Change = Partial<Opening>;

/** Start everything, tell `change` what came of it, and return how to end it. */
function open(
  reference: Source,
  estimate: Source,
  error: string | undefined,
  change: (change: Change) => void,
): () => void {
  const abort = new AbortController();
  const unlessOver = (call: () => void) => !abort.signal.aborted && call();
  const overviews: Opening["overviews"] = {};
  const wanted = { a: reference.overview, b: estimate.overview, error };
  for (const [side, url] of Object.entries(wanted) as ["a" | "b" | "error", string | undefined][])
    if (url)
      fetchOverview(url, abort.signal).then(
        (overview) =>
          unlessOver(() =>
            change({ overviews: Object.assign({}, Object.assign(overviews, { [side]: overview })) }),
          ),
        (reason: unknown) => unlessOver(() => change({ note: sentence(reason) })),
      );
  let opened: Opened | undefined;
  openBoth(reference, estimate, abort.signal, (note) => unlessOver(() => change({ note })))
    .then(([a, b]) => {
      if (abort.signal.aborted) return [a, b].forEach((samples) => samples.close());
      const player = new ComparePlayer(a, b, (playing) => unlessOver(() => change({ playing })));
      opened = { a, b, player, analysis: new Analysis() };
      change({ opened });
      return measure(opened).then((match) => unlessOver(() => change({ match })));
    })
    .catch((reason: unknown) =>
      unlessOver(() => change(opened ? { note: sentence(reason) } : { problem: sentence(reason) })),
    );
  return () => {
    abort.abort();
    opened?.player.dispose();
    opened?.analysis.dispose();
    opened?.a.close();
    opened?.b.close();
  };
}

/** Return what is there of a comparison so far; the addresses must stay the same for as long as it is mounted. */
export function useOpening(reference: Source, estimate: Source, error: string | undefined): Opening {
  const [state, setState] = useState<Opening>({ playing: STOPPED, overviews: {} });
  const addresses = JSON.stringify([reference, estimate, error ?? null]);
  useEffect(() => {
    const [from, to, difference] = JSON.parse(addresses) as [Source, Source, string | null];
    return open(from, to, difference ?? undefined, (change) =>
      setState((before) => ({ ...before, ...change })),
    );
  }, [addresses]);
  return state;
}
