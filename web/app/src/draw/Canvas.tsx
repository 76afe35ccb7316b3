import { useLayoutEffect, useRef } from "react";

const MOST_PIXELS = 4096;

interface Props {
  label: string;
  className?: string;
  /** In CSS pixels. */
  width: number;
  height: number;
  /** Keep it the same between renders for as long as nothing has changed. */
  draw: (context: CanvasRenderingContext2D) => void;
}

/** A picture with a text, as sharp as the screen. */
export function Canvas({ label, className, width, height, draw }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const [across, down] = [Math.min(MOST_PIXELS, Math.round(width * ratio)), Math.round(height * ratio)];
  useLayoutEffect(() => {
    const context = ref.current?.getContext("2d");
    if (context && across > 0 && down > 0) draw(context);
  }, [draw, across, down]);
  return (
    <canvas
      ref={ref}
      role="img"
      aria-label={label}
      className={className}
      width={Math.max(1, across)}
      height={Math.max(1, down)}
      style={{ width, height }}
    />
  );
}
