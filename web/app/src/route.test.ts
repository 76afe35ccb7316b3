import { expect, test } from "vitest";
import { parse, to } from "./route";

test("every address that is made is understood", () => {
  expect(parse(to.home)).toEqual({ at: "home" });
  expect(parse("")).toEqual({ at: "home" });
  expect(parse(to.about)).toEqual({ at: "about" });
  expect(parse(to.job("a1"))).toEqual({ at: "job", id: "a1" });
  expect(parse(to.sound("a1"))).toEqual({ at: "sound", id: "a1" });
  expect(parse(to.shared("t"))).toEqual({ at: "shared", token: "t" });
  expect(parse(to.several(["a", "b", "a"]))).toEqual({ at: "several", ids: ["a", "b"] });
});

test.each(["#/job/", "#/job/a/b", "#/what", "#/c", "#/about/x"])("%s is nowhere", (hash) => {
  expect(parse(hash)).toEqual({ at: "nowhere" });
});
