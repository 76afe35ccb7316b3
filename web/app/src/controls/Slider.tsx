import { useEffect, useId, useRef } from "react";
import styles from "./controls.module.css";

interface SliderProps {
  label: string;
  value: number;
  least: number;
  most: number;
  step: number | "any";
  /** The value with its unit, for eyes and for a screen reader. */
  words: string;
  ends: [string, string];
  onMove: (value: number) => void;
  /** Called when it is let go, or rests after a key. */
  onRest: () => void;
}

const REST_MS = 400;

/** A slider that tells moving, which costs nothing, from resting, at which something is computed. */
export function Slider({ label, value, least, most, step, words, ends, onMove, onRest }: SliderProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const rest = useRef(onRest);
  useEffect(() => {
    rest.current = onRest;
  });
  useEffect(() => {
    // React's onChange is the input event, which comes while it moves; the browser's change comes when it is let go
    const element = input.current!;
    let byPointer = false;
    const pointed = () => (byPointer = true);
    const typed = () => (byPointer = false);
    const changed = () => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => rest.current(), byPointer ? 0 : REST_MS);
    };
    const listeners = { pointerdown: pointed, keydown: typed, change: changed };
    const entries = Object.entries(listeners);
    entries.forEach(([name, listener]) => element.addEventListener(name, listener));
    return () => {
      clearTimeout(timer.current);
      entries.forEach(([name, listener]) => element.removeEventListener(name, listener));
    };
  }, []);
  return (
    <div>
      <div className={styles.row} style={{ justifyContent: "space-between" }}>
        <label htmlFor={id} className={styles.legend} style={{ margin: 0 }}>
          {label}
        </label>
        <span style={{ fontWeight: 620 }}>{words}</span>
      </div>
      <input
        ref={input}
        id={id}
        className={styles.slider}
        type="range"
        min={least}
        max={most}
        step={step}
        value={value}
        aria-valuetext={words}
        onChange={(event) => onMove(Number(event.target.value))}
      />
      <div
        className={`${styles.row} ${styles.hint}`}
        style={{ justifyContent: "space-between" }}
        aria-hidden="true"
      >
        <span>{ends[0]}</span>
        <span>{ends[1]}</span>
      </div>
    </div>
  );
}
