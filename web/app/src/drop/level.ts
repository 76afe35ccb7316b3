const FLOOR_DB = -60;

/** Return the height of a bar for a peak, 0 to 1, on a scale of decibels. */
export function barOf(peak: number): number {
  const db = 20 * Math.log10(Math.max(peak, 1e-6));
  return Math.max(0, 1 - db / FLOOR_DB);
}
