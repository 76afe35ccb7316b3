import { useEffect, useState } from "react";
import { resultAddress } from "../api/address";
import type { Job, Settings, Sound } from "../api/client";
import { cancelJob, isActive, useAction } from "../api/queries";
import { Choose } from "../choose/Choose";
import { isComplete, lastCompress, TASK_WORDS } from "../choose/settings";
import { announce } from "../controls/Announcer";
import controls from "../controls/controls.module.css";
import { Icon } from "../controls/Icon";
import { Problem } from "../controls/Problem";
import { Progress } from "../controls/Progress";
import { bytes, duration, kbps, ratio } from "../numbers/format";
import { valueInWords, wordsOf } from "../numbers/metrics";
import { to } from "../route";
import { jobOfRow } from "./batch";
import styles from "./Several.module.css";
import { inWords, isAudible } from "./state";
import { useBatch } from "./useBatch";

/** Several recordings with the same settings, as a table. */
export function Several({ sounds, jobs }: { sounds: Sound[]; jobs: Job[] }) {
  const rate = Math.min(...sounds.map((sound) => sound.rate));
  const [settings, setSettings] = useState<Settings>(() => lastCompress(jobs));
  const batch = useBatch(sounds, jobs);
  const rows = sounds.map((sound) => ({ sound, job: jobOfRow(sound, jobs, batch.settings) }));
  const active = rows.flatMap(({ job }) => (job !== undefined && isActive(job) ? [job] : []));
  const cancel = useAction(cancelJob);
  const stop = () => {
    batch.stop();
    active.forEach((job) => cancel.mutate(job.id));
  };
  const isGoing = batch.settings !== null && rows.some(({ job }) => job === undefined || isActive(job));
  const words = TASK_WORDS[settings.task];
  useEffect(() => {
    if (batch.settings !== null)
      announce(isGoing ? `${words.doing}.` : `${sounds.length} recordings are done.`);
  }, [batch.settings, isGoing, words.doing, sounds.length]);
  return (
    <div className={styles.page}>
      <h1 tabIndex={-1}>{sounds.length} recordings, the same settings</h1>
      <aside className={`${controls.card} ${styles.side}`} aria-label="Settings">
        <Choose settings={settings} rate={rate} onChange={(change) => setSettings(change.settings)} />
        {isGoing ? (
          <button type="button" className={controls.button} onClick={stop}>
            Stop all
          </button>
        ) : (
          <button
            type="button"
            className={controls.primary}
            disabled={!isComplete(settings, rate)}
            onClick={() => batch.start(settings)}
          >
            {words.verb} all {sounds.length}
          </button>
        )}
      </aside>
      <div className={styles.main}>
        {batch.problem !== null && <Problem>{batch.problem}</Problem>}
        <Table rows={rows} jobs={jobs} />
      </div>
    </div>
  );
}

interface Row {
  sound: Sound;
  job: Job | undefined;
}

function Table({ rows, jobs }: { rows: Row[]; jobs: Job[] }) {
  const done = rows.flatMap(({ job }) =>
    job !== undefined && isAudible(job) && job.report?.bytes != null ? [job.report] : [],
  );
  const sum = (pick: (report: (typeof done)[number]) => number) =>
    done.reduce((total, report) => total + pick(report), 0);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Recording</th>
          <th scope="col">Result</th>
          <th scope="col">Score</th>
          <th scope="col">
            <span className={controls.unseen}>Download</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <RowOf key={row.sound.id} {...row} jobs={jobs} />
        ))}
      </tbody>
      {done.length > 1 && (
        <tfoot>
          <tr>
            <th scope="row">{done.length} together</th>
            <td colSpan={3}>
              {bytes(sum((report) => report.bytes!))} of {bytes(sum((report) => report.source_bytes))},{" "}
              {ratio(
                sum((report) => report.source_bytes),
                sum((report) => report.bytes!),
              )}
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function RowOf({ sound, job, jobs }: Row & { jobs: Job[] }) {
  const score = job?.report?.scores?.find((one) => one.value !== null);
  const kind = job?.results.some((result) => result.kind === "lig") ? "lig" : "wav";
  const file = job !== undefined && isAudible(job) ? resultAddress({ job }, kind, true) : undefined;
  return (
    <tr>
      <th scope="row">
        <a href={job === undefined ? to.sound(sound.id) : to.job(job.id)}>{sound.name}</a>
        <div className={controls.hint}>
          {duration(sound.seconds)}, {bytes(sound.bytes)}
        </div>
      </th>
      <td className={styles.result}>
        <Outcome job={job} jobs={jobs} />
      </td>
      <td className={styles.score}>
        {score !== undefined && job?.state === "done" && (
          <>
            {valueInWords(score)}
            <div className={controls.hint}>
              {wordsOf(score.metric).name}, {score.better} is better
            </div>
          </>
        )}
      </td>
      <td className={styles.file}>
        {file !== undefined && (
          <a
            className={controls.icon}
            href={file}
            aria-label={`Download the result of ${sound.name}`}
            download
          >
            <Icon name="download" size={18} />
          </a>
        )}
      </td>
    </tr>
  );
}

function Outcome({ job, jobs }: { job: Job | undefined; jobs: Job[] }) {
  if (job === undefined) return <span className={controls.hint}>Not begun</span>;
  if (isActive(job) && !isAudible(job))
    return (
      <>
        <Progress share={job.state === "queued" ? undefined : job.progress} label={job.sound_name} />
        <div className={controls.hint}>{inWords(job, jobs)}</div>
      </>
    );
  if (job.state === "failed") return <span className={styles.failed}>{inWords(job)}</span>;
  if (job.state === "cancelled" || job.report?.bytes == null) return <>{inWords(job)}</>;
  const { bytes: made, source_bytes: source, kbps: rate } = job.report;
  return (
    <>
      {bytes(made)}, {ratio(source, made)}
      <div className={controls.hint}>
        {rate != null && kbps(rate)}
        {isActive(job) && ", being measured"}
      </div>
    </>
  );
}
