import { expect, test } from "vitest";
import { inWords, refusal, Refused } from "./problem";

test("a problem of the server keeps its words", () => {
  const problem = refusal(422, { code: "too_long", detail: "It lasts 700 s; 600 s is the most." });
  expect(problem).toMatchObject({ code: "too_long", message: "It lasts 700 s; 600 s is the most." });
  expect(refusal(429, '{"code": "busy", "detail": "Too much."}', "7")).toMatchObject({
    code: "busy",
    retryAfter: 7,
  });
});

test("the plain text of a body limit becomes a sentence", () => {
  expect(refusal(413, "Request body too large").message).toBe("The file is too large for this server.");
});

test("a proxy's page is not shown", () => {
  expect(refusal(502, "<html>Bad gateway</html>").message).toMatch(/not answering/);
  expect(refusal(418, "<html></html>").message).toBe("The server answered with an error (418).");
});

test("a list of a validator gives its first message", () => {
  expect(refusal(422, { detail: [{ msg: "kbps must be positive", loc: ["body"] }] }).message).toMatch(
    /positive/,
  );
});

test("whatever is thrown has words", () => {
  expect(inWords(new Refused({ code: "x", detail: "No." }))).toBe("No.");
  expect(inWords(new TypeError("Failed to fetch"))).toMatch(/does not answer/);
});
