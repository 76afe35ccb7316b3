import { useEffect, useState } from "react";
import { decibelText, frequencyText, hertzAt, timeText, type FrequencyScale } from "../draw/axis";
import type { Exact } from "../draw/exact";
import { levelAt, overviewGrid, type Grid } from "../draw/grid";
import { overviewPeaks, peaksIn, type Peaks } from "../draw/peaks";
import type { Overview } from "../draw/overview";
import type { Pictures, Place, TrackName } from "../draw/Tracks";
import styles from "./comparison.module.css";

interface Props {
  hover: Place | undefined;
  overviews: Pictures<Overview>;
  exact: Exact[];
  topHertz: number;
  scale: FrequencyScale;
  position: () => number;
}

const REFRESH_MILLISECONDS = 150;

function gridAt(props: Props, side: TrackName, seconds: number): Grid | undefined {
  const overview = props.overviews[side];
  const grids = [
    ...(overview ? [overviewGrid(overview)] : []),
    ...props.exact.map(({ grids: all }) => all[side]),
  ];
  return grids.filter(({ view }) => seconds >= view.start && seconds <= view.end).at(-1);
}

function peakAt({ overviews, exact }: Props, side: "a" | "b", seconds: number): number {
  const overview = overviews[side];
  const layers: Peaks[] = [
    ...(overview ? [overviewPeaks(overview)] : []),
    ...exact.map(({ peaks }) => peaks[side]),
  ];
  const { low, high } = peaksIn(layers, { start: seconds, end: seconds + 1e-6 }, 1);
  return Math.max(-low[0], high[0]);
}

/** Return what stands at a place, in words. */
export function readText(props: Props, { seconds, hertz }: Required<Place>): string {
  const levels = (["a", "b", "error"] as const).flatMap((side) => {
    const grid = gridAt(props, side, seconds);
    const level = grid && levelAt(grid, seconds, hertz);
    if (!grid || level === undefined) return [];
    const below = level <= grid.lowDecibels ? "under " : "";
    return [`${side === "error" ? "error" : side.toUpperCase()} ${below}${decibelText(level)}`];
  });
  const peaks = (["a", "b"] as const).flatMap((side) => {
    const peak = peakAt(props, side, seconds);
    return Number.isNaN(peak) ? [] : [`${side.toUpperCase()} ${decibelText(20 * Math.log10(peak))}`];
  });
  if (!levels.length && !peaks.length) return "";
  return `${timeText(seconds)}, ${frequencyText(hertz)}: ${levels.join(", ")}. Peaks: ${peaks.join(", ")}`;
}

/** Values under the pointer, or else where playing is, at a frequency of one's choice. */
export function Readout(props: Props) {
  const { hover, topHertz, scale, position } = props;
  const [height, setHeight] = useState(0.5);
  const [here, setHere] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setHere(position()), REFRESH_MILLISECONDS);
    return () => clearInterval(timer);
  }, [position]);
  const hertz = hertzAt(height, topHertz, scale);
  return (
    <div className={styles.readout}>
      <p data-testid="readout">
        {readText(props, { seconds: hover?.seconds ?? here, hertz: hover?.hertz ?? hertz })}
      </p>
      <label>
        Read at
        <input
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={height}
          aria-valuetext={frequencyText(hertz)}
          onChange={(event) => setHeight(Number(event.currentTarget.value))}
        />
        <span>{frequencyText(hertz)}</span>
      </label>
    </div>
  );
}
