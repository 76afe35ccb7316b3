import controls from "../controls/controls.module.css";
import { bytes, kbps, ratio } from "./format";
import styles from "./Numbers.module.css";

interface SizePictureProps {
  source: number;
  made: number;
  seconds: number;
}

/** Two bars: what the file was, and what is left of it. */
export function SizePicture({ source, made, seconds }: SizePictureProps) {
  const largest = Math.max(source, made);
  const rate = (count: number) => (seconds > 0 ? kbps((count * 8) / 1000 / seconds) : "");
  const bar = (words: string, count: number, className: string) => (
    <div className={styles.bar}>
      <span className={styles.who}>{words}</span>
      <span className={styles.rail} aria-hidden="true">
        <span className={className} style={{ width: `max(3px, ${(100 * count) / largest}%)` }} />
      </span>
      <span className={styles.size}>
        {bytes(count)} <span className={controls.hint}>{rate(count)}</span>
      </span>
    </div>
  );
  return (
    <div className={styles.picture}>
      <p className={styles.ratio}>{ratio(source, made)}</p>
      {bar("Your file", source, styles.source)}
      {bar("Ligeia", made, styles.made)}
    </div>
  );
}
