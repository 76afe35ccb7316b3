import type { Output, Placed } from "./schedule";

/** Long enough that a sound that begins or ends in the middle of a wave does not click. */
const FADE_SECONDS = 0.005;

/**
 * How many frames before `frame` a time can be given that is exactly a frame again when the context multiplies it by
 * the rate. From any other time on, browsers interpolate between samples.
 */
export function framesBefore(frame: number, rate: number): number {
  let before = 0;
  while (before < frame && ((frame - before) / rate) * rate !== frame - before) before++;
  return before;
}

/** Put `samples` into a graph so that the first is heard at frame `frame` of a context of the sound's own rate. */
export function placeSamples(
  context: BaseAudioContext,
  target: AudioNode,
  samples: Float32Array[],
  frame: number,
): AudioBufferSourceNode {
  const rate = context.sampleRate;
  const before = framesBefore(frame, rate);
  const buffer = context.createBuffer(samples.length, before + samples[0].length, rate);
  samples.forEach((channel, index) => {
    buffer.copyToChannel(channel as Float32Array<ArrayBuffer>, index, before);
  });
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(target);
  source.start((frame - before) / rate);
  return source;
}

/** The output of one run of playback: its own gain, so that it can fade without touching the volume. */
export class RunOutput implements Output {
  private readonly gain: GainNode;
  private begun = false;

  constructor(
    private readonly context: AudioContext,
    target: AudioNode,
    private readonly options: { fadeIn: boolean; onPieceEnd: () => void },
  ) {
    this.gain = context.createGain();
    this.gain.connect(target);
  }

  get frame(): number {
    return Math.round(this.context.currentTime * this.context.sampleRate);
  }

  place(samples: Float32Array[], frame: number): Placed {
    if (!this.begun && this.options.fadeIn) this.fadeInAt(frame);
    this.begun = true;
    const source = placeSamples(this.context, this.gain, samples, frame);
    source.onended = () => {
      source.disconnect();
      this.options.onPieceEnd();
    };
    const rate = this.context.sampleRate;
    return {
      cut(from) {
        source.stop(Math.max(0, from / rate));
      },
    };
  }

  /** Fade out from now on; returns the frame at which all is silent. */
  fadeOut(): number {
    const { currentTime, sampleRate } = this.context;
    this.gain.gain.cancelScheduledValues(currentTime);
    this.gain.gain.setValueAtTime(1, currentTime);
    this.gain.gain.linearRampToValueAtTime(0, currentTime + FADE_SECONDS);
    return Math.ceil((currentTime + FADE_SECONDS) * sampleRate);
  }

  private fadeInAt(frame: number): void {
    const from = frame / this.context.sampleRate;
    this.gain.gain.setValueAtTime(0, from);
    this.gain.gain.linearRampToValueAtTime(1, from + FADE_SECONDS);
  }
}

/** What `renderPieces` renders: pieces as a `Schedule` would place them, from frame `origin` of the context on. */
export interface Rendering {
  rate: number;
  channels: number;
  pieces: Float32Array[][];
  origin?: number;
}

/** Render pieces back to back, by the graph that is heard, in an `OfflineAudioContext`. */
export async function renderPieces({
  rate,
  channels,
  pieces,
  origin = 0,
}: Rendering): Promise<Float32Array[]> {
  const length = pieces.reduce((sum, piece) => sum + piece[0].length, 0);
  const context = new OfflineAudioContext(channels, origin + length, rate);
  let frame = origin;
  for (const piece of pieces) {
    placeSamples(context, context.destination, piece, frame);
    frame += piece[0].length;
  }
  const rendered = await context.startRendering();
  return Array.from({ length: channels }, (_, index) => rendered.getChannelData(index).slice(origin));
}
