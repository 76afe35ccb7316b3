// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { actionOf } from "./keys";

function press(key: string, html = "", init: KeyboardEventInit = {}) {
  document.body.innerHTML = html;
  const target = document.querySelector("[data-target]") ?? document.body;
  let action: ReturnType<typeof actionOf>;
  document.addEventListener("keydown", (event) => (action = actionOf(event)), { once: true });
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }));
  return action;
}

describe("keys", () => {
  afterEach(() => (document.body.innerHTML = ""));

  it.each([
    ["a", "a"],
    ["2", "b"],
    ["X", "x"],
    ["e", "error"],
  ])("%s is heard", (key, which) => expect(press(key)).toEqual({ do: "hear", which }));

  it("step by a second, or a tenth with Shift", () => {
    expect(press("ArrowRight")).toEqual({ do: "step", by: 1 });
    expect(press("ArrowLeft", "", { shiftKey: true })).toEqual({ do: "step", by: -0.1 });
  });

  it.each([
    ["a", "<input data-target>"],
    [" ", "<button data-target>"],
    [" ", "<details><summary data-target>"],
    ["ArrowRight", "<input type=range data-target>"],
    ["Home", "<input type=radio data-target>"],
    ["b", "<select data-target></select>"],
    ["x", "<textarea data-target></textarea>"],
    ["a", "<dialog open></dialog>"],
    ["toString", ""],
  ])("%s in %s belong to somebody else", (key, html) => expect(press(key, html)).toBeUndefined());

  it("with Ctrl, Alt or Meta belong to the browser", () => {
    for (const held of ["ctrlKey", "altKey", "metaKey"])
      expect(press("a", "", { [held]: true })).toBeUndefined();
  });

  it("move the position also where its slider has the focus, and letters work on buttons", () => {
    expect(press("End", "<input type=range data-position data-target>")).toEqual({ do: "go", to: "end" });
    expect(press("b", "<button data-target>")).toEqual({ do: "hear", which: "b" });
  });
});
