import styles from "./controls.module.css";

/** A bar for a share that is done, 0 to 1; without one, a bar that says that something goes on. */
export function Progress({ share, label }: { share?: number; label: string }) {
  const percent = share === undefined ? undefined : Math.round(share * 100);
  return (
    <div
      className={`${styles.track} ${percent === undefined ? styles.waiting : ""}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div className={styles.fill} style={percent === undefined ? undefined : { width: `${percent}%` }} />
    </div>
  );
}
