import { resultAddress, type Place } from "../api/address";
import controls from "../controls/controls.module.css";
import { Copy } from "../controls/Copy";
import { Icon } from "../controls/Icon";
import { bytes } from "../numbers/format";
import styles from "./Take.module.css";

const KINDS = [
  { kind: "lig", words: "Ligeia stream", short: ".lig" },
  { kind: "wav", words: "Sound as WAV", short: "WAV" },
] as const;

/** What can be taken away from a job: its files, and the command that does the same. */
export function Take({ place }: { place: Place }) {
  const { job } = place;
  const files = KINDS.flatMap(({ kind, words, short }) => {
    const result = job.results.find((one) => one.kind === kind);
    const href = resultAddress(place, kind, true);
    return result === undefined || href === undefined ? [] : [{ kind, words, short, href, result }];
  });
  return (
    <div className={styles.take}>
      {files.map(({ kind, words, short, href, result }, at) => (
        <a
          key={kind}
          className={at === 0 ? controls.primary : controls.button}
          href={href}
          download={result.name}
        >
          <Icon name="download" size={18} />
          <span className={controls.unseen}>Download {words},</span> {short}{" "}
          <span className={styles.size}>{bytes(result.bytes)}</span>
        </a>
      ))}
      {job.command && (
        <div className={styles.command}>
          <p className={controls.legend}>The same on the command line</p>
          <Copy label="Command" text={job.command} mono />
        </div>
      )}
    </div>
  );
}
