import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import styles from "./controls.module.css";
import { Icon } from "./Icon";

interface ConfirmProps {
  /** On the button, or what it is called where it shows the picture alone. */
  label: string;
  picture?: boolean;
  question: string;
  yes: string;
  onYes: () => void;
}

/** A button that asks once more, in its own place. */
export function Confirm({ label, picture = false, question, yes, onYes }: ConfirmProps) {
  const [asks, setAsks] = useState(false);
  const keep = useRef<HTMLButtonElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  useEffect(() => {
    if (asks) keep.current?.focus();
    else if (wasAsking.current) opener.current?.focus();
    wasAsking.current = asks;
  }, [asks]);
  const leave = (event: KeyboardEvent) => {
    if (event.key === "Escape") setAsks(false);
  };
  if (!asks)
    return (
      <button
        ref={opener}
        type="button"
        className={picture ? styles.icon : styles.quiet}
        aria-label={picture ? label : undefined}
        title={picture ? label : undefined}
        onClick={() => setAsks(true)}
      >
        <Icon name="trash" size={18} />
        {!picture && label}
      </button>
    );
  return (
    <div role="group" aria-label={question} className={styles.row}>
      <span className={styles.hint}>{question}</span>
      <button type="button" className={styles.danger} onClick={onYes} onKeyDown={leave}>
        {yes}
      </button>
      <button
        ref={keep}
        type="button"
        className={styles.button}
        onClick={() => setAsks(false)}
        onKeyDown={leave}
      >
        Keep
      </button>
    </div>
  );
}
