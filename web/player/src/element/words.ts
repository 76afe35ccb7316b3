import type { Facts } from "../facts";

/** Seconds as a clock shows them: 0:03, 12:40, 1:02:03. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-:--";
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Title and artist of a stream, as far as its tags have them. */
export function heading(facts: Facts | undefined): string {
  const { title, artist } = facts?.tags ?? {};
  return [title, artist].filter(Boolean).join(" · ");
}
