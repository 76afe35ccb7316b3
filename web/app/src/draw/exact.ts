/** Peaks and spectra of what is seen, from the samples themselves. */

import { useEffect, useState } from "react";
import type { Samples } from "../compare/source";
import type { Analysis } from "./analysis";
import type { FrequencyScale } from "./axis";
import type { Grid } from "./grid";
import { peaksOf, type Peaks } from "./peaks";
import { FFT_SIZE } from "./spectrum";
import { span, type View } from "./zoom";

export interface Exact {
  view: View;
  peaks: { a: Peaks; b: Peaks };
  grids: { a: Grid; b: Grid; error: Grid };
}

/** What stays the same while somebody looks around. */
export interface Scene {
  a: Samples;
  b: Samples;
  analysis: Analysis;
  topHertz: number;
  lowDecibels: number;
  highDecibels: number;
}

const LONGEST_SECONDS = 60;
const MOST_COLUMNS = 1600;
const ROWS = 200;
const REST_MILLISECONDS = 80;

async function look(scene: Scene, view: View, columns: number, scale: FrequencyScale): Promise<Exact> {
  const { a, b, analysis, topHertz, lowDecibels, highDecibels } = scene;
  const { rate } = a;
  const start = Math.max(0, Math.floor(view.start * rate) - FFT_SIZE);
  const stop = Math.min(a.frames, b.frames, Math.ceil(view.end * rate) + FFT_SIZE);
  const [first, last] = [view.start * rate - start, view.end * rate - start];
  const [samplesA, samplesB] = await Promise.all([a.read(start, stop), b.read(start, stop)]);
  const range = { first, last, view };
  const peaks = { a: peaksOf(samplesA, range, columns), b: peaksOf(samplesB, range, columns) };
  const picture = { rate, columns, rows: ROWS, first, last, topHertz, scale, lowDecibels, highDecibels };
  const spectra = await analysis.spectra(samplesA, samplesB, picture);
  const grid = (levels: Uint8Array): Grid => ({
    view,
    columns,
    rows: ROWS,
    margin: 0,
    levels,
    topHertz,
    scale,
    lowDecibels,
    highDecibels,
  });
  return { view, peaks, grids: { a: grid(spectra.a), b: grid(spectra.b), error: grid(spectra.error) } };
}

/** Return exact pictures, the widest and the newest, to be drawn over the overview in this order. */
export function useExact(
  scene: Scene | undefined,
  view: View,
  width: number,
  scale: FrequencyScale,
): Exact[] {
  const [found, setFound] = useState<{ of: unknown; pictures: Exact[] }>({ of: undefined, pictures: [] });
  const key = scene && `${scale}/${width}`;
  useEffect(() => {
    if (!scene || !width || span(view) > LONGEST_SECONDS) return;
    let wanted = true;
    const timer = setTimeout(() => {
      look(scene, view, Math.min(width, MOST_COLUMNS), scale).then(
        (picture) => wanted && setFound((before) => kept(before, key, picture)),
        () => undefined, // the overview stays; that the sound does not load is said where it is played
      );
    }, REST_MILLISECONDS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [scene, view, width, scale, key]);
  return found.of === key ? found.pictures : [];
}

function kept(
  before: { of: unknown; pictures: Exact[] },
  key: unknown,
  picture: Exact,
): { of: unknown; pictures: Exact[] } {
  const widest = before.of === key ? before.pictures.at(0) : undefined;
  if (!widest || span(picture.view) >= span(widest.view)) return { of: key, pictures: [picture] };
  return { of: key, pictures: [widest, picture] };
}
