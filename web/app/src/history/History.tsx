import type { Job, Sound } from "../api/client";
import { inWords as problemInWords } from "../api/problem";
import { deleteSound, forgetSession, useAction } from "../api/queries";
import { inShort } from "../choose/settings";
import { Confirm } from "../controls/Confirm";
import controls from "../controls/controls.module.css";
import { Problem } from "../controls/Problem";
import { inWords, jobsOf } from "../jobs/state";
import { bytes, channelsInWords, duration, hertz, until } from "../numbers/format";
import { to } from "../route";
import styles from "./History.module.css";

/** What this browser brought to the server, and what became of it; all of it can be deleted. */
export function History({ sounds, jobs }: { sounds: Sound[]; jobs: Job[] }) {
  const remove = useAction(deleteSound);
  const forget = useAction(forgetSession);
  const problem = remove.error ?? forget.error;
  if (sounds.length === 0) return null;
  const latestFirst = [...sounds].sort((a, b) => b.created - a.created);
  return (
    <section className={styles.history} aria-labelledby="history">
      <div className={styles.head}>
        <h2 id="history">Your recordings</h2>
        <Confirm
          label="Forget everything"
          question="Delete all recordings and results?"
          yes="Delete all"
          onYes={() => forget.mutate(undefined)}
        />
      </div>
      {problem !== null && <Problem>{problemInWords(problem)}</Problem>}
      <ul className={styles.list}>
        {latestFirst.map((sound) => (
          <Entry
            key={sound.id}
            sound={sound}
            jobs={jobsOf(sound.id, jobs)}
            onDelete={() => remove.mutate(sound.id)}
          />
        ))}
      </ul>
    </section>
  );
}

function Entry({ sound, jobs, onDelete }: { sound: Sound; jobs: Job[]; onDelete: () => void }) {
  return (
    <li className={styles.entry}>
      <div className={styles.words}>
        <a className={styles.name} href={to.sound(sound.id)}>
          {sound.name}
        </a>
        <p className={controls.hint}>
          {duration(sound.seconds)} · {hertz(sound.rate)} · {channelsInWords(sound.channels)} ·{" "}
          {bytes(sound.bytes)} · kept {until(sound.expires)} more
        </p>
      </div>
      <div className={styles.delete}>
        <Confirm
          picture
          label={`Delete ${sound.name}`}
          question="Delete it with its results?"
          yes="Delete"
          onYes={onDelete}
        />
      </div>
      {jobs.length > 0 && (
        <ul className={styles.jobs}>
          {jobs.map((job) => (
            <li key={job.id}>
              <a className={styles.job} href={to.job(job.id)} data-state={job.state} title={inWords(job)}>
                {inShort(job.settings)}
                <span className={controls.hint}>{briefly(job)}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function briefly(job: Job): string {
  if (job.state === "running") return `${Math.round(100 * job.progress)} %`;
  if (job.state === "queued") return "waiting";
  if (job.state === "cancelled") return "stopped";
  if (job.state === "failed") return "failed";
  return job.report?.bytes == null ? "done" : bytes(job.report.bytes);
}
