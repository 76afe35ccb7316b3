import { useCallback, useEffect, useMemo, useState } from "react";
import type { FrequencyScale } from "../draw/axis";
import { useExact, type Scene } from "../draw/exact";
import { Tracks, type Place } from "../draw/Tracks";
import { TestPanel } from "./TestPanel";
import styles from "./comparison.module.css";
import { KeyHelp } from "./KeyHelp";
import { actionOf } from "./keys";
import { Legend } from "./Legend";
import { matchText, useListening } from "./listening";
import { useOpening } from "./opening";
import { Readout } from "./Readout";
import type { Source } from "./source";
import { Switch } from "./Switch";
import { useAbx } from "./blind";
import { Transport } from "./Transport";
import { ViewTools } from "./ViewTools";

export type { Source } from "./source";

export interface ComparisonProps {
  reference: Source;
  estimate: Source;
  /** Address of the overview file of the error. */
  error?: string;
  names: { a: string; b: string };
  seconds: number;
  rate: number;
  channels: number;
}

/** Hear and see what differs between two sounds of the same length. It owns its keys while it is there. */
export function Comparison(props: ComparisonProps) {
  const [attempt, setAttempt] = useState(0);
  const { reference, estimate, error } = props;
  // another comparison starts from nothing: no sound, loop or test of the last one is left
  const key = JSON.stringify([reference, estimate, error, attempt]);
  return <OneComparison key={key} {...props} retry={() => setAttempt(attempt + 1)} />;
}

const DEFAULT_RANGE = { lowDecibels: -100, highDecibels: 0 };

function OneComparison({
  reference,
  estimate,
  error,
  names,
  seconds,
  rate,
  retry,
}: ComparisonProps & { retry: () => void }) {
  const opening = useOpening(reference, estimate, error);
  const { opened, overviews, playing } = opening;
  const listening = useListening(opening, seconds, names);
  const abx = useAbx(opened?.player, listening.say);
  const [scale, setScale] = useState<FrequencyScale>("mel");
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<Place>();
  const [help, setHelp] = useState(false);
  const [keysOn, setKeysOn] = useState(true);

  const { lowDecibels, highDecibels } = overviews.a ?? DEFAULT_RANGE;
  const topHertz = overviews.a?.topHertz ?? rate / 2;
  const scene = useMemo<Scene | undefined>(
    () => opened && { ...opened, topHertz, lowDecibels, highDecibels },
    [opened, topHertz, lowDecibels, highDecibels],
  );
  const exact = useExact(scene, listening.view, width, scale);

  useKeys(keysOn, listening, abx.answer, () => setHelp(true));

  const { chooseStretch, setDraft } = listening;
  const onStretch = useCallback(
    (from: number, to: number, done: boolean) => {
      setDraft(done ? undefined : { start: Math.min(from, to), end: Math.max(from, to) });
      if (done) chooseStretch(from, to);
    },
    [chooseStretch, setDraft],
  );

  if (opening.problem) return <Problem text={opening.problem} retry={retry} />;
  return (
    <section className={styles.comparison} aria-label="Comparison">
      <Transport listening={listening} playing={playing} ready={opened !== undefined} />
      <Switch
        listening={listening}
        heard={playing.heard}
        names={names}
        levels={matchText(opening, listening.matched)}
      />
      <Tracks
        {...{ names, topHertz, scale, overviews, exact, onStretch }}
        total={listening.total}
        view={listening.view}
        onView={listening.setView}
        stretch={listening.draft ?? (listening.loop.on ? listening.loop.stretch : undefined)}
        onSeek={listening.seek}
        onHover={setHover}
        onWidth={setWidth}
        position={listening.position}
      />
      <Readout {...{ hover, overviews, exact, topHertz, scale }} position={listening.position} />
      <div className={styles.tools}>
        <ViewTools {...{ listening, scale, setScale }} />
        <Legend low={lowDecibels} high={highDecibels} />
        <button type="button" className={styles.quiet} onClick={() => setHelp(true)} aria-haspopup="dialog">
          Keys <kbd>?</kbd>
        </button>
      </div>
      {opened?.b.decodedHere && (
        <p className={styles.note}>B is decoded in this browser, from the .lig stream.</p>
      )}
      {opening.note && <p className={styles.note}>Not everything could be loaded: {opening.note}.</p>}
      <TestPanel
        abx={abx}
        names={names}
        levels={matchText(opening, listening.matched)}
        heard={playing.heard}
      />
      <KeyHelp open={help} close={() => setHelp(false)} on={keysOn} setOn={setKeysOn} />
      <p role="status" className={styles.spoken}>
        {listening.said}
      </p>
    </section>
  );
}

function Problem({ text, retry }: { text: string; retry: () => void }) {
  return (
    <section className={styles.comparison} aria-label="Comparison">
      <p role="alert">This comparison could not be opened: {text}.</p>
      <button type="button" className={styles.button} onClick={retry}>
        Try again
      </button>
    </section>
  );
}

function useKeys(
  on: boolean,
  listening: ReturnType<typeof useListening>,
  answer: (side: "a" | "b") => void,
  help: () => void,
): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const action = actionOf(event);
      if (!action || (!on && action.do !== "help")) return;
      event.preventDefault();
      if (action.do === "play") listening.play();
      else if (action.do === "hear") listening.hear(action.which);
      else if (action.do === "step") listening.seek(listening.position() + action.by);
      else if (action.do === "go") listening.seek(action.to === "start" ? 0 : listening.total);
      else if (action.do === "mark") listening.mark(action.edge);
      else if (action.do === "loop") listening.toggleLoop();
      else if (action.do === "clear") listening.clear();
      else if (action.do === "zoom") listening.zoom(action.factor);
      else if (action.do === "whole") listening.whole();
      else if (action.do === "pan") listening.pan(action.by);
      else if (action.do === "match") listening.toggleMatch();
      else if (action.do === "answer") answer(action.side);
      else help();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  });
}
