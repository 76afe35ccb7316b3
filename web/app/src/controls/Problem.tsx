import type { ReactNode } from "react";
import styles from "./controls.module.css";
import { Icon } from "./Icon";

/** What went wrong, in words, and what can be done. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <div role="alert" className={styles.problem}>
      <Icon name="warning" size={18} />
      <div>{children}</div>
    </div>
  );
}
