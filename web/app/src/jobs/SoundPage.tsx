import { lazy, Suspense, useEffect, useState } from "react";
import type { Job, Settings, Sound } from "../api/client";
import { Choose, type Change } from "../choose/Choose";
import { isComplete, sameSettings, startingSettings, TASK_WORDS } from "../choose/settings";
import { announce } from "../controls/Announcer";
import controls from "../controls/controls.module.css";
import { Problem } from "../controls/Problem";
import { bytes, channelsInWords, duration, hertz, until } from "../numbers/format";
import { Numbers } from "../numbers/Numbers";
import { Share } from "../share/Share";
import { JobCard } from "./JobCard";
import styles from "./SoundPage.module.css";
import { inWords, isAudible, jobsOf } from "./state";
import { Take } from "./Take";
import { AT_ONCE_SECONDS, useMaking } from "./useMaking";
import { Versions } from "./Versions";

const Listen = lazy(() => import("./Listen"));

interface SoundPageProps {
  sound: Sound;
  sounds: Sound[];
  jobs: Job[];
  /** The job of the address; without one, the latest of the sound. */
  id?: string;
}

/** One recording: what to do with it, how far that is, and how it sounds. */
export function SoundPage({ sound, sounds, jobs, id }: SoundPageProps) {
  const own = jobsOf(sound.id, jobs);
  const job = own.find((one) => one.id === id) ?? own[0];
  const heard = useHeard(job, own);
  const { make, problem } = useMaking(sound, own, job);
  useAnnounced(job);
  const [draft, setDraft] = useState<{ of: string | undefined; settings: Settings } | null>(null);
  const settings =
    draft !== null && draft.of === job?.id
      ? draft.settings
      : (job?.settings ?? startingSettings("compress", sound.rate));
  const waits = sound.seconds > AT_ONCE_SECONDS;
  const change = ({ settings: changed, moves }: Change) => {
    setDraft({ of: job?.id, settings: changed });
    if (!moves && !waits) void make(changed);
  };
  const isNew = job === undefined || !sameSettings(job.settings, settings);
  return (
    <div className={styles.page}>
      <header className={styles.title}>
        <h1 tabIndex={-1}>{sound.name}</h1>
        <p className={controls.hint}>{factsOf(sound)}</p>
      </header>
      <div className={styles.main}>
        <Versions jobs={own} current={heard} />
        {problem !== null && <Problem>{problem}</Problem>}
        {job !== undefined && !isAudible(job) && (
          <JobCard
            job={job}
            jobs={jobs}
            isBeside={heard !== undefined}
            onRetry={() => void make(job.settings)}
          />
        )}
        {job === undefined && <p className={styles.nothing}>Choose what to do with this recording.</p>}
        {heard !== undefined && <Heard job={heard} />}
      </div>
      <aside className={styles.side} aria-label="Settings and files">
        <section className={controls.card}>
          <Choose
            settings={settings}
            rate={sound.rate}
            others={sounds.filter((one) => one.id !== sound.id)}
            onChange={change}
          />
          {(waits || job === undefined) && (
            <Start settings={settings} isReady={isNew && isComplete(settings, sound.rate)} onStart={make} />
          )}
        </section>
        {heard !== undefined && (
          <section className={`${controls.card} ${styles.files}`} aria-label="Files">
            <Take place={{ job: heard }} />
            {heard.state === "done" && <Share job={heard} />}
          </section>
        )}
      </aside>
    </div>
  );
}

function Start({
  settings,
  isReady,
  onStart,
}: {
  settings: Settings;
  isReady: boolean;
  onStart: (s: Settings) => void;
}) {
  return (
    <button
      type="button"
      className={`${controls.primary} ${styles.start}`}
      disabled={!isReady}
      onClick={() => onStart(settings)}
    >
      {TASK_WORDS[settings.task].verb}
    </button>
  );
}

function Heard({ job }: { job: Job }) {
  return (
    <>
      <Suspense fallback={<div className={styles.loading} />}>
        <Listen key={job.id} place={{ job }} />
      </Suspense>
      {job.report !== null && (
        <Numbers report={job.report} measured={job.state === "running" ? job.progress : undefined} />
      )}
    </>
  );
}

/** Return the result that is heard: that of the address, or, while that one is being made, the one before it. */
function useHeard(job: Job | undefined, own: Job[]): Job | undefined {
  const [last, setLast] = useState<string | undefined>(undefined);
  const isHere = job !== undefined && isAudible(job);
  if (isHere && job.id !== last) setLast(job.id);
  if (isHere) return job;
  const done = own.filter(isAudible);
  return done.find((one) => one.id === last) ?? done[0];
}

/** Tell those who hear the page what becomes of a job: its state when that changes, not each step. */
function useAnnounced(job: Job | undefined): void {
  const sentence = job === undefined || job.state === "running" ? undefined : inWords(job);
  const begins =
    job === undefined || job.state !== "running"
      ? undefined
      : isAudible(job)
        ? "Ready to hear."
        : `${TASK_WORDS[job.settings.task].doing}.`;
  useEffect(() => {
    if (sentence !== undefined || begins !== undefined) announce((sentence ?? begins)!);
  }, [sentence, begins]);
}

function factsOf(sound: Sound): string {
  const facts = [
    duration(sound.seconds),
    hertz(sound.rate),
    channelsInWords(sound.channels),
    `${sound.format.toUpperCase()}, ${bytes(sound.bytes)}`,
    `kept for ${until(sound.expires)} more`,
  ];
  return facts.join(" · ");
}
