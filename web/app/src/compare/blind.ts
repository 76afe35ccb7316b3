/** The state of a blind test, kept beside the player, which alone knows what X is. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { answered, drawSide, isOver, newTest, type Side, type Test } from "./abx";
import type { ComparePlayer } from "./player";

export interface AbxState {
  /** Undefined before the first test. */
  test: Test | undefined;
  start: (planned: number, shown: boolean) => void;
  answer: (side: Side) => void;
  stop: () => void;
}

export function useAbx(player: ComparePlayer | undefined, say: (text: string) => void): AbxState {
  const [test, setTest] = useState<Test>();
  const [before] = useState(drawSide); // X may be listened to before a test, too
  const x = test?.x ?? before;
  const count = test?.trials.length;
  useEffect(() => {
    player?.setX(x);
  }, [player, x, count]);

  const start = useCallback(
    (planned: number, shown: boolean) => {
      setTest(newTest(planned, shown));
      say(`Test started: trial 1 of ${planned}`);
    },
    [say],
  );
  const answer = useCallback(
    (side: Side) => {
      if (!test || isOver(test)) return;
      const next = answered(test, side);
      setTest(next);
      const last = next.trials[next.trials.length - 1];
      const verdict = test.shown ? (last.x === last.answer ? "Right. " : "Wrong. ") : "";
      say(
        verdict + (isOver(next) ? "The test is over" : `Trial ${next.trials.length + 1} of ${next.planned}`),
      );
    },
    [test, say],
  );
  const stop = useCallback(() => {
    setTest((now) => now && { ...now, stopped: true });
    say("The test is over");
  }, [say]);
  return useMemo(() => ({ test, start, answer, stop }), [test, start, answer, stop]);
}
