import { lazy, Suspense, useRef, useState, type ReactNode } from "react";
import exampleAddress from "../../../../examples/demo.flac?url";
import { useLimits } from "../api/queries";
import type { Limits } from "../api/client";
import controls from "../controls/controls.module.css";
import { Icon } from "../controls/Icon";
import { Problem } from "../controls/Problem";
import { bytes, clock, hours } from "../numbers/format";
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
        <h1 tabIndex={-1}>Hear what it costs to make a recording small</h1>
        <p className={styles.lead}>
          Drop a recording. It comes back as a few kilobytes, beside the original, to be compared by ear.
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
    </div>
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
      Up to {bytes(limits.max_bytes)}, {clock(limits.max_seconds)} minutes and {limits.max_channels} channels
      each. Kept for {hours(limits.kept_hours)}, for you alone, unless you share a link.
    </p>
  );
}
