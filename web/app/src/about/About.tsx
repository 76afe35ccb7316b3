import type { ReactNode } from "react";
import { useLimits } from "../api/queries";
import { bytes, hours, limit } from "../numbers/format";
import styles from "./About.module.css";

/** What this is, what it takes, what it keeps, and the keys. */
export default function About() {
  const limits = useLimits();
  return (
    <article className={styles.about}>
      <h1 tabIndex={-1}>About Ligeia</h1>
      <p>
        Ligeia writes a recording as a function of time, and the function into a small file. This page makes
        such files and lets you judge by ear what was lost: both sounds run in step and at the same loudness,
        so that only the coding differs.
      </p>
      {limits !== undefined && (
        <>
          <Part title="What this server takes">
            <li>Files up to {bytes(limits.max_bytes)}, as WAV, FLAC, MP3, Ogg, Opus, M4A, AIFF or .lig</li>
            <li>
              Up to {limit(limits.max_seconds)} and {limits.max_channels} channels each
            </li>
            <li>
              {limits.max_waiting} jobs at a time, and {bytes(limits.session_bytes)} in all
            </li>
          </Part>
          <Part title="What it keeps">
            <li>
              Your recordings and results, for {hours(limits.kept_hours)}; then they are deleted. You can
              delete them before.
            </li>
            <li>One cookie, by which this browser finds them again. No account, no tracking.</li>
            <li>
              Nobody else sees them, unless you share a link; then whoever has it does, until you take it
              back.
            </li>
          </Part>
        </>
      )}
      <Part title="Keys while comparing">
        <li>
          <kbd>A</kbd> <kbd>B</kbd> <kbd>X</kbd> original, result, unknown one of the two
        </li>
        <li>
          <kbd>Space</kbd> play and pause, <kbd>←</kbd> <kbd>→</kbd> move, <kbd>L</kbd> loop
        </li>
      </Part>
      {limits !== undefined && <p className={styles.version}>Ligeia {limits.version}</p>}
    </article>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2>{title}</h2>
      <ul>{children}</ul>
    </section>
  );
}
