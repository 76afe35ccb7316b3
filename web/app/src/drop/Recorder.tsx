import { useEffect, useRef, useState } from "react";
import { announce } from "../controls/Announcer";
import controls from "../controls/controls.module.css";
import { Icon } from "../controls/Icon";
import { Problem } from "../controls/Problem";
import { clock } from "../numbers/format";
import { capture, microphoneProblem, type Capture } from "./capture";
import { barOf } from "./level";
import styles from "./Recorder.module.css";
import type { Named } from "./useDropAnywhere";
import { wavOf } from "./wav";

interface RecorderProps {
  maxSeconds: number;
  onDone: (recording: Named) => void;
  onClose: () => void;
}

const BARS = 48;

function nameNow(now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `recording ${day} ${two(now.getHours())}.${two(now.getMinutes())}.wav`;
}

/** Record from the microphone: level, pause, and a WAV of 16 bits at the end. */
export default function Recorder({ maxSeconds, onDone, onClose }: RecorderProps) {
  const recording = useRecording(maxSeconds);
  const { state, seconds, bars, isClipped, problem } = recording;
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), [state === "opening"]); // eslint-disable-line react-hooks/exhaustive-deps
  const finish = () => {
    const blob = recording.finish();
    if (blob !== null) onDone({ file: blob, name: nameNow() });
  };
  if (problem !== null)
    return (
      <div className={styles.recorder}>
        <Problem>{problem}</Problem>
        <button ref={first} type="button" className={controls.button} onClick={onClose}>
          Back
        </button>
      </div>
    );
  const isPaused = state === "paused";
  return (
    <div className={styles.recorder} role="group" aria-label="Recording">
      <Level bars={bars} isClipped={isClipped} />
      <p className={styles.time}>
        <span className={state === "recording" ? styles.live : styles.rest} aria-hidden="true" />
        {clock(seconds)}
        <span className={controls.hint}> of {clock(maxSeconds)}</span>
      </p>
      <p className={controls.hint}>
        {state === "opening" && "Waiting for the microphone. The browser may ask for permission."}
        {state === "recording" &&
          (isClipped ? "Too loud: move back a little." : "Recording, as the microphone hears it.")}
        {isPaused && "Paused."}
        {state === "full" && "That is as long as this server takes."}
      </p>
      <div className={controls.row}>
        <button type="button" className={controls.primary} disabled={seconds < 0.2} onClick={finish}>
          <Icon name="check" size={18} /> Use it
        </button>
        {state !== "full" && (
          <button
            ref={first}
            type="button"
            className={controls.button}
            onClick={recording.pause}
            disabled={state === "opening"}
          >
            <Icon name={isPaused ? "record" : "pause"} size={18} /> {isPaused ? "Go on" : "Pause"}
          </button>
        )}
        <button type="button" className={controls.quiet} onClick={onClose}>
          Discard
        </button>
      </div>
    </div>
  );
}

function Level({ bars, isClipped }: { bars: number[]; isClipped: boolean }) {
  const width = 100 / BARS;
  return (
    <svg
      className={isClipped ? styles.loud : styles.level}
      viewBox="0 0 100 40"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {bars.map((bar, at) => (
        <rect
          key={at}
          x={at * width}
          y={20 - 19 * bar}
          width={width * 0.6}
          height={Math.max(0.6, 38 * bar)}
        />
      ))}
    </svg>
  );
}

type RecordingState = "opening" | "recording" | "paused" | "full";

function useRecording(maxSeconds: number) {
  const [state, setState] = useState<RecordingState>("opening");
  const [problem, setProblem] = useState<string | null>(null);
  const [seconds, setSeconds] = useState(0);
  const [bars, setBars] = useState<number[]>(() => new Array<number>(BARS).fill(0));
  const [isClipped, setClipped] = useState(false);
  const keeps = useRef(true);
  const pieces = useRef<Float32Array[]>([]);
  const source = useRef<Capture | null>(null);

  useEffect(() => {
    let gone = false;
    let count = 0;
    pieces.current = [];
    const take = (samples: Float32Array) => {
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      setBars((before) => [...before.slice(1), keeps.current ? barOf(peak) : 0]);
      setClipped(peak >= 0.999);
      if (!keeps.current || source.current === null) return;
      pieces.current.push(samples);
      count += samples.length;
      setSeconds(count / source.current.rate);
      if (count / source.current.rate < maxSeconds - 0.1) return;
      keeps.current = false;
      setState("full");
      source.current.stop();
    };
    capture(take).then(
      (opened) => {
        if (gone) return opened.stop();
        source.current = opened;
        setState("recording");
        announce("Recording.");
      },
      (error: unknown) => !gone && setProblem(microphoneProblem(error)),
    );
    return () => {
      gone = true;
      source.current?.stop();
      source.current = null;
    };
  }, [maxSeconds]);

  const pause = () => {
    keeps.current = !keeps.current;
    setState(keeps.current ? "recording" : "paused");
    announce(keeps.current ? "Recording goes on." : "Paused.");
  };
  const finish = () => (source.current === null ? null : wavOf(pieces.current, source.current.rate));
  return { state, problem, seconds, bars, isClipped, pause, finish };
}
