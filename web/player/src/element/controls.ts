import { icon, type IconName } from "./icons";
import css from "./style.css?inline";
import { clock } from "./words";

/** What the controls show. */
export interface View {
  readonly label: string;
  readonly heading: string;
  readonly playing: boolean;
  readonly busy: boolean;
  readonly usable: boolean;
  readonly time: number;
  readonly duration: number;
  readonly volume: number;
  readonly muted: boolean;
  readonly loop: boolean;
  readonly message: string;
  readonly problem: boolean;
}

/** What somebody does with the controls. */
export interface Actions {
  toggle(): void;
  seek(seconds: number): void;
  setVolume(volume: number): void;
  toggleMuted(): void;
  toggleLoop(): void;
}

/** The controls that can be named in the attribute `controls`. */
export const CONTROLS = ["title", "play", "position", "time", "mute", "volume", "loop"] as const;
export type ControlName = (typeof CONTROLS)[number];

/** Native buttons and ranges in a shadow root; every one of them is a part. */
export class Controls {
  private readonly frame = element("div", "frame");
  private readonly title = element("p", "title");
  private readonly play = element("button", "play");
  private readonly position = element("input", "position");
  private readonly time = element("span", "time");
  private readonly sound = element("div", "sound");
  private readonly mute = element("button", "mute");
  private readonly volume = element("input", "volume");
  private readonly loop = element("button", "loop");
  private readonly message = element("p", "message");
  /** Somebody holds the position: what plays does not move it. */
  private held = false;
  private titled = true;
  private view: View | undefined;

  constructor(
    root: ShadowRoot,
    private readonly actions: Actions,
  ) {
    root.adoptedStyleSheets = [sheet()];
    this.frame.setAttribute("role", "group");
    this.message.setAttribute("role", "status");
    this.time.setAttribute("aria-hidden", "true");
    for (const range of [this.position, this.volume])
      Object.assign(range, { type: "range", min: "0", step: "any" });
    this.volume.max = "1";
    this.position.setAttribute("aria-label", "Position");
    this.volume.setAttribute("aria-label", "Volume");
    this.sound.append(this.mute, this.volume, this.loop);
    this.frame.append(this.title, this.play, this.position, this.time, this.sound, this.message);
    root.append(this.frame);
    this.listen();
  }

  /** Show the controls that are named, or all; with `none` among them nothing. */
  choose(names: readonly string[] | undefined): void {
    for (const name of CONTROLS) this[name].hidden = names !== undefined && !names.includes(name);
    this.titled = !this.title.hidden;
    this.title.hidden = !this.titled || this.title.textContent === "";
    this.frame.hidden = names?.includes("none") ?? false;
  }

  show(view: View): void {
    const { playing, busy, muted, loop } = view;
    if (view.label !== this.view?.label) this.frame.setAttribute("aria-label", view.label);
    setText(this.title, view.heading);
    this.title.hidden = !this.titled || view.heading === "";
    setText(this.message, view.message);
    this.message.classList.toggle("problem", view.problem);
    this.play.disabled = !view.usable;
    this.play.classList.toggle("busy", busy);
    setButton(this.play, playing ? "pause" : "play", playing ? "Pause" : "Play");
    setButton(this.mute, muted ? "silence" : "sound", "Mute", muted);
    setButton(this.loop, "loop", "Loop", loop);
    this.showPosition(view.time, view.duration);
    this.volume.value = String(muted ? 0 : view.volume);
    this.volume.setAttribute("aria-valuetext", muted ? "muted" : `${Math.round(view.volume * 100)} %`);
    this.view = view;
  }

  private showPosition(time: number, duration: number): void {
    const known = Number.isFinite(duration) && duration > 0;
    this.position.disabled = !known;
    this.position.max = String(known ? duration : 1);
    const shown = this.held ? Number(this.position.value) : time;
    if (!this.held) this.position.value = String(known ? time : 0);
    const text = known ? `${clock(shown)} / ${clock(duration)}` : clock(NaN);
    setText(this.time, text);
    const spoken = known ? `${clock(shown)} of ${clock(duration)}` : "unknown";
    if (this.position.getAttribute("aria-valuetext") !== spoken)
      this.position.setAttribute("aria-valuetext", spoken);
  }

  private listen(): void {
    const { actions } = this;
    this.play.addEventListener("click", () => {
      actions.toggle();
    });
    this.mute.addEventListener("click", () => {
      actions.toggleMuted();
    });
    this.loop.addEventListener("click", () => {
      actions.toggleLoop();
    });
    this.volume.addEventListener("input", () => {
      actions.setVolume(Number(this.volume.value));
    });
    this.position.addEventListener("input", () => {
      this.held = true;
      if (this.view) this.showPosition(this.view.time, this.view.duration);
    });
    this.position.addEventListener("change", () => {
      this.held = false;
      actions.seek(Number(this.position.value));
    });
    this.position.addEventListener("keydown", (event) => {
      this.onKey(event);
    });
    this.volume.addEventListener("keydown", (event) => {
      this.onKey(event);
    });
  }

  /** Arrows and page keys, by steps that suit the length of the sound: a range of any value has no steps of its own. */
  private onKey(event: KeyboardEvent): void {
    const range = event.currentTarget as HTMLInputElement;
    const steps = STEPS[event.key];
    if (steps === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const step = range === this.volume ? 0.05 : Math.min(5, Number(range.max) / 20);
    const value = Math.min(Math.max(Number(range.value) + steps * step, 0), Number(range.max));
    range.value = String(value);
    range.dispatchEvent(new Event("input"));
    range.dispatchEvent(new Event("change"));
  }
}

const STEPS: Partial<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -4,
  PageUp: 4,
  Home: -Infinity,
  End: Infinity,
};

let styles: CSSStyleSheet | undefined;

/** The styles of all elements of a page; a policy that forbids `<style>` allows them. */
function sheet(): CSSStyleSheet {
  if (styles) return styles;
  styles = new CSSStyleSheet();
  styles.replaceSync(css);
  return styles;
}

function element<K extends "div" | "p" | "span" | "button" | "input">(
  tag: K,
  part: string,
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = part;
  made.setAttribute("part", part);
  if (made instanceof HTMLButtonElement) made.type = "button";
  return made;
}

function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

function setButton(button: HTMLButtonElement, name: IconName, label: string, pressed?: boolean): void {
  if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
  if (button.dataset.icon === name) return;
  button.dataset.icon = name;
  button.setAttribute("aria-label", label);
  button.title = label;
  button.replaceChildren(icon(name));
}
