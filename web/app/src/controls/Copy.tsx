import { useRef, useState } from "react";
import { announce } from "./Announcer";
import styles from "./controls.module.css";
import { Icon } from "./Icon";
import own from "./Copy.module.css";

/** A line that can be copied: by a button, or by hand where the browser grants no clipboard, as on plain http. */
export function Copy({ text, label, mono = false }: { text: string; label: string; mono?: boolean }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<string | null>(null);
  const copy = async () => {
    field.current?.select();
    const done = await put(text);
    setCopied(done ? text : null);
    announce(done ? "Copied." : "Selected: copy it with the keyboard.");
  };
  const isCopied = copied === text;
  return (
    <div className={own.copy}>
      <input
        ref={field}
        className={mono ? own.mono : own.text}
        readOnly
        value={text}
        aria-label={label}
        onFocus={(event) => event.target.select()}
      />
      <button type="button" className={styles.quiet} onClick={() => void copy()}>
        <Icon name={isCopied ? "check" : "copy"} size={18} />
        {isCopied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

async function put(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no secure context, or not granted: the text stays selected
  }
}
