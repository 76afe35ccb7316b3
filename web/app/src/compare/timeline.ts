/** Which frame sounds when: pieces that follow each other without a gap, and loops inside them. All in frames. */

/** A stretch of the sound: frames [start, end). */
export interface Stretch {
  start: number;
  end: number;
}

/** A piece that was started at an instant of the context's clock. */
export interface Scheduled {
  when: number;
  frame: number;
  /** Infinity where it loops. */
  frames: number;
  loop?: Stretch;
}

/** What to load and start next. */
export interface Plan {
  /** What has to be in the buffer. */
  load: Stretch;
  /** Where in the sound it begins. */
  frame: number;
  frames: number;
  /** A loop that the buffer holds whole, so that the sources loop by themselves. */
  loop?: Stretch;
}

export const WINDOW_SECONDS = 20;
export const LONGEST_BUFFER_SECONDS = 120;

/** Return the next piece from `frame` on, or undefined where the sound has ended. */
export function planFrom(frame: number, total: number, rate: number, loop?: Stretch): Plan | undefined {
  if (loop && (frame >= loop.end || frame < loop.start)) frame = loop.start;
  if (loop && loop.end - loop.start <= LONGEST_BUFFER_SECONDS * rate)
    return { load: loop, frame, frames: Infinity, loop };
  const end = loop ? loop.end : total;
  if (frame >= end) return undefined;
  const stop = Math.min(end, frame + WINDOW_SECONDS * rate);
  return { load: { start: frame, end: stop }, frame, frames: stop - frame };
}

/** Return where the piece after a scheduled one begins; undefined where none does. */
export function frameAfter(last: Scheduled, total: number, loop?: Stretch): number | undefined {
  const end = last.frame + last.frames;
  if (loop && end >= loop.end) return loop.start;
  return end < total ? end : undefined;
}

/** Return the frame that sounds at `time`: before the first piece its beginning, after the last one its end. */
export function frameAt(pieces: Scheduled[], time: number, rate: number): number {
  let piece = pieces[0];
  for (const next of pieces) if (next.when <= time) piece = next;
  const gone = Math.max(0, Math.round((time - piece.when) * rate));
  if (!piece.loop) return piece.frame + Math.min(gone, piece.frames);
  const { start, end } = piece.loop;
  return piece.frame + gone < end
    ? piece.frame + gone
    : start + ((piece.frame + gone - start) % (end - start));
}
