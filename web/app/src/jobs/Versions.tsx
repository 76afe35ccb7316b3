import type { Job } from "../api/client";
import { inShort } from "../choose/settings";
import controls from "../controls/controls.module.css";
import { bytes } from "../numbers/format";
import { to } from "../route";
import { isAudible } from "./state";
import styles from "./Versions.module.css";

/** The results of one recording, to go from one to another. */
export function Versions({ jobs, current }: { jobs: Job[]; current: Job | undefined }) {
  const done = jobs.filter(isAudible);
  if (done.length < 2) return null;
  return (
    <nav aria-label="Results of this recording">
      <ul className={styles.versions}>
        {done.map((job) => (
          <li key={job.id}>
            <a
              href={to.job(job.id)}
              className={styles.version}
              aria-current={job.id === current?.id ? "page" : undefined}
            >
              {inShort(job.settings)}
              {job.report?.bytes != null && <span className={controls.hint}>{bytes(job.report.bytes)}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
