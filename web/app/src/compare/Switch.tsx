import { decibelText } from "../draw/axis";
import styles from "./comparison.module.css";
import type { Heard } from "./graph";
import { MOST_ERROR_GAIN, type Listening } from "./listening";

interface Props {
  listening: Listening;
  heard: Heard;
  names: { a: string; b: string };
  levels: string;
}

/** Which of A, B, X and the error is heard, and how loud. */
export function Switch({ listening, heard, names, levels }: Props) {
  const choices: [Heard, string, string][] = [
    ["a", "A", names.a],
    ["b", "B", names.b],
    ["x", "X", "A or B, unknown"],
    ["error", "Error", "what B adds to A"],
  ];
  return (
    <div className={styles.switch}>
      <div role="group" aria-label="What you hear" className={styles.choices}>
        {choices.map(([which, letter, name]) => (
          <button
            key={which}
            type="button"
            data-side={which}
            aria-pressed={heard === which}
            onClick={() => listening.hear(which)}
          >
            <strong>{letter}</strong>
            <span>{name}</span>
          </button>
        ))}
      </div>
      <div className={styles.levels}>
        <label className={styles.check}>
          <input type="checkbox" checked={listening.matched} onChange={listening.toggleMatch} />
          Match levels
        </label>
        <span className={styles.fact}>{levels}</span>
        <label className={styles.gain}>
          Error louder by
          <input
            type="range"
            min={0}
            max={MOST_ERROR_GAIN}
            step={1}
            value={listening.errorGain}
            aria-valuetext={decibelText(listening.errorGain)}
            onChange={(event) => listening.setErrorGain(Number(event.currentTarget.value))}
          />
          <span>{decibelText(listening.errorGain)}</span>
        </label>
      </div>
    </div>
  );
}
