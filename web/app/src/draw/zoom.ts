/** Which part of the time axis is seen. All in seconds. */

export interface View {
  start: number;
  end: number;
}

export const LEAST_SECONDS = 0.005;

export const whole = (total: number): View => ({ start: 0, end: total });

export const span = ({ start, end }: View): number => end - start;

/** Move a view of fixed length so that it lies within the sound. */
function within(start: number, length: number, total: number): View {
  if (length >= total) return whole(total);
  const from = Math.max(0, Math.min(start, total - length));
  return { start: from, end: Math.min(total, from + length) };
}

/** Show `factor` times as much; what is seen at `centre` stays where it is. */
export function zoomed(view: View, factor: number, centre: number, total: number): View {
  const least = Math.min(LEAST_SECONDS, total);
  const length = Math.max(least, Math.min(total, span(view) * factor));
  const share = (centre - view.start) / span(view);
  return within(centre - share * length, length, total);
}

export function panned(view: View, seconds: number, total: number): View {
  return within(view.start + seconds, span(view), total);
}

/** Turn the page, as a reader would, where the cursor has left what is seen. */
export function following(view: View, cursor: number, total: number): View {
  if (cursor >= view.start && cursor <= view.end) return view;
  return within(cursor - 0.05 * span(view), span(view), total);
}

/** Return the view that keeps the times under two fingers under them. */
export function pinched(times: [number, number], shares: [number, number], total: number): View | undefined {
  const apart = shares[1] - shares[0];
  if (Math.abs(apart) < 1e-3) return undefined;
  const length = Math.max(Math.min(LEAST_SECONDS, total), Math.min(total, (times[1] - times[0]) / apart));
  return length > 0 ? within(times[0] - shares[0] * length, length, total) : undefined;
}

export const timeAt = (view: View, share: number): number => view.start + share * span(view);

export const shareOf = (view: View, time: number): number => (time - view.start) / span(view);
