import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import {
  frequencyText,
  frequencyTicks,
  heightOf,
  hertzAt,
  timeText,
  timeTicks,
  type FrequencyScale,
} from "./axis";
import { Canvas } from "./Canvas";
import { colourTable } from "./colour";
import type { Exact } from "./exact";
import { overviewGrid, type Grid } from "./grid";
import type { Overview } from "./overview";
import { paintLevels, paintPeaks } from "./paint";
import { largest, overviewPeaks, peaksIn, type Peaks } from "./peaks";
import { usePointer } from "./pointer";
import { tokenColour, useTheme } from "./theme";
import styles from "./tracks.module.css";
import { shareOf, span, type View } from "./zoom";

export type TrackName = "a" | "b" | "error";
export type Pictures<T> = Partial<Record<TrackName, T>>;

/** A place on the time and the frequency axis. */
export interface Place {
  seconds: number;
  /** Undefined over a waveform. */
  hertz?: number;
}

export interface TracksProps {
  names: { a: string; b: string };
  total: number;
  topHertz: number;
  scale: FrequencyScale;
  overviews: Pictures<Overview>;
  exact: Exact[];
  view: View;
  onView: (view: View) => void;
  /** The stretch that is repeated, in seconds. */
  stretch: View | undefined;
  onStretch: (from: number, to: number, done: boolean) => void;
  onSeek: (seconds: number) => void;
  onHover: (place: Place | undefined) => void;
  onWidth: (pixels: number) => void;
  /** Return where playing is, in seconds. */
  position: () => number;
}

const TITLES: Record<TrackName, string> = { a: "A", b: "B", error: "Error" };
const LEAST_AMPLITUDE = 0.02;

/** Waveforms and spectrograms of A and B and the spectrogram of the error, on one time axis. */
export function Tracks(props: TracksProps) {
  const { view, total, topHertz, scale, onHover, onWidth } = props;
  const area = useRef<HTMLDivElement>(null);
  const size = useSize(area);
  useEffect(() => onWidth(size.width), [onWidth, size.width]);
  const hover = (seconds: number | undefined, track: string | undefined, height: number) => {
    const hertz = track?.startsWith("levels") ? hertzAt(height, topHertz, scale) : undefined;
    onHover(seconds === undefined ? undefined : { seconds, hertz });
  };
  const gestures = usePointer(area, { ...props, onHover: hover });
  const [wave, levels] = size.narrow ? [44, 92] : [60, 128];
  return (
    <div className={styles.plot}>
      <FrequencyAxes {...props} wave={wave} levels={levels} />
      <div ref={area} className={styles.area} {...gestures}>
        <Waves {...props} width={size.width} height={wave} />
        <Levels {...props} width={size.width} height={levels} />
        <Stretch view={view} stretch={props.stretch} />
        <Cursor view={view} position={props.position} />
      </div>
      <TimeAxis view={view} width={size.width} total={total} />
    </div>
  );
}

function useSize(area: React.RefObject<HTMLDivElement | null>): { width: number; narrow: boolean } {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry.contentRect.width)));
    if (area.current) observer.observe(area.current);
    return () => observer.disconnect();
  }, [area]);
  return { width, narrow: width < 520 };
}

interface Sized extends TracksProps {
  width: number;
  height: number;
}

function Waves({ names, overviews, exact, view, width, height }: Sized) {
  const theme = useTheme();
  const layers = useMemo(() => {
    const of = (side: "a" | "b"): Peaks[] => {
      const overview = overviews[side];
      return [...(overview ? [overviewPeaks(overview)] : []), ...exact.map(({ peaks }) => peaks[side])];
    };
    return { a: of("a"), b: of("b") };
  }, [overviews, exact]);
  // One scale for both, so that their loudness can be compared by eye.
  const amplitude = Math.max(
    LEAST_AMPLITUDE,
    ...[...layers.a.slice(0, 1), ...layers.b.slice(0, 1)].map(largest),
  );
  return (["a", "b"] as const).map((side) => (
    <Wave
      key={side}
      {...{ side, view, width, height, amplitude, theme }}
      layers={layers[side]}
      label={`Waveform of ${TITLES[side]}, ${names[side]}, ${viewText(view)}`}
    />
  ));
}

interface WaveProps {
  side: "a" | "b";
  layers: Peaks[];
  view: View;
  width: number;
  height: number;
  amplitude: number;
  theme: string;
  label: string;
}

function Wave({ side, layers, view, width, height, amplitude, theme, label }: WaveProps) {
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      const colour = tokenColour(context.canvas, `--${side}`);
      paintPeaks(context, peaksIn(layers, view, context.canvas.width), colour, amplitude);
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the theme changes what the token stands for
    [side, layers, view, amplitude, theme],
  );
  return (
    <Track name={`wave-${side}`} side={side} title={TITLES[side]}>
      <Canvas {...{ label, width, height, draw }} />
    </Track>
  );
}

function Levels({ names, overviews, exact, view, width, height, topHertz, scale }: Sized) {
  const theme = useTheme();
  const colours = useMemo(() => colourTable(theme), [theme]);
  return (["a", "b", "error"] as const).map((side) => (
    <LevelTrack
      key={side}
      {...{ side, view, width, height, topHertz, scale, exact }}
      overview={overviews[side]}
      colours={colours}
      label={`Spectrogram of ${side === "error" ? "the error, B − A" : `${TITLES[side]}, ${names[side]}`}, up to ${frequencyText(topHertz)}, ${viewText(view)}`}
    />
  ));
}

interface LevelProps {
  side: TrackName;
  overview: Overview | undefined;
  exact: Exact[];
  view: View;
  width: number;
  height: number;
  topHertz: number;
  scale: FrequencyScale;
  colours: Uint32Array;
  label: string;
}

function LevelTrack({
  side,
  overview,
  exact,
  view,
  width,
  height,
  topHertz,
  scale,
  colours,
  label,
}: LevelProps) {
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      const { width: across, height: down } = context.canvas;
      const grids: Grid[] = [
        ...(overview ? [overviewGrid(overview)] : []),
        ...exact.map(({ grids: all }) => all[side]),
      ];
      paintLevels(context, grids, { view, topHertz, scale, width: across, height: down }, colours);
    },
    [side, overview, exact, view, topHertz, scale, colours],
  );
  return (
    <Track name={`levels-${side}`} side={side} title={side === "error" ? "Error, B − A" : TITLES[side]}>
      <Canvas {...{ label, width, height, draw }} />
    </Track>
  );
}

function Track({
  name,
  side,
  title,
  children,
}: {
  name: string;
  side: TrackName;
  title: string;
  children: ReactNode;
}) {
  return (
    <div className={styles.track} data-track={name}>
      {children}
      <span className={styles.title} data-side={side} aria-hidden="true">
        {title}
      </span>
    </div>
  );
}

function FrequencyAxes({ topHertz, scale, wave, levels }: TracksProps & { wave: number; levels: number }) {
  const ticks = frequencyTicks(topHertz, scale, 18 / levels);
  return (
    <div className={styles.axes} aria-hidden="true">
      <div style={{ height: 2 * wave + 2 }} />
      {["a", "b", "error"].map((side) => (
        <div key={side} className={styles.axis} style={{ height: levels }}>
          {ticks.map((hertz) => (
            <span key={hertz} style={{ bottom: `${100 * heightOf(hertz, topHertz, scale)}%` }}>
              {hertz >= 1000 ? `${hertz / 1000}k` : hertz}
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}

function TimeAxis({ view, width, total }: { view: View; width: number; total: number }) {
  const room = 1 - 44 / Math.max(width, 88); // a text must not be cut at the right
  const ticks = timeTicks(view, Math.max(2, Math.floor(width / 80))).filter(
    (tick) => shareOf(view, tick) <= room,
  );
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : Math.min(1, total);
  return (
    <div className={styles.times} aria-hidden="true">
      {ticks.map((seconds) => (
        <span key={seconds} style={{ left: `${100 * shareOf(view, seconds)}%` }}>
          {timeText(seconds, step)}
        </span>
      ))}
    </div>
  );
}

/** What is outside of the loop is dimmed, so that colours inside keep their meaning. */
function Stretch({ view, stretch }: { view: View; stretch: View | undefined }) {
  if (!stretch) return null;
  const percent = (share: number) => `${100 * Math.max(0, Math.min(1, share))}%`;
  const [left, right] = [shareOf(view, stretch.start), shareOf(view, stretch.end)];
  return (
    <>
      <div className={styles.before} style={{ width: percent(left) }} data-open={left > 0 || undefined} />
      <div
        className={styles.after}
        style={{ width: percent(1 - right) }}
        data-open={right < 1 || undefined}
      />
    </>
  );
}

/** Moves by itself, so that nothing else is rendered while playing. */
function Cursor({ view, position }: { view: View; position: () => number }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    const place = () => {
      const share = shareOf(view, position());
      if (ref.current) {
        ref.current.hidden = share < 0 || share > 1;
        ref.current.style.left = `${100 * share}%`;
      }
      frame = requestAnimationFrame(place);
    };
    place();
    return () => cancelAnimationFrame(frame);
  }, [view, position]);
  return <div ref={ref} className={styles.cursor} />;
}

function viewText(view: View): string {
  const step = span(view) / 100;
  return `from ${timeText(view.start, step)} to ${timeText(view.end, step)}`;
}
