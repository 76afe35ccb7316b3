/** Where the samples of a WAV file stand, and how to read a few of them without the rest. */

export type Encoding = "pcm16" | "pcm24" | "float32";

export interface WavFormat {
  rate: number;
  channels: number;
  frames: number;
  encoding: Encoding;
  /** Offset of the first sample in the file. */
  dataStart: number;
  frameBytes: number;
}

/** Something that gives bytes [start, stop) of a file; fewer only where the file ends. */
export type ReadBytes = (start: number, stop: number) => Promise<Uint8Array>;

export class WavError extends Error {
  override name = "WavError";
}

const BYTES: Record<Encoding, number> = { pcm16: 2, pcm24: 3, float32: 4 };
const UNKNOWN_SIZE = 0xffffffff;
const MOST_CHUNKS = 64;

interface Description {
  rate: number;
  channels: number;
  encoding: Encoding;
}

function tag(bytes: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => bytes.getUint8(at + i)));
}

function describe(chunk: DataView): Description {
  if (chunk.byteLength < 16) throw new WavError("not a valid WAV file: its format chunk is cut short");
  let code = chunk.getUint16(0, true);
  const bits = chunk.getUint16(14, true);
  if (code === 0xfffe && chunk.byteLength >= 26) code = chunk.getUint16(24, true);
  const encoding = ({ "1/16": "pcm16", "1/24": "pcm24", "3/32": "float32" } as Record<string, Encoding>)[
    `${code}/${bits}`
  ];
  const [channels, rate] = [chunk.getUint16(2, true), chunk.getUint32(4, true)];
  if (!encoding)
    throw new WavError(`WAV with ${bits} bits of format ${code} cannot be read: expected 16, 24 or float`);
  if (!channels || !rate) throw new WavError("not a valid WAV file: no channels or no rate");
  return { rate, channels, encoding };
}

/** Return the format of the WAV file of `size` bytes that `read` gives access to. */
export async function readWavFormat(read: ReadBytes, size: number): Promise<WavFormat> {
  let head = await read(0, Math.min(4096, size));
  let headStart = 0;
  const view = async (start: number, length: number): Promise<DataView> => {
    if (start + length > headStart + head.length || start < headStart) {
      head = await read(start, Math.min(size, start + Math.max(length, 4096)));
      headStart = start;
      if (head.length < length) throw new WavError("not a valid WAV file: it ends before its samples begin");
    }
    return new DataView(head.buffer, head.byteOffset + start - headStart, length);
  };
  const riff = await view(0, 12);
  if (!["RIFF", "RF64", "BW64"].includes(tag(riff, 0)) || tag(riff, 8) !== "WAVE")
    throw new WavError("not a valid WAV file: it does not begin with RIFF or RF64");
  return walk(view, size);
}

async function walk(
  view: (start: number, length: number) => Promise<DataView>,
  size: number,
): Promise<WavFormat> {
  let description: Description | undefined;
  let longSize: number | undefined;
  let at = 12;
  for (let count = 0; count < MOST_CHUNKS; count++) {
    const header = await view(at, 8);
    const [name, stated] = [tag(header, 0), header.getUint32(4, true)];
    if (name === "data") {
      if (!description) throw new WavError("not a valid WAV file: samples before their format");
      return located(
        description,
        at + 8,
        stated === UNKNOWN_SIZE ? (longSize ?? size - at - 8) : stated,
        size,
      );
    }
    if (name === "fmt ") description = describe(await view(at + 8, Math.min(stated, 40)));
    if (name === "ds64" && stated >= 16) longSize = Number((await view(at + 8, 16)).getBigUint64(8, true));
    at += 8 + stated + (stated & 1);
  }
  throw new WavError(`not a valid WAV file: no samples within ${MOST_CHUNKS} chunks`);
}

function located(description: Description, dataStart: number, bytes: number, size: number): WavFormat {
  if (dataStart + bytes > size)
    throw new WavError(
      `not a valid WAV file: ${bytes} bytes of samples are stated, ${size - dataStart} are there`,
    );
  const frameBytes = BYTES[description.encoding] * description.channels;
  return { ...description, dataStart, frameBytes, frames: Math.floor(bytes / frameBytes) };
}

/** Return the samples in `bytes`, one array per channel, in [-1, 1) for integers. */
export function decodeSamples(bytes: Uint8Array, format: WavFormat): Float32Array<ArrayBuffer>[] {
  const { channels, encoding } = format;
  const frames = Math.floor(bytes.length / format.frameBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const width = BYTES[encoding];
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(frames);
    for (let i = 0, at = channel * width; i < frames; i++, at += format.frameBytes) {
      if (encoding === "pcm16") samples[i] = view.getInt16(at, true) / 32768;
      else if (encoding === "float32") samples[i] = view.getFloat32(at, true);
      else samples[i] = ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8388608;
    }
    return samples;
  });
}
