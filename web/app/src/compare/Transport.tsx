import { useEffect, useRef } from "react";
import { timeText } from "../draw/axis";
import styles from "./comparison.module.css";
import type { Listening } from "./listening";
import type { PlayerState } from "./player";

interface Props {
  listening: Listening;
  playing: PlayerState;
  ready: boolean;
}

/** Play, loop, and where in the sound. */
export function Transport({ listening, playing, ready }: Props) {
  const active = playing.status === "playing" || playing.status === "loading";
  return (
    <>
      <div className={styles.transport}>
        <button
          type="button"
          className={styles.play}
          disabled={!ready}
          onClick={listening.play}
          data-testid="play"
        >
          <svg viewBox="0 0 24 24" width="20" height="20" fill="currentColor" aria-hidden="true">
            {active ? <path d="M6 4h4v16H6zM14 4h4v16h-4z" /> : <path d="M7 4l14 8-14 8z" />}
          </svg>
          {ready ? (active ? "Pause" : "Play") : "Loading"}
        </button>
        <Position listening={listening} />
        <button
          type="button"
          className={styles.button}
          aria-pressed={listening.loop.on}
          onClick={listening.toggleLoop}
        >
          Loop
        </button>
      </div>
      <PlayerNote playing={playing} />
    </>
  );
}

function PlayerNote({ playing }: { playing: PlayerState }) {
  if (playing.status === "interrupted")
    return <p className={styles.note}>The sound was interrupted by the system. Press Play to go on.</p>;
  if (playing.status !== "failed") return null;
  return (
    <p className={styles.note} role="alert">
      The sound cannot be played: {playing.problem}. Press Play to try again.
    </p>
  );
}

/** A native slider, which is moved by the sound itself, so that nothing is rendered for it. */
function Position({ listening: { position, total, seek } }: { listening: Listening }) {
  const slider = useRef<HTMLInputElement>(null);
  const clock = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let frame = 0;
    let shown = -1;
    const show = () => {
      const seconds = position();
      if (slider.current && clock.current && seconds !== shown) {
        slider.current.value = String(seconds);
        slider.current.setAttribute("aria-valuetext", `${timeText(seconds, 0.1)} of ${timeText(total, 0.1)}`);
        clock.current.textContent = timeText(seconds, 0.1);
        shown = seconds;
      }
      frame = requestAnimationFrame(show);
    };
    show();
    return () => cancelAnimationFrame(frame);
  }, [position, total]);
  return (
    <div className={styles.position}>
      <input
        ref={slider}
        data-position
        type="range"
        aria-label="Position"
        min={0}
        max={total}
        step="any"
        defaultValue={0}
        onInput={(event) => seek(Number(event.currentTarget.value))}
      />
      <span className={styles.clock}>
        <span ref={clock}>0:00.0</span> / {timeText(total, 0.1)}
      </span>
    </div>
  );
}
