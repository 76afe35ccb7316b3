import type { Facts } from "../facts";
import { shortened } from "../play/address";
import type { PlayerError } from "../play/errors";
import { EVENTS, Player, type PlayerOptions } from "../play/player";
import { Controls } from "./controls";
import { heading } from "./words";

/** Elements that are on the page, so that one of a group can silence the others. */
const connected = new Set<LigeiaAudio>();

/** Where there is no document, as on a server, the module can be imported all the same. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class
const Base = (globalThis.HTMLElement as typeof HTMLElement | undefined) ?? (class {} as typeof HTMLElement);

/** `<ligeia-audio src="sound.lig">`: plays a stream; the part of `<audio>` that makes sense, with controls of its own. */
export class LigeiaAudio extends Base {
  static readonly observedAttributes = ["src", "loop", "muted", "controls", "label"];
  /** For tests: what players of new elements are made with. */
  static playerOptions: PlayerOptions = {};

  private readonly player = new Player(LigeiaAudio.playerOptions);
  private readonly controls: Controls;
  private loaded = false;
  private waiting = false;
  private blocked = "";

  constructor() {
    super();
    this.controls = new Controls(this.attachShadow({ mode: "open" }), {
      toggle: () => {
        if (this.paused) this.play().catch(this.onRefused);
        else this.pause();
      },
      seek: (seconds) => {
        this.currentTime = seconds;
      },
      setVolume: (volume) => {
        this.volume = volume;
        this.muted = false;
      },
      toggleMuted: () => {
        this.muted = !this.muted;
      },
      toggleLoop: () => {
        this.loop = !this.loop;
      },
    });
    for (const type of EVENTS) {
      this.player.addEventListener(type, () => {
        this.onPlayer(type);
      });
    }
  }

  connectedCallback(): void {
    connected.add(this);
    if (!this.loaded && this.preload !== "none") this.load();
    this.update();
  }

  disconnectedCallback(): void {
    // An element that is only moved is back by the end of this task.
    queueMicrotask(() => {
      if (this.isConnected) return;
      connected.delete(this);
      this.loaded = false;
      this.player.unload();
    });
  }

  attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
    if (name === "loop") this.player.loop = value !== null;
    if (name === "muted") this.player.muted = value !== null;
    if (name === "controls") this.controls.choose(value?.trim() ? value.trim().split(/\s+/) : undefined);
    if (name === "src") this.onAddress();
    this.update();
  }

  /** Load the stream of `src`, from the beginning. */
  load(): void {
    this.loaded = true;
    this.blocked = "";
    if (this.src) this.player.load(this.src);
    else this.player.unload();
    this.update();
  }

  /** Play; rejects where that is not possible. After a failure the stream is loaded again. */
  async play(): Promise<void> {
    const failed = this.error !== null && this.facts === undefined;
    if (!this.loaded || failed) this.load();
    this.blocked = "";
    await this.player.play();
  }

  pause(): void {
    this.player.pause();
  }

  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  set src(address: string) {
    this.setAttribute("src", address);
  }

  get preload(): "none" | "auto" {
    return this.getAttribute("preload") === "none" ? "none" : "auto";
  }

  set preload(preload: "none" | "auto") {
    this.setAttribute("preload", preload);
  }

  get loop(): boolean {
    return this.hasAttribute("loop");
  }

  set loop(loop: boolean) {
    this.toggleAttribute("loop", loop);
  }

  get muted(): boolean {
    return this.player.muted;
  }

  set muted(muted: boolean) {
    this.player.muted = muted;
  }

  get volume(): number {
    return this.player.volume;
  }

  set volume(volume: number) {
    this.player.volume = volume;
  }

  get currentTime(): number {
    return this.player.currentTime;
  }

  set currentTime(seconds: number) {
    this.player.currentTime = seconds;
  }

  get duration(): number {
    return this.player.duration;
  }

  get paused(): boolean {
    return this.player.paused;
  }

  get ended(): boolean {
    return this.player.ended;
  }

  get error(): PlayerError | null {
    return this.player.error;
  }

  /** Seconds from the beginning that can be played without waiting. */
  get readableSeconds(): number {
    return this.player.readableSeconds;
  }

  /** Rate, channels, tags and the like, once they are known. */
  get facts(): Facts | undefined {
    return this.player.facts;
  }

  private readonly onRefused = (error: unknown) => {
    const failed = this.error !== null;
    this.blocked = failed ? "" : error instanceof Error ? error.message : String(error);
    this.update();
  };

  private onAddress(): void {
    const stale = this.loaded || this.isConnected;
    this.loaded = false;
    if (!stale || !this.isConnected) return;
    if (this.preload === "none") this.player.unload();
    else this.load();
  }

  private onPlayer(type: (typeof EVENTS)[number]): void {
    if (type === "waiting" || type === "play") this.waiting = true;
    if (type === "playing" || type === "pause") this.waiting = false;
    if (type === "play") this.silenceGroup();
    this.update();
    this.dispatchEvent(new Event(type));
  }

  private silenceGroup(): void {
    const group = this.getAttribute("group");
    if (!group) return;
    for (const other of connected) if (other !== this && other.getAttribute("group") === group) other.pause();
  }

  private update(): void {
    const { player } = this;
    const shown = heading(player.facts);
    const label = this.getAttribute("label") ?? "";
    const file = /^data:/i.test(this.src) ? "" : shortened(this.src);
    const problem = player.error?.message ?? this.blocked;
    const notice = player.facts?.enhanced
      ? "Played without the network that improves speech at low rates."
      : "";
    this.controls.show({
      label: label || shown || file || "Sound",
      heading: label || shown,
      playing: !player.paused,
      busy: this.waiting,
      usable: this.src !== "",
      time: player.currentTime,
      duration: player.duration,
      volume: player.volume,
      muted: player.muted,
      loop: player.loop,
      message: problem || notice,
      problem: problem !== "",
    });
  }
}

/** Make `<ligeia-audio>` known to the page, unless it is. */
export function defineElement(): void {
  if (typeof customElements === "undefined" || customElements.get("ligeia-audio")) return;
  customElements.define("ligeia-audio", LigeiaAudio);
}

declare global {
  interface HTMLElementTagNameMap {
    "ligeia-audio": LigeiaAudio;
  }
}
