/** Pixels of tracks. */

import type { Frame, Grid } from "./grid";
import { paintGrid } from "./grid";
import type { Peaks } from "./peaks";

/** Draw peaks as one filled shape; `amplitude` is what reaches the border. */
export function paintPeaks(
  context: CanvasRenderingContext2D,
  peaks: Peaks,
  colour: string,
  amplitude: number,
): void {
  const { width, height } = context.canvas;
  const middle = height / 2;
  const y = (value: number) => middle - (value / amplitude) * (middle - 1);
  context.clearRect(0, 0, width, height);
  context.fillStyle = colour;
  context.globalAlpha = 0.35;
  context.fillRect(0, Math.floor(middle), width, 1);
  context.globalAlpha = 1;
  peaks.low.forEach((low, x) => {
    if (Number.isNaN(low)) return;
    const [top, bottom] = [y(peaks.high[x]), y(low)];
    context.fillRect(x, top, 1, Math.max(1, bottom - top));
  });
}

/** Draw grids over each other, what they leave as silence. */
export function paintLevels(
  context: CanvasRenderingContext2D,
  grids: Grid[],
  frame: Frame,
  colours: Uint32Array,
): void {
  const image = context.createImageData(frame.width, frame.height);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill(colours[0]);
  for (const grid of grids) paintGrid(grid, frame, colours, pixels);
  context.putImageData(image, 0, 0);
}

/** Draw the legend, from quiet to loud. */
export function paintLegend(context: CanvasRenderingContext2D, colours: Uint32Array): void {
  const { width, height } = context.canvas;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.forEach((_, i) => (pixels[i] = colours[Math.round((255 * (i % width)) / (width - 1))]));
  context.putImageData(image, 0, 0);
}
