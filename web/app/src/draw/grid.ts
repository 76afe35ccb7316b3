/** Levels over time and frequency, wherever they came from, and how they become pixels. */

import { heightOf, hertzAt, type FrequencyScale } from "./axis";
import type { Overview } from "./overview";
import { shareOf, span, type View } from "./zoom";

export interface Grid {
  /** The time that the columns cover. */
  view: View;
  columns: number;
  rows: number;
  /** Parts of a row left free below the first and above the last. */
  margin: number;
  /** [columns][rows], rows from the lowest frequency: 0 for low, 255 for high. */
  levels: Uint8Array;
  topHertz: number;
  scale: FrequencyScale;
  lowDecibels: number;
  highDecibels: number;
}

/** Return the row whose centre stands at a frequency, as a fraction. */
function rowAt({ rows, margin, topHertz, scale }: Grid, hertz: number): number {
  const place = heightOf(Math.min(hertz, topHertz), topHertz, scale) * (rows + 2 * margin) - margin - 0.5;
  return Math.max(0, Math.min(rows - 1, place));
}

/** The centres of the server's bands have equal distances from each other, from 0 and from the top. */
export function overviewGrid(overview: Overview): Grid {
  const { columns, bands: rows, levels, topHertz, lowDecibels, highDecibels } = overview;
  return {
    view: { start: 0, end: overview.seconds },
    columns,
    rows,
    levels,
    topHertz,
    scale: "mel",
    margin: 0.5,
    lowDecibels,
    highDecibels,
  };
}

/** Return the level in dB at a time and a frequency, or undefined outside of the grid. */
export function levelAt(grid: Grid, seconds: number, hertz: number): number | undefined {
  const share = shareOf(grid.view, seconds);
  if (share < 0 || share > 1 || hertz > grid.topHertz) return undefined;
  const column = Math.min(grid.columns - 1, Math.floor(share * grid.columns));
  const row = Math.round(rowAt(grid, hertz));
  const level = grid.levels[column * grid.rows + row];
  return grid.lowDecibels + (level / 255) * (grid.highDecibels - grid.lowDecibels);
}

export interface Frame {
  view: View;
  topHertz: number;
  scale: FrequencyScale;
  width: number;
  height: number;
}

/** Columns of the picture [from, to) whose time a grid covers. */
function covered(grid: Grid, { view, width }: Frame): [from: number, to: number] {
  const column = (seconds: number) =>
    Math.max(0, Math.min(width, Math.round(shareOf(view, seconds) * width)));
  return [column(grid.view.start), column(grid.view.end)];
}

/** Fill pixels (rows from the top) with the colours of the levels that a view shows; outside of the grid they stay. */
export function paintGrid(grid: Grid, frame: Frame, colours: Uint32Array, pixels: Uint32Array): void {
  const { width, height, view } = frame;
  const [from, to] = covered(grid, frame);
  const columnAt = Int32Array.from({ length: width }, (_, x) => {
    const share = shareOf(grid.view, view.start + ((x + 0.5) / width) * span(view));
    return grid.rows * Math.max(0, Math.min(grid.columns - 1, Math.floor(share * grid.columns)));
  });
  for (let y = 0; y < height; y++) {
    const hertz = hertzAt(1 - (y + 0.5) / height, frame.topHertz, frame.scale);
    const place = rowAt(grid, hertz);
    const low = Math.floor(place);
    const high = Math.min(grid.rows - 1, low + 1);
    const share = hertz > grid.topHertz ? NaN : place - low;
    for (let x = from; x < to; x++) {
      const at = columnAt[x];
      // NaN, above the top of the grid, becomes 0 in the index
      pixels[y * width + x] =
        colours[(grid.levels[at + low] * (1 - share) + grid.levels[at + high] * share + 0.5) | 0];
    }
  }
}
