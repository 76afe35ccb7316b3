import { useSyncExternalStore } from "react";
import controls from "../controls/controls.module.css";
import { Icon } from "../controls/Icon";
import { Progress } from "../controls/Progress";
import { bytes } from "../numbers/format";
import type { Upload, Uploads } from "./uploads";
import styles from "./Uploading.module.css";

/** The files on their way, and those that were refused. */
export function Uploading({ uploads }: { uploads: Uploads }) {
  const items = useSyncExternalStore(uploads.subscribe, uploads.items);
  if (items.length === 0) return null;
  return (
    <section aria-label="Uploads" className={controls.card}>
      <ul className={styles.list}>
        {items.map((item) => (
          <Line key={item.key} item={item} uploads={uploads} />
        ))}
      </ul>
    </section>
  );
}

function Line({ item, uploads }: { item: Upload; uploads: Uploads }) {
  const isRefused = item.state === "refused";
  return (
    <li className={styles.line}>
      <div className={styles.words}>
        <span className={styles.name}>{item.name}</span>
        <span className={controls.hint}>{stateInWords(item)}</span>
      </div>
      <div className={styles.act}>
        {isRefused && item.size > 0 && (
          <button type="button" className={controls.quiet} onClick={() => uploads.retry(item.key)}>
            <Icon name="retry" size={18} /> Try again
          </button>
        )}
        {item.state !== "done" && (
          <button
            type="button"
            className={controls.icon}
            aria-label={isRefused ? `Dismiss ${item.name}` : `Stop uploading ${item.name}`}
            onClick={() => uploads.drop(item.key)}
          >
            <Icon name="close" size={18} />
          </button>
        )}
      </div>
      <div className={styles.below}>
        {isRefused ? (
          <p role="alert" className={styles.problem}>
            {item.problem}
          </p>
        ) : (
          <Progress
            share={item.state === "sending" && item.share === 1 ? undefined : item.share}
            label={item.name}
          />
        )}
      </div>
    </li>
  );
}

function stateInWords(item: Upload): string {
  const size = bytes(item.size);
  if (item.state === "waiting") return `${size}, waiting`;
  if (item.state === "done") return `${size}, uploaded`;
  if (item.state === "refused") return size;
  return item.share < 1 ? `${Math.round(item.share * 100)} % of ${size}` : `${size}, being looked at`;
}
