/** The overview file of the server: peaks and levels of a whole sound, to be drawn before the sound is there. */

export interface Overview {
  columns: number;
  bands: number;
  seconds: number;
  topHertz: number;
  lowDecibels: number;
  highDecibels: number;
  /** Minimum and maximum of each column, full scale 127. */
  peaks: Int8Array;
  /** Level of each band (from the lowest) of each column, 0 for low to 255 for high. */
  levels: Uint8Array;
}

const HEADER_BYTES = 28;
const MOST = { columns: 65536, bands: 4096 };

export function parseOverview(buffer: ArrayBuffer): Overview {
  const view = new DataView(buffer);
  const magic = buffer.byteLength >= HEADER_BYTES ? String.fromCharCode(...new Uint8Array(buffer, 0, 4)) : "";
  if (magic !== "LGOV") throw new Error("not a valid overview file: it does not begin with LGOV");
  const [columns, bands] = [view.getUint32(4, true), view.getUint32(8, true)];
  const [seconds, topHertz, lowDecibels, highDecibels] = [12, 16, 20, 24].map((at) =>
    view.getFloat32(at, true),
  );
  const levelsAt = HEADER_BYTES + 2 * columns;
  const stated = columns > MOST.columns || bands > MOST.bands ? Infinity : levelsAt + columns * bands;
  if (stated !== buffer.byteLength || !(seconds > 0) || !(topHertz > 0) || !(highDecibels > lowDecibels))
    throw new Error(
      `not a valid overview file: ${buffer.byteLength} bytes for ${columns} columns of ${bands} bands`,
    );
  return {
    columns,
    bands,
    seconds,
    topHertz,
    lowDecibels,
    highDecibels,
    peaks: new Int8Array(buffer, HEADER_BYTES, 2 * columns),
    levels: new Uint8Array(buffer, levelsAt, columns * bands),
  };
}

export async function fetchOverview(url: string, signal: AbortSignal): Promise<Overview> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`the overview could not be loaded (${response.status})`);
  return parseOverview(await response.arrayBuffer());
}
