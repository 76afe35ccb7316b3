import { useCallback } from "react";
import { decibelText } from "../draw/axis";
import { Canvas } from "../draw/Canvas";
import { colourTable } from "../draw/colour";
import { paintLegend } from "../draw/paint";
import { useTheme } from "../draw/theme";
import styles from "./comparison.module.css";

/** Which colour stands for which level, re a sine of full scale. */
export function Legend({ low, high }: { low: number; high: number }) {
  const theme = useTheme();
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => paintLegend(context, colourTable(theme)),
    [theme],
  );
  return (
    <div className={styles.legend}>
      <span>{decibelText(low)}</span>
      <Canvas
        label={`Colours from ${decibelText(low)} to ${decibelText(high)}`}
        width={120}
        height={12}
        draw={draw}
      />
      <span>{decibelText(high)}</span>
    </div>
  );
}
