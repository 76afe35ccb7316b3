import { useRef, useState } from "react";
import {
  guessingProbability,
  hitsOf,
  isOver,
  probabilityText,
  resultText,
  verdictOf,
  type Test,
} from "./abx";
import styles from "./comparison.module.css";
import type { Heard } from "./graph";
import type { AbxState } from "./blind";

const TRIALS = [5, 8, 10, 16, 20, 25];

interface Props {
  abx: AbxState;
  names: { a: string; b: string };
  levels: string;
  heard: Heard;
}

/** The panel of the blind test. */
export function TestPanel({ abx, names, levels, heard }: Props) {
  const { test } = abx;
  return (
    <details className={styles.abx} open={test !== undefined || undefined}>
      <summary>Blind test (ABX): can you tell A from B?</summary>
      {test && !isOver(test) ? (
        <Running test={test} abx={abx} heard={heard} />
      ) : (
        <>
          {test && <Result test={test} names={names} levels={levels} />}
          <Beginning abx={abx} again={test !== undefined} />
        </>
      )}
    </details>
  );
}

function Beginning({ abx, again }: { abx: AbxState; again: boolean }) {
  const [planned, setPlanned] = useState(10);
  const [shown, setShown] = useState(false);
  return (
    <div className={styles.panel}>
      {!again && (
        <p>
          In each trial X is A or B, drawn at random. Listen as often as you like, loop a stretch where you
          expect a difference, then say which one X is. Choose the number of trials beforehand: stopping when
          it looks good makes guessing look like hearing.
        </p>
      )}
      <div className={styles.row}>
        <label className={styles.scale}>
          Trials
          <select value={planned} onChange={(event) => setPlanned(Number(event.currentTarget.value))}>
            {TRIALS.map((count) => (
              <option key={count}>{count}</option>
            ))}
          </select>
        </label>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={shown}
            onChange={(event) => setShown(event.currentTarget.checked)}
          />
          Show after each answer whether it was right
        </label>
        <button type="button" className={styles.button} onClick={() => abx.start(planned, shown)}>
          {again ? "Start another test" : "Start test"}
        </button>
      </div>
    </div>
  );
}

function Running({ test, abx, heard }: { test: Test; abx: AbxState; heard: Heard }) {
  const [hits, done] = [hitsOf(test), test.trials.length];
  return (
    <div className={styles.panel}>
      <p>
        <strong>
          Trial {done + 1} of {test.planned}.
        </strong>{" "}
        {heard === "x" ? "You hear X." : "Listen to X, too."}{" "}
        {test.shown &&
          done > 0 &&
          `${hits} of ${done} right, ${probabilityText(guessingProbability(hits, done))}.`}
      </p>
      <div className={styles.row}>
        <button type="button" className={styles.button} onClick={() => abx.answer("a")}>
          X is A <kbd>F</kbd>
        </button>
        <button type="button" className={styles.button} onClick={() => abx.answer("b")}>
          X is B <kbd>J</kbd>
        </button>
        <button type="button" className={styles.quiet} onClick={abx.stop}>
          End the test now
        </button>
      </div>
    </div>
  );
}

function Result({ test, names, levels }: { test: Test; names: { a: string; b: string }; levels: string }) {
  const [hits, done] = [hitsOf(test), test.trials.length];
  const text = resultText(test, { ...names, levels, date: new Date().toISOString().slice(0, 10) });
  if (!done) return <p className={styles.panel}>The test was ended before the first answer.</p>;
  return (
    <div className={styles.panel}>
      <p className={styles.score} data-testid="abx-result">
        <strong>
          {hits} of {done} right
        </strong>{" "}
        {probabilityText(guessingProbability(hits, done))}
      </p>
      <p>
        {verdictOf(hits, done)} p is the probability of at least as many hits by guessing.
        {test.stopped &&
          ` The test was stopped after ${done} of ${test.planned} trials, so p is not to be relied on.`}
      </p>
      <Copied text={text} />
    </div>
  );
}

/** A text to copy, which can be marked by hand where the browser has no clipboard for us (plain http). */
function Copied({ text }: { text: string }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [said, setSaid] = useState("");
  const byHand = () => {
    area.current?.select();
    setSaid("Marked: press Ctrl + C");
  };
  const copy = () => {
    if (!navigator.clipboard) return byHand();
    navigator.clipboard.writeText(text).then(() => setSaid("Copied"), byHand);
  };
  return (
    <>
      <textarea
        ref={area}
        className={styles.result}
        aria-label="Result as text"
        readOnly
        rows={7}
        value={text}
      />
      <div className={styles.row}>
        <button type="button" className={styles.button} onClick={copy}>
          Copy result
        </button>
        <span role="status">{said}</span>
      </div>
    </>
  );
}
