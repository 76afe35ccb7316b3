import controls from "./controls/controls.module.css";
import styles from "./App.module.css";
import { to } from "./route";

/** A place of the page at which nothing is, with the way back. */
export function Nothing({ title, words }: { title: string; words: string }) {
  return (
    <div className={styles.nothing}>
      <h1 tabIndex={-1}>{title}</h1>
      <p>{words}</p>
      <a className={controls.primary} href={to.home}>
        Bring a recording
      </a>
    </div>
  );
}
