import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { inWords } from "../api/problem";
import { sharedQuery } from "../api/queries";
import { inShort } from "../choose/settings";
import controls from "../controls/controls.module.css";
import { Take } from "../jobs/Take";
import { until } from "../numbers/format";
import { Numbers } from "../numbers/Numbers";
import { Nothing } from "../Nothing";
import { to } from "../route";
import styles from "../jobs/SoundPage.module.css";

const Listen = lazy(() => import("../jobs/Listen"));

/** A comparison that somebody passed on: to be heard, and taken, by anybody who has the link. */
export function SharedPage({ token }: { token: string }) {
  const { data: job, error } = useQuery(sharedQuery(token));
  if (error !== null) {
    const isGone = "status" in error && error.status === 404;
    const words = isGone ? "The link was taken back, or its time is over." : inWords(error);
    return <Nothing title="This comparison is not there" words={words} />;
  }
  if (job === undefined) return <div className={styles.loading} />;
  const place = { job, token };
  return (
    <div className={styles.page}>
      <header className={styles.title}>
        <h1 tabIndex={-1}>{job.sound_name}</h1>
        <p className={controls.hint}>
          The original beside “{inShort(job.settings)}”. Shared for {until(job.expires)} more.
        </p>
      </header>
      <div className={styles.main}>
        <Suspense fallback={<div className={styles.loading} />}>
          <Listen place={place} />
        </Suspense>
        {job.report !== null && <Numbers report={job.report} />}
      </div>
      <aside className={styles.side} aria-label="Files">
        <section className={`${controls.card} ${styles.files}`}>
          <Take place={place} />
          <a className={controls.button} href={to.home}>
            Try it with your own recording
          </a>
        </section>
      </aside>
    </div>
  );
}
