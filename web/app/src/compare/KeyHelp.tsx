import { useEffect, useRef } from "react";
import styles from "./comparison.module.css";
import { KEY_HELP } from "./keys";

interface Props {
  open: boolean;
  close: () => void;
  /** Whether keys do anything; people who speak to their computer want them off. */
  on: boolean;
  setOn: (on: boolean) => void;
}

export function KeyHelp({ open, close, on, setOn }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} className={styles.help} onClose={close} aria-label="Keys">
      {open && (
        <>
          <h2>Keys</h2>
          <dl>
            {KEY_HELP.map(([keys, what]) => (
              <div key={keys}>
                <dt>{keys}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <p>
            Drag over the pictures to loop a stretch, click to go there. Ctrl and the wheel, or two fingers,
            zoom.
          </p>
          <div className={styles.row}>
            <label className={styles.check}>
              <input type="checkbox" checked={on} onChange={(event) => setOn(event.currentTarget.checked)} />
              Use these keys
            </label>
            <button type="button" className={styles.button} onClick={close}>
              Close
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}
