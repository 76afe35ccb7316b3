/** Spectra and loudness, computed beside the page so that it never stops. */

import { measureMatch } from "../compare/loudness";
import type { Answer, Question } from "./analysis";
import { errorOf, levelsOf } from "./spectrum";

function answerTo(question: Question): Answer {
  const { id, a, b } = question;
  if (question.kind === "match")
    return { id, kind: "match", match: measureMatch(question.a, question.b, question.rate) };
  const [first, second] = [a as Float32Array[], b as Float32Array[]];
  const { picture } = question;
  return {
    id,
    kind: "spectra",
    a: levelsOf(first, picture),
    b: levelsOf(second, picture),
    error: levelsOf(errorOf(first, second), picture),
  };
}

self.onmessage = ({ data }: MessageEvent<Question>) => {
  try {
    const answer = answerTo(data);
    self.postMessage(
      answer,
      answer.kind === "spectra"
        ? { transfer: [answer.a, answer.b, answer.error].map((levels) => levels.buffer) }
        : {},
    );
  } catch (error) {
    self.postMessage({ id: data.id, kind: "failed", problem: String(error) } satisfies Answer);
  }
};
