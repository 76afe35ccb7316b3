import { useId } from "react";
import styles from "./controls.module.css";

interface SegmentsProps<Value extends string> {
  legend: string;
  value: Value;
  options: { value: Value; words: string }[];
  onChange: (value: Value) => void;
}

/** A choice of one among few, as radio buttons: arrow keys move within it. */
export function Segments<Value extends string>({ legend, value, options, onChange }: SegmentsProps<Value>) {
  const name = useId();
  return (
    <fieldset>
      <legend className={styles.legend}>{legend}</legend>
      <div className={styles.segments}>
        {options.map((option) => (
          <label key={option.value} className={styles.segment}>
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.words}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
