import type { Reader } from "./bytes";
import { crc32 } from "./crc32";
import { EndsEarly, FormatError, Unsupported } from "./errors";
import { type Profile, profileOf } from "./profiles";

/** The header of a stream of the transform coding (FORMAT.md §2, §7 network 11, §8). */
export interface Header {
  readonly rate: number;
  readonly channels: number;
  readonly sampleCount: number;
  /** Samples of a frame, and its coefficients. */
  readonly frameSize: number;
  /** Frames of a block. */
  readonly frames: number;
  /** Whether windows rise as a sine. */
  readonly sine: boolean;
  readonly profile: Profile;
  /** Samples of a block. */
  readonly hop: number;
  /** Number of blocks. */
  readonly count: number;
  /** Parameters of the network in a block: what the limits count. */
  readonly parameters: number;
}

const MAGIC = [0x4c, 0x49, 0x47];
const VERSION = 1;
const LAPPED = 11;
const RATES = [
  0, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000,
];
const NETWORKS: Readonly<Record<number, string>> = {
  1: "SIREN",
  2: "FMLP",
  3: "Siamese SIREN",
  4: "Siamese SIREN with ReLU layers",
  5: "FINER",
  6: "WIRE",
  7: "Fourier-KAN",
  8: "multiplicative filters",
  9: "parallel SIRENs",
  10: "local SIRENs",
  11: "lapped sines",
  12: "a member of a family",
  13: "phased sines",
};

/** Networks whose blocks have a length of their own, so that the header has neither hop nor overlap. */
const OWN_BLOCKS: readonly number[] = [11, 13];

const MAX_RATE = 2 ** 31 - 1;
const MAX_SAMPLES = 2 ** 48;
const MAX_BLOCKS = 2 ** 22;
const MAX_CHANNELS = 256;
const MAX_PARAMETERS = 2 ** 21;
const MAX_FRAMES = 2 ** 12;
const MAX_MODEL_NAME = 32;
const DIGEST_BYTES = 8;

interface Word {
  readonly bits: number;
  /** Name of the model that payloads depend on, where the coding needs one. */
  readonly model: string | undefined;
}

/** Read and check the header. `Unsupported` names what this decoder does not know of a stream that may be valid. */
export function readHeader(reader: Reader): Header {
  const start = reader.position;
  readMagic(reader);
  const network = reader.varint();
  const { rate, channels } = readSignal(reader);
  const sampleCount = reader.varint();
  if (!OWN_BLOCKS.includes(network)) {
    reader.varint(); // hop
    reader.varint(); // overlap
  }
  const coding = readCoding(reader);
  const fields = readFields(reader);
  const body = reader.data.subarray(start, reader.position);
  if (crc32(body) !== reader.u32())
    throw new FormatError("the header is damaged: its checksum does not match");
  if (network !== LAPPED) throw new Unsupported(foreignNetwork(network));
  return checked({ rate, channels, sampleCount }, profileOfWord(coding), fields);
}

function readMagic(reader: Reader): void {
  const seen = reader.data.subarray(reader.position, reader.position + MAGIC.length);
  if (seen.some((byte, at) => byte !== MAGIC[at])) {
    throw new FormatError("this is not a .lig stream: it does not begin with LIG");
  }
  if (seen.length < MAGIC.length) throw new EndsEarly("the stream ends within its first three bytes");
  reader.take(MAGIC.length);
  const version = reader.byte();
  if (version !== VERSION) {
    throw new FormatError(`this stream has format version ${version}; this decoder knows only ${VERSION}`);
  }
}

function readSignal(reader: Reader): { rate: number; channels: number } {
  const byte = reader.byte();
  const [code, few] = [byte & 15, byte >> 4];
  if (code >= RATES.length) throw new FormatError(`${code} is not a valid rate code`);
  const rate = RATES[code] || reader.varint();
  return { rate, channels: few || reader.varint() };
}

function readCoding(reader: Reader): Word {
  const bits = reader.u16();
  if (bits >> 14 !== 3) return { bits, model: undefined };
  const length = reader.byte();
  if (length < 1 || length > MAX_MODEL_NAME) {
    throw new FormatError(`the name of a model has ${length} bytes, 1 to ${MAX_MODEL_NAME} were expected`);
  }
  const model = String.fromCharCode(...reader.take(length));
  if (!/^[a-z0-9._-]+$/.test(model))
    throw new FormatError("the name of a model has characters that it may not have");
  reader.take(DIGEST_BYTES);
  return { bits, model };
}

/** Read the mask and the values of the fields that are stored, by their numbers. */
function readFields(reader: Reader): Map<number, number> {
  const fields = new Map<number, number>();
  const mask = reader.bigVarint();
  for (let field = 0; mask >> BigInt(field); field++) {
    if ((mask >> BigInt(field)) & 1n) fields.set(field, reader.number());
  }
  return fields;
}

function foreignNetwork(network: number): string {
  const name = NETWORKS[network]
    ? `${network} (${NETWORKS[network]})`
    : `${network}, which is not known here`;
  return `this stream has the network ${name}; this decoder has the transform coding of network ${LAPPED} alone`;
}

function profileOfWord({ bits, model }: Word): Profile {
  if (bits >> 15 === 0) {
    throw new Unsupported(
      "this stream has network 11 with fitted parameters, which this decoder does not read",
    );
  }
  if (model !== undefined) {
    throw new Unsupported(
      `this stream has the coding ${bits & 0x3fff} with the model ${model}, which is not known here`,
    );
  }
  return profileOf(bits & 0x3fff);
}

interface Signal {
  readonly rate: number;
  readonly channels: number;
  readonly sampleCount: number;
}

function checked(
  { rate, channels, sampleCount }: Signal,
  profile: Profile,
  fields: Map<number, number>,
): Header {
  if ([...fields.keys()].some((field) => field > 2)) {
    throw new FormatError(
      `the network has fields that this decoder does not know: ${[...fields.keys()].join(", ")}`,
    );
  }
  const frameSize = within("frame_size", fields.get(0) ?? 1024, 32, 65536);
  const frames = within("frames", fields.get(1) ?? 16, 1, 4096);
  const sine = within("sine", fields.get(2) ?? 0, 0, 1) === 1;
  if (frameSize % 32)
    throw new FormatError(`impossible header: frame_size ${frameSize} is no multiple of 32`);
  within("rate", rate, 1, MAX_RATE);
  within("channels", channels, 1, MAX_CHANNELS);
  within("samples", sampleCount, 1, MAX_SAMPLES);
  const hop = frameSize * frames;
  const parameters = frames + 2 + hop * channels;
  if (parameters > MAX_PARAMETERS || frames * channels > MAX_FRAMES) {
    throw new FormatError(`impossible header: ${parameters} parameters in ${frames} frames of a block`);
  }
  const count = within("blocks", Math.ceil(sampleCount / hop), 1, MAX_BLOCKS);
  return { rate, channels, sampleCount, frameSize, frames, sine, profile, hop, count, parameters };
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new FormatError(
    `impossible header: ${name} is ${value}, an integer from ${least} to ${most} was expected`,
  );
}
