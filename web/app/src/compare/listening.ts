/** What somebody has chosen while listening: loop, view, levels; and what each key and button does with them. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { decibelText, timeText } from "../draw/axis";
import { following, panned, span, whole, zoomed, type View } from "../draw/zoom";
import type { Heard } from "./graph";
import type { Opening } from "./opening";

const SHORTEST_LOOP = 0.02;
export const MOST_ERROR_GAIN = 60;
const FOLLOW_MILLISECONDS = 200;

const linear = (decibels: number) => 10 ** (decibels / 20);

export interface Loop {
  on: boolean;
  /** In seconds; undefined for all of the sound. */
  stretch?: View;
}

export function useListening(opening: Opening, seconds: number, names: { a: string; b: string }) {
  const { opened, match, playing } = opening;
  const player = opened?.player;
  const total = player ? player.frames / player.rate : seconds;
  const [loop, setLoop] = useState<Loop>({ on: false });
  const [draft, setDraft] = useState<View>();
  const [view, setView] = useState<View>(() => whole(seconds));
  const [matched, setMatched] = useState(true);
  const [errorGain, setErrorGain] = useState(0);
  const [said, say] = useState("");

  const position = useCallback(() => (player ? player.position() / player.rate : 0), [player]);

  useEffect(() => {
    const gain = (side: "a" | "b") => (matched && match ? linear(match[side]) : 1);
    player?.setGains(gain("a"), gain("b"), linear(errorGain));
  }, [player, match, matched, errorGain]);

  useEffect(() => {
    const stretch = loop.stretch ?? whole(total);
    const frame = (time: number) => Math.round(time * (player?.rate ?? 0));
    player?.setLoop(loop.on ? { start: frame(stretch.start), end: frame(stretch.end) } : undefined);
  }, [player, loop, total]);

  useFollowing(playing.status === "playing", view, setView, total, position);

  const hearing = useCallback(
    (which: Heard) => {
      player?.hear(which);
      say(`Hearing ${{ a: `A, ${names.a}`, b: `B, ${names.b}`, x: "X", error: "the error" }[which]}`);
    },
    [player, names.a, names.b],
  );

  const actions = useMemo(() => {
    const chooseStretch = (from: number, to: number) => {
      const stretch = { start: Math.max(0, Math.min(from, to)), end: Math.min(total, Math.max(from, to)) };
      if (span(stretch) < SHORTEST_LOOP) return;
      setLoop({ on: true, stretch });
      say(`Loop from ${timeText(stretch.start)} to ${timeText(stretch.end)}`);
    };
    return {
      play: () => {
        if (!player) return;
        if (playing.status === "playing" || playing.status === "loading") {
          player.pause();
          say(`Paused at ${timeText(position(), 0.1)}`);
        } else {
          void player.play(); // it never rejects: what fails is in its state
          say("Playing");
        }
      },
      seek: (time: number) => player?.seek(time * player.rate),
      chooseStretch,
      mark: (edge: "start" | "end") => {
        const here = position();
        const { start, end } = loop.stretch ?? whole(total);
        if (edge === "start") chooseStretch(here, end > here ? end : total);
        else chooseStretch(start < here ? start : 0, here);
      },
      toggleLoop: () => {
        setLoop(({ on, stretch }) => ({ on: !on, stretch }));
        say(loop.on ? "Loop off" : "Loop on");
      },
      clear: () => {
        setLoop({ on: false });
        say("No loop");
      },
      toggleMatch: () => {
        setMatched(!matched);
        say(matched ? "Levels as they are" : "Levels matched");
      },
      zoom: (factor: number) =>
        setView((now) => {
          const cursor = position();
          const seen = cursor >= now.start && cursor <= now.end;
          return zoomed(now, factor, seen ? cursor : (now.start + now.end) / 2, total);
        }),
      pan: (part: number) => setView((now) => panned(now, part * span(now), total)),
      whole: () => setView(whole(total)),
    };
  }, [player, playing.status, position, loop, total, matched]);

  return {
    ...actions,
    ...{
      total,
      position,
      loop,
      draft,
      setDraft,
      view,
      setView,
      matched,
      errorGain,
      setErrorGain,
      said,
      say,
      hear: hearing,
    },
  };
}

export type Listening = ReturnType<typeof useListening>;

/** Turn the page when the cursor runs out of what is seen; not while somebody looks elsewhere. */
function useFollowing(
  active: boolean,
  view: View,
  setView: (view: View) => void,
  total: number,
  position: () => number,
): void {
  const seen = useRef(true);
  useEffect(() => {
    const isSeen = () => position() >= view.start && position() <= view.end;
    seen.current = isSeen();
    if (!active) return;
    const timer = setInterval(() => {
      if (seen.current && !isSeen()) setView(following(view, position(), total));
      seen.current = isSeen();
    }, FOLLOW_MILLISECONDS);
    return () => clearInterval(timer);
  }, [active, view, setView, total, position]);
}

/** Say what was done to the levels. */
export function matchText(opening: Opening, matched: boolean): string {
  const { match } = opening;
  if (!match) return opening.note ? "Levels could not be measured" : "Measuring levels";
  const by = match.by === "loudness" ? "" : " (by mean power)";
  const side = match.a < match.b ? "a" : "b";
  if (Math.abs(match[side]) < 0.05) return `Equally loud${by}`;
  const name = side.toUpperCase();
  if (!matched) return `${name} is ${decibelText(-match[side], 1)} louder${by}`;
  return `${name} turned down by ${decibelText(-match[side], 1)}${by}`;
}
