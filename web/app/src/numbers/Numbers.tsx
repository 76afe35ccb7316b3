import type { Report } from "../api/client";
import { Progress } from "../controls/Progress";
import controls from "../controls/controls.module.css";
import { duration, kbps as rateInWords } from "./format";
import { placeOnScale, valueInWords, wordsOf, type ScoreValue } from "./metrics";
import styles from "./Numbers.module.css";
import { SizePicture } from "./SizePicture";

interface NumbersProps {
  report: Report;
  /** While the scores are being measured: how far the job is, 0 to 1. */
  measured?: number;
}

/** What came out of a job, in numbers: each with its unit, and with which way is better. */
export function Numbers({ report, measured }: NumbersProps) {
  const { bytes, kbps, scores = [], notes = [] } = report;
  return (
    <section className={styles.numbers} aria-label="Numbers">
      {bytes != null && <SizePicture source={report.source_bytes} made={bytes} seconds={report.seconds} />}
      {measured !== undefined && (
        <div>
          <p className={controls.legend}>Measuring how close it comes</p>
          <Progress share={measured} label="Measuring" />
        </div>
      )}
      {scores.length > 0 && (
        <dl className={styles.scores}>
          {scores.map((score) => (
            <Score key={score.metric} score={score} />
          ))}
        </dl>
      )}
      <ul className={controls.hint}>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
        <li>
          {duration(report.seconds)} of sound
          {measured === undefined && ` in ${duration(report.elapsed_seconds)}`}
          {kbps != null && `, ${rateInWords(kbps)} on average`}.
        </li>
      </ul>
    </section>
  );
}

function Score({ score }: { score: ScoreValue }) {
  const { name, what } = wordsOf(score.metric);
  const place = placeOnScale(score);
  const direction = `${score.better} is better`;
  return (
    <div className={styles.score}>
      <dt className={styles.name}>{name}</dt>
      <dd className={styles.value}>{valueInWords(score)}</dd>
      <dd className={styles.scale} aria-hidden="true">
        {place !== undefined && <span style={{ width: `${100 * place}%` }} />}
      </dd>
      <dd className={controls.hint}>
        {what ? `${what}; ${direction}` : direction}
        {score.note && `. ${score.note}`}
      </dd>
    </div>
  );
}
