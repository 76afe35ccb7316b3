/** Numbers in words, the same wherever they are shown. */

const NARROW = "\u202f";

/** Return `value` with so many digits that three are seen: 1.23, 12.3, 123. */
export function threeDigits(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

/** Return a count of bytes in decimal units, as file managers and bit rates have them. */
export function bytes(count: number): string {
  if (count < 1000) return `${count}${NARROW}B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${threeDigits(value).replace(/\.0+$/, "")}${NARROW}${units[unit]}`;
}

/** Return a duration: "6.0 s", "2:05", "1:02:05". */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)}${NARROW}s`;
  return clock(seconds);
}

/** Return a time of a clock: "0:07", "12:05", "1:02:05". */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds + 0.5);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function hertz(rate: number): string {
  return `${String(Math.round(rate / 10) / 100)}${NARROW}kHz`;
}

export function channelsInWords(channels: number): string {
  return channels === 1 ? "mono" : channels === 2 ? "stereo" : `${channels} channels`;
}

export function kbps(value: number): string {
  return `${threeDigits(value).replace(/\.0+$/, "")}${NARROW}kbit/s`;
}

/** Return how long it is until `time` (seconds since 1970): "23 h", "12 min". */
export function until(time: number, now = Date.now() / 1000): string {
  const minutes = Math.max(0, (time - now) / 60);
  if (minutes < 1) return "under a minute";
  if (minutes < 90) return `${Math.round(minutes)}${NARROW}min`;
  return `${Math.round(minutes / 60)}${NARROW}h`;
}

/** Return hours as people say them: "24 hours", "90 minutes", "7 days". */
export function hours(count: number): string {
  if (count < 2) return `${Math.round(count * 60)} minutes`;
  if (count > 48 && count % 24 === 0) return `${count / 24} days`;
  return `${Number(count.toFixed(1))} hours`;
}

/** Return how many times smaller, or larger, `made` is than `source`; within one percent they are as large. */
export function ratio(source: number, made: number): string {
  if (Math.abs(made - source) < 0.01 * source) return "1\u00d7 the size";
  if (made <= source) return `${threeDigits(source / made).replace(/\.0+$/, "")}\u00d7 smaller`;
  return `${threeDigits(made / source).replace(/\.0+$/, "")}\u00d7 larger`;
}

/** Return a limit of time as people say it: "10 minutes", "90 seconds". */
export function limit(seconds: number): string {
  return seconds < 120 ? `${seconds} seconds` : `${Number((seconds / 60).toFixed(1))} minutes`;
}
