import type { FrequencyScale } from "../draw/axis";
import styles from "./comparison.module.css";
import type { Listening } from "./listening";

interface Props {
  listening: Listening;
  scale: FrequencyScale;
  setScale: (scale: FrequencyScale) => void;
}

/** Zoom, move, loop and the frequency axis, for those who have no keys at hand. */
export function ViewTools({ listening, scale, setScale }: Props) {
  const { zoom, pan, whole, mark, clear, loop } = listening;
  return (
    <>
      <div role="group" aria-label="What is seen" className={styles.group}>
        <button type="button" aria-label="Zoom in" onClick={() => zoom(0.5)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => zoom(2)}>
          −
        </button>
        <button type="button" onClick={whole}>
          All
        </button>
        <button type="button" aria-label="Look further left" onClick={() => pan(-0.5)}>
          ←
        </button>
        <button type="button" aria-label="Look further right" onClick={() => pan(0.5)}>
          →
        </button>
      </div>
      <div role="group" aria-label="Loop" className={styles.group}>
        <button type="button" aria-label="Begin the loop here" onClick={() => mark("start")}>
          [ Begin
        </button>
        <button type="button" aria-label="End the loop here" onClick={() => mark("end")}>
          End ]
        </button>
        <button
          type="button"
          aria-label="Clear the loop"
          disabled={!loop.on && !loop.stretch}
          onClick={clear}
        >
          Clear
        </button>
      </div>
      <label className={styles.scale}>
        Frequency
        <select value={scale} onChange={(event) => setScale(event.currentTarget.value as FrequencyScale)}>
          <option value="mel">as heard</option>
          <option value="linear">linear</option>
        </select>
      </label>
    </>
  );
}
