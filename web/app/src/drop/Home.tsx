import { lazy, Suspense, useRef, useState, type ReactNode } from "react";
import exampleAddress from "../../../../examples/demo.flac?url";
import { useLimits } from "../api/queries";
import type { Limits, Task } from "../api/client";
import controls from "../controls/controls.module.css";
import { Icon, type IconName } from "../controls/Icon";
import { Problem } from "../controls/Problem";
import { bytes, hours, limit } from "../numbers/format";
import styles from "./Home.module.css";
import { named, type Named } from "./useDropAnywhere";

const Recorder = lazy(() => import("./Recorder"));

interface HomeProps {
  onFiles: (files: Named[]) => void;
  /** Whether nothing was brought yet: then the page says what it is. */
  isEmpty: boolean;
  children?: ReactNode;
}

/** The first screen: bring a recording. */
export function Home({ onFiles, isEmpty, children }: HomeProps) {
  const [isRecording, setRecording] = useState(false);
  const limits = useLimits();
  const record = (recording: Named) => {
    setRecording(false);
    onFiles([recording]);
  };
  return (
    <div className={styles.home}>
      <header className={styles.intro}>
        <h1 tabIndex={-1}>How small can a recording get before you hear it?</h1>
        <p className={styles.lead}>
          Drop one. It comes back as a small file beside the original, and you judge by ear what was lost.
        </p>
      </header>
      <section className={styles.zone} aria-label="Bring a recording">
        {isRecording ? (
          <Suspense fallback={null}>
            <Recorder
              maxSeconds={limits?.max_seconds ?? 600}
              onDone={record}
              onClose={() => setRecording(false)}
            />
          </Suspense>
        ) : (
          <Ways onFiles={onFiles} onRecord={() => setRecording(true)} isEmpty={isEmpty} />
        )}
      </section>
      <LimitsLine limits={limits} />
      {children}
      {isEmpty && <Steps limits={limits} />}
    </div>
  );
}

const STEPS: { icon: IconName; task?: Task; title: string; words: string }[] = [
  {
    icon: "drop",
    title: "Make it small",
    words: "Move one slider. The recording becomes a .lig file of the size you want.",
  },
  {
    icon: "wave",
    title: "Hear the difference",
    words:
      "Switch between original and result while they play, equally loud, or let yourself be tested blind.",
  },
  {
    icon: "retry",
    task: "restore",
    title: "Or mend it",
    words: "Take out noise, repair clicks and clipping, bring back missing high frequencies.",
  },
];

/** What can be done here, for who comes for the first time. */
function Steps({ limits }: { limits: Limits | undefined }) {
  const offered = STEPS.filter(({ task }) => task === undefined || limits?.tasks.includes(task));
  return (
    <ul className={styles.steps}>
      {offered.map(({ icon, title, words }) => (
        <li key={title}>
          <Icon name={icon} size={24} />
          <h2>{title}</h2>
          <p className={controls.hint}>{words}</p>
        </li>
      ))}
    </ul>
  );
}

function Ways({
  onFiles,
  onRecord,
  isEmpty,
}: {
  onFiles: HomeProps["onFiles"];
  onRecord: () => void;
  isEmpty: boolean;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <span className={styles.picture}>
        <Icon name="wave" size={44} />
      </span>
      <p className={styles.call}>Drop recordings here</p>
      <p className={controls.hint}>or paste them, choose them, or speak</p>
      <div className={styles.buttons}>
        <button type="button" className={controls.primary} onClick={() => input.current?.click()}>
          <Icon name="file" size={18} /> Choose files
        </button>
        <button type="button" className={controls.button} onClick={onRecord}>
          <Icon name="record" size={18} /> Record
        </button>
        <Example onFiles={onFiles} isEmpty={isEmpty} />
      </div>
      <input
        ref={input}
        hidden
        type="file"
        multiple
        accept="audio/*,.wav,.flac,.mp3,.ogg,.opus,.m4a,.aac,.aiff,.aif,.lig,.mka,.webm,.caf,.amr"
        onChange={(event) => {
          const files = named(event.target.files);
          event.target.value = ""; // so that the same file can be chosen again
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}

function Example({ onFiles, isEmpty }: { onFiles: HomeProps["onFiles"]; isEmpty: boolean }) {
  const [state, setState] = useState<"ready" | "loading" | "failed">("ready");
  const fetchIt = async () => {
    setState("loading");
    try {
      const answer = await fetch(exampleAddress);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      onFiles([{ file: await answer.blob(), name: "example.flac" }]);
      setState("ready");
    } catch {
      setState("failed");
    }
  };
  return (
    <>
      <button
        type="button"
        className={isEmpty ? controls.button : controls.quiet}
        disabled={state === "loading"}
        onClick={() => void fetchIt()}
      >
        <Icon name="wave" size={18} /> Try it with an example
      </button>
      {state === "failed" && <Problem>The example could not be loaded. Is the network there?</Problem>}
    </>
  );
}

function LimitsLine({ limits }: { limits: Limits | undefined }) {
  if (limits === undefined) return <p className={styles.limits}>&nbsp;</p>;
  return (
    <p className={styles.limits}>
      Up to {bytes(limits.max_bytes)}, {limit(limits.max_seconds)} and {limits.max_channels} channels each.
      Kept for {hours(limits.kept_hours)}, for you alone, unless you share a link.
    </p>
  );
}
