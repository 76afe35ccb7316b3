import type { Job } from "../api/client";
import { inWords as problemInWords } from "../api/problem";
import { cancelJob, useAction } from "../api/queries";
import { inShort } from "../choose/settings";
import controls from "../controls/controls.module.css";
import { Icon } from "../controls/Icon";
import { Problem } from "../controls/Problem";
import { Progress } from "../controls/Progress";
import styles from "./JobCard.module.css";
import { inWords } from "./state";

interface JobCardProps {
  job: Job;
  jobs: Job[];
  onRetry: () => void;
  /** Whether an earlier result stays below, which is heard meanwhile. */
  isBeside: boolean;
}

/** A job that is not done: how far it is, or why it ended, and what can be done. */
export function JobCard({ job, jobs, onRetry, isBeside }: JobCardProps) {
  const cancel = useAction(cancelJob);
  if (job.state === "failed" || job.state === "cancelled")
    return (
      <section className={isBeside ? styles.strip : styles.stage} aria-label={inShort(job.settings)}>
        {job.state === "failed" ? (
          <Problem>{inWords(job)}</Problem>
        ) : (
          <p className={styles.what}>{inShort(job.settings)}: stopped.</p>
        )}
        <button type="button" className={controls.button} onClick={onRetry}>
          <Icon name="retry" size={18} /> {job.state === "failed" ? "Try again" : "Start again"}
        </button>
      </section>
    );
  return (
    <section className={isBeside ? styles.strip : styles.stage} aria-label={inShort(job.settings)}>
      <div className={styles.words}>
        <p className={styles.what}>{inShort(job.settings)}</p>
        <p className={controls.hint} data-testid="state">
          {inWords(job, jobs)}
        </p>
      </div>
      <div className={styles.bar}>
        <Progress share={job.state === "queued" ? undefined : job.progress} label={inShort(job.settings)} />
      </div>
      <button
        type="button"
        className={controls.button}
        disabled={cancel.isPending}
        onClick={() => cancel.mutate(job.id)}
      >
        {cancel.isPending ? "Stopping" : "Stop"}
      </button>
      {cancel.isError && <Problem>{problemInWords(cancel.error)}</Problem>}
    </section>
  );
}
