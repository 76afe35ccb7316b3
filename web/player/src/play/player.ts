import { openInWorker } from "../client";
import type { Facts } from "../facts";
import type { Bytes } from "./address";
import { contexts as shared, type Contexts } from "./contexts";
import { PlayerError } from "./errors";
import { Sound, type OpenStream } from "./sound";
import { firstSamples, Voice } from "./voice";

export interface PlayerOptions {
  readonly openStream?: OpenStream;
  readonly contexts?: Contexts;
}

/** What a `Player` dispatches; the names and their meaning are those of `<audio>`. */
export const EVENTS = [
  "loadstart",
  "durationchange",
  "loadedmetadata",
  "canplay",
  "progress",
  "play",
  "playing",
  "waiting",
  "pause",
  "timeupdate",
  "seeking",
  "seeked",
  "ended",
  "volumechange",
  "error",
  "emptied",
] as const;

/** Play `.lig` streams: the part of the interface of `<audio>` that makes sense for them, with nothing to be seen. */
export class Player extends EventTarget {
  private readonly openStream: OpenStream;
  private readonly contexts: Contexts;
  private loading: AbortController | undefined;
  private opened: Promise<Sound> | undefined;
  private sound: Sound | undefined;
  private voice: Voice | undefined;
  /** Where it stands while nothing runs: in samples; in seconds before the rate is known. */
  private position = 0;
  private failure: PlayerError | null = null;
  private isPaused = true;
  private isEnded = false;
  private canPlay = false;
  private readonly settings = { volume: 1, muted: false, loop: false };

  constructor({ openStream = openInWorker, contexts = shared }: PlayerOptions = {}) {
    super();
    this.openStream = openStream;
    this.contexts = contexts;
  }

  /** Open a stream: an address, its bytes, or bytes that are still coming. What was open before is closed. */
  load(source: string | Bytes): void {
    this.unload();
    const loading = (this.loading = new AbortController());
    this.emit("loadstart");
    const events = {
      onReadable: () => {
        this.onReadable();
      },
      onShortened: (error: PlayerError) => {
        this.failure = error;
        this.emit("durationchange");
        this.emit("error");
      },
    };
    this.opened = Sound.open(source, events, { signal: loading.signal, openStream: this.openStream });
    this.opened.then(
      (sound) => {
        if (loading.signal.aborted) sound.close();
        else this.onOpened(sound);
      },
      (error: unknown) => {
        if (!loading.signal.aborted) this.fail(error);
      },
    );
  }

  /** Close what is open, and give its Worker and its audio context back. The player can load again. */
  unload(): void {
    const had = this.opened !== undefined;
    this.loading?.abort();
    this.voice?.dispose();
    this.sound?.close();
    this.opened = this.sound = this.loading = this.voice = undefined;
    this.position = 0;
    this.failure = null;
    this.isEnded = this.canPlay = false;
    this.isPaused = true;
    if (had) this.emit("emptied");
  }

  /** Play from where it stands, or from the beginning after the end; rejects where that is not possible. */
  async play(): Promise<void> {
    if (!this.isPaused) return;
    const { opened, loading } = this;
    if (!opened) throw new PlayerError("not-found", "There is nothing to play: no address was given.");
    if (this.isEnded) this.position = 0;
    this.isEnded = this.isPaused = false;
    this.emit("play");
    try {
      // If the rate is known, inside the click: some browsers let sound begin nowhere else.
      await this.voiceOf(this.sound ?? (await opened)).wake();
      if (this.loading === loading) this.begin();
    } catch (error) {
      if (loading?.signal.aborted) return;
      this.setPaused();
      const known = error instanceof PlayerError && (error.code === "blocked" || error === this.failure);
      if (!known) this.fail(error);
      throw error;
    }
  }

  pause(): void {
    if (this.isPaused) return;
    this.position = this.voice?.position ?? this.position;
    this.voice?.end();
    this.setPaused();
  }

  /** What is known of the stream once it is open: rate, channels, tags and the like. */
  get facts(): Facts | undefined {
    return this.sound?.facts;
  }

  get paused(): boolean {
    return this.isPaused;
  }

  get ended(): boolean {
    return this.isEnded;
  }

  get error(): PlayerError | null {
    return this.failure;
  }

  /** Seconds; NaN until they are known. Less than the stream promises where it is damaged. */
  get duration(): number {
    return this.sound ? this.sound.end / this.sound.facts.rate : NaN;
  }

  /** Seconds from the beginning that can be played without waiting. */
  get readableSeconds(): number {
    return this.sound ? this.sound.readable / this.sound.facts.rate : 0;
  }

  get currentTime(): number {
    return this.sound ? (this.voice?.position ?? this.position) / this.sound.facts.rate : this.position;
  }

  set currentTime(seconds: number) {
    if (!Number.isFinite(seconds))
      throw new TypeError(`${seconds} is not a valid time: seconds were expected.`);
    this.emit("seeking");
    this.isEnded = false;
    this.position = this.sound ? this.frameAt(seconds) : Math.max(0, seconds);
    if (this.voice?.running) {
      this.voice.end();
      this.begin();
    }
    this.emit("timeupdate");
    this.emit("seeked");
  }

  get volume(): number {
    return this.settings.volume;
  }

  set volume(volume: number) {
    if (!(volume >= 0 && volume <= 1))
      throw new RangeError(`${volume} is not a valid volume: 0 to 1 was expected.`);
    this.settings.volume = volume;
    this.setLevel();
  }

  get muted(): boolean {
    return this.settings.muted;
  }

  set muted(muted: boolean) {
    this.settings.muted = muted;
    this.setLevel();
  }

  get loop(): boolean {
    return this.settings.loop;
  }

  set loop(loop: boolean) {
    this.settings.loop = loop;
    if (this.voice) this.voice.loop = loop;
  }

  private emit(type: (typeof EVENTS)[number]): void {
    this.dispatchEvent(new Event(type));
  }

  private onOpened(sound: Sound): void {
    this.sound = sound;
    this.position = this.frameAt(this.position);
    sound.prepare(this.position, Math.min(this.position + firstSamples(sound.facts.rate), sound.end));
    this.emit("durationchange");
    this.emit("loadedmetadata");
    this.onReadable();
  }

  private onReadable(): void {
    if (!this.sound) return;
    this.emit("progress");
    if (this.canPlay || this.sound.readable === 0) return;
    this.canPlay = true;
    this.emit("canplay");
  }

  private fail(error: unknown): void {
    this.failure =
      error instanceof PlayerError ? error : new PlayerError("device", String(error), { cause: error });
    this.pause();
    this.emit("error");
  }

  private setPaused(): void {
    this.voice?.rest();
    if (this.isPaused) return;
    this.isPaused = true;
    this.emit("pause");
  }

  private frameAt(seconds: number): number {
    const { facts, end } = this.sound!;
    return Math.min(Math.max(0, Math.round(seconds * facts.rate)), end);
  }

  private voiceOf(sound: Sound): Voice {
    const listener = {
      onWaiting: () => {
        this.emit("waiting");
      },
      onPlaying: () => {
        this.emit("playing");
      },
      onTick: () => {
        this.emit("timeupdate");
      },
      onEnd: () => {
        this.finish();
      },
      onInterrupted: () => {
        this.pause();
      },
      onError: (error: unknown) => {
        this.fail(error);
      },
    };
    return (this.voice ??= new Voice(sound, this.contexts, listener, this.gain));
  }

  private begin(): void {
    if (this.isPaused || !this.voice || !this.sound || this.voice.running) return;
    if (this.position >= this.sound.end) this.position = 0;
    this.voice.begin(this.position, this.settings.loop);
  }

  private finish(): void {
    this.position = this.sound!.end;
    this.voice?.end();
    this.isEnded = true;
    this.emit("timeupdate");
    this.setPaused();
    this.emit("ended");
  }

  private get gain(): number {
    return this.settings.muted ? 0 : this.settings.volume;
  }

  private setLevel(): void {
    if (this.voice) this.voice.volume = this.gain;
    this.emit("volumechange");
  }
}
