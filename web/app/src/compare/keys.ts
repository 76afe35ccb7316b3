/** What each key does. */

import type { Side } from "./abx";
import type { Heard } from "./graph";

export type Action =
  | { do: "play" | "loop" | "clear" | "match" | "help" | "whole" }
  | { do: "hear"; which: Heard }
  | { do: "answer"; side: Side }
  /** In seconds. */
  | { do: "step"; by: number }
  | { do: "go"; to: "start" | "end" }
  | { do: "mark"; edge: "start" | "end" }
  | { do: "zoom"; factor: number }
  /** In parts of what is seen. */
  | { do: "pan"; by: number };

/** Shown in the help, in this order. */
export const KEY_HELP: [keys: string, what: string][] = [
  ["Space", "Play or pause"],
  ["A B X, or 1 2 3", "Hear A, B or the unknown X"],
  ["E or 4", "Hear the error, B − A"],
  ["← →", "One second back or on; with Shift a tenth"],
  ["Home, End", "Go to the beginning or the end"],
  ["[ and ]", "Begin or end the loop here"],
  ["L", "Loop on or off"],
  ["Esc", "Forget the chosen stretch"],
  ["+ − 0", "Zoom in, zoom out, see everything"],
  [", and .", "Look further left or right"],
  ["M", "Match levels or not"],
  ["F, J", "Answer in the test: X is A, X is B"],
  ["?", "This list"],
];

const ACTIONS: Record<string, Action> = {
  " ": { do: "play" },
  a: { do: "hear", which: "a" },
  "1": { do: "hear", which: "a" },
  b: { do: "hear", which: "b" },
  "2": { do: "hear", which: "b" },
  x: { do: "hear", which: "x" },
  "3": { do: "hear", which: "x" },
  e: { do: "hear", which: "error" },
  "4": { do: "hear", which: "error" },
  arrowleft: { do: "step", by: -1 },
  arrowright: { do: "step", by: 1 },
  home: { do: "go", to: "start" },
  end: { do: "go", to: "end" },
  "[": { do: "mark", edge: "start" },
  "]": { do: "mark", edge: "end" },
  l: { do: "loop" },
  escape: { do: "clear" },
  "+": { do: "zoom", factor: 0.5 },
  "=": { do: "zoom", factor: 0.5 },
  "-": { do: "zoom", factor: 2 },
  "0": { do: "whole" },
  ",": { do: "pan", by: -0.25 },
  ".": { do: "pan", by: 0.25 },
  m: { do: "match" },
  f: { do: "answer", side: "a" },
  j: { do: "answer", side: "b" },
  "?": { do: "help" },
};

const FOR_TYPING =
  "input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]";
const FOR_PRESSING = "button, summary, a[href], input[type=checkbox], input[type=radio]";
const MOVING = ["arrowleft", "arrowright", "home", "end"];

/** Return what a key does, or undefined where it belongs to what has the focus, to a dialog or to the browser. */
export function actionOf(event: KeyboardEvent): Action | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing)
    return undefined;
  const target = event.target instanceof Element ? event.target : undefined;
  const key = event.key.toLowerCase();
  if (target?.closest(FOR_TYPING) || document.querySelector("dialog[open]")) return undefined;
  if (key === " " && target?.closest(FOR_PRESSING)) return undefined;
  if (MOVING.includes(key) && target?.closest("input[type=range]:not([data-position]), input[type=radio]"))
    return undefined;
  const action = Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : undefined;
  return action?.do === "step" && event.shiftKey ? { do: "step", by: action.by / 10 } : action;
}
