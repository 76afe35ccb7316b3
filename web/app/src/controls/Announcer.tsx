import { useSyncExternalStore } from "react";
import styles from "./controls.module.css";

let said = "";
const listeners = new Set<() => void>();

/** Say a sentence to those who hear the page; the latest one counts. */
export function announce(sentence: string): void {
  said = sentence;
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The place of the page at which such sentences stand, unseen. */
export function Announcer() {
  const sentence = useSyncExternalStore(subscribe, () => said);
  return (
    <div role="status" aria-live="polite" className={styles.unseen}>
      {sentence}
    </div>
  );
}
