import { Growing, Reader } from "./bytes";
import { checkBudget } from "./budget";
import { Damaged, EndsEarly, FormatError, OverBudget } from "./errors";
import type { BlockRange, Facts, StreamOptions } from "./facts";
import { Framing } from "./framing";
import { type Header, readHeader } from "./header";
import { type Layout, layoutOf } from "./layout";
import { loadModel } from "./models";
import { PayloadReader } from "./payload";
import { Restorer } from "./restore";
import { readTags } from "./sections";
import { type Folded, Synthesis } from "./synthesis";

/** Samples times channels that one call of `read` may return, unless the options say otherwise. */
const MAX_READ = 2 ** 26;
/** Decoded blocks that are kept: a block, its two neighbours, and the next one's. */
const KEPT = 4;
/** The streams that Python's decoder enhances: the profile, and what its network has learned from. */
const ENHANCED = { profile: "speech_low", rate: 16000, frameSize: 320, leastHop: 5600 };

/** A `.lig` stream of the transform coding, decoded block by block. */
export class Stream implements Facts {
  private readonly faults = new Map<number, string>();
  private readonly kept = new Map<number, Folded>();
  private readonly layout: Layout;
  private readonly synthesis: Synthesis;
  private decoder: { payloads: PayloadReader; restorer: Restorer } | undefined;
  private ranges: readonly BlockRange[] | undefined;

  private constructor(
    private readonly bytes: Growing,
    private readonly header: Header,
    private readonly framing: Framing,
    readonly tags: Readonly<Record<string, string>>,
    private readonly options: StreamOptions,
    private complete: boolean,
  ) {
    this.arrived();
    this.layout = layoutOf(header);
    this.synthesis = new Synthesis(this.layout, header.sine);
  }

  /**
   * Read header, sections and the places of blocks.
   *
   * Throws `EndsEarly` where even header and sections are not complete (try again with more bytes), `Unsupported`
   * where the stream is not of the transform coding, and other kinds of `FormatError` where it is not valid.
   */
  static open(bytes: Uint8Array, options: StreamOptions = {}): Stream {
    const complete = options.complete ?? true;
    const reader = new Reader(bytes);
    const header = readHeader(reader);
    const tags = readTags(reader);
    if (!complete && !reader.left) throw new EndsEarly("whether sections follow is not known yet");
    const framing = new Framing(header, reader.position);
    return new Stream(new Growing(bytes), header, framing, tags, options, complete);
  }

  get rate(): number {
    return this.header.rate;
  }

  get channels(): number {
    return this.header.channels;
  }

  get sampleCount(): number {
    return this.header.sampleCount;
  }

  get seconds(): number {
    return this.sampleCount / this.rate;
  }

  get profile(): string {
    return this.header.profile.name;
  }

  get enhanced(): boolean {
    const { rate, channels, frameSize, sine, profile, hop, count } = this.header;
    const learned = profile.name === ENHANCED.profile && rate === ENHANCED.rate && channels === 1;
    return learned && frameSize === ENHANCED.frameSize && !sine && (count === 1 || hop >= ENHANCED.leastHop);
  }

  /** Where the blocks lie in the sound; a block of many seconds is the exception. */
  get blocks(): readonly BlockRange[] {
    const { count, hop } = this.header;
    this.ranges ??= Array.from({ length: count }, (_, block) => ({
      start: block * hop,
      count: this.length(block),
    }));
    return this.ranges;
  }

  /** Samples from the beginning that depend on blocks alone whose bytes are there. */
  get readable(): number {
    const { found } = this.framing;
    if (found === this.header.count) return this.sampleCount;
    return found && found * this.header.hop - this.synthesis.reach;
  }

  /** Load what the profile needs. Before it is done nothing can be decoded. */
  async ready(): Promise<void> {
    const model = await loadModel(this.header.profile.name);
    this.decoder ??= {
      payloads: new PayloadReader(this.layout, model, this.options.simd ?? true),
      restorer: new Restorer(this.layout),
    };
  }

  /** Take more bytes of a stream that was opened with `complete: false`. */
  append(bytes: Uint8Array): void {
    if (this.complete) throw new Error("this stream is complete already");
    this.bytes.append(bytes);
    this.arrived();
  }

  /** Say that no more bytes will come: blocks that are missing by now are lost. */
  finish(): void {
    this.complete = true;
    this.arrived();
  }

  /** Return the samples of a block, one array for each channel. */
  decode(block: number): Float32Array[] {
    const start = block * this.header.hop;
    return this.read(start, start + this.header.hop);
  }

  /**
   * Return samples `start` to `stop` (cut at the end of the sound), one array for each channel.
   *
   * Only the blocks on which these samples depend are decoded. Throws `Damaged` where one of them is not valid, and
   * `EndsEarly` where its bytes are still to come.
   */
  read(start: number, stop: number): Float32Array[] {
    const begin = Math.min(Math.max(Math.floor(start) || 0, 0), this.sampleCount);
    const end = Math.max(Math.min(Math.floor(stop) || 0, this.sampleCount), begin);
    if ((end - begin) * this.channels > (this.options.maxRead ?? MAX_READ)) {
      throw new OverBudget(`${end - begin} samples of ${this.channels} channel(s) are too many for one call`);
    }
    const samples = Array.from({ length: this.channels }, () => new Float32Array(end - begin));
    const { hop } = this.header;
    for (let block = Math.floor(begin / hop); block * hop < end; block++) {
      this.fill(block, { begin, end }, samples);
    }
    return samples;
  }

  /** Fill in what a block has of a range of samples. */
  private fill(block: number, range: { begin: number; end: number }, samples: Float32Array[]): void {
    const { hop, count } = this.header;
    const { reach } = this.synthesis;
    const origin = block * hop;
    const [first, last] = [Math.max(range.begin - origin, 0), Math.min(range.end - origin, hop)];
    const before = block > 0 && first < reach ? this.folded(block - 1) : undefined;
    const own = this.folded(block);
    const behind = block < count - 1 && last > hop - reach ? this.folded(block + 1) : undefined;
    samples.forEach((to, channel) => {
      const put = (part: Float32Array, at: number) => {
        const [from, end] = [Math.max(first - at, 0), Math.min(last - at, part.length)];
        if (end > from) to.set(part.subarray(from, end), origin + at + from - range.begin);
      };
      if (own) put(own[channel], 0);
      if (before !== undefined) put(this.synthesis.join(before?.[channel], own?.[channel])[1], 0);
      if (behind !== undefined) put(this.synthesis.join(own?.[channel], behind?.[channel])[0], hop - reach);
    });
  }

  /** Return a block as it is before it is joined to its neighbours; some are kept. */
  private folded(block: number): Folded {
    let folded = this.kept.get(block);
    if (folded === undefined) {
      folded = this.decoded(block);
      if (this.kept.size === KEPT) this.kept.delete(this.kept.keys().next().value!);
    }
    this.kept.delete(block);
    this.kept.set(block, folded); // the last one to be used is the last one to be forgotten
    return folded;
  }

  private decoded(block: number): Folded {
    if (!this.decoder) throw new Error("the model is not loaded: wait for ready()");
    if (block >= this.framing.found && !this.complete)
      throw new EndsEarly(`block ${block} has not arrived yet`);
    const fault = this.faults.get(block) ?? (block >= this.framing.found ? this.framing.broken : undefined);
    if (fault !== undefined) throw this.damage(block, fault);
    try {
      const payload = this.framing.payload(this.bytes.data, block);
      if (!payload.length) return null;
      const spectra = this.decoder.payloads.read(payload, block);
      return this.synthesis.fold(this.decoder.restorer.restore(spectra), spectra.switching);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.faults.set(block, error.message);
      throw this.damage(block, error.message);
    }
  }

  private damage(block: number, reason: string): Damaged {
    const first = Math.min(block, this.framing.found) * this.header.hop - this.synthesis.reach - 1;
    return new Damaged(block, reason, Math.max(Math.floor((first / this.rate) * 1000) / 1000, 0));
  }

  private length(block: number): number {
    return Math.min(this.header.hop, this.sampleCount - block * this.header.hop);
  }

  /** Look at what has come, and refuse what it does not justify. */
  private arrived(): void {
    const { framing, header, bytes, complete } = this;
    framing.scan(bytes.data, complete);
    const samples = complete ? header.sampleCount : Math.min(framing.found * header.hop, header.sampleCount);
    const claim = { bytes: bytes.data.length, samples, audible: framing.audible };
    checkBudget(header, claim, this.options.maxSeconds);
  }
}
