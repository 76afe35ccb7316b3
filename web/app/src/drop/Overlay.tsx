import { Icon } from "../controls/Icon";
import styles from "./Overlay.module.css";

/** What is seen while files are being dragged over the page. */
export function Overlay() {
  return (
    <div className={styles.overlay} aria-hidden="true">
      <div className={styles.frame}>
        <Icon name="drop" size={48} />
        Let go anywhere
      </div>
    </div>
  );
}
