/** The comparison alone, for tests in a browser: sounds are named in the address, and its parts are at hand. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Comparison } from "../src/compare/Comparison";
import { CompareGraph } from "../src/compare/graph";
import "../src/style/tokens.css";
import "../src/style/base.css";
import "./trial.css";

const query = new URLSearchParams(location.search);
const names = { a: query.get("nameA") ?? "Original", b: query.get("nameB") ?? "12 kbit/s" };
const given = (name: string) => query.get(name) ?? undefined;
if (query.get("theme")) document.documentElement.dataset.theme = query.get("theme")!;

const root = createRoot(document.getElementById("root")!);
Object.assign(window, { CompareGraph, leave: () => root.unmount() });

root.render(
  <StrictMode>
    <h1>Comparison</h1>
    <Comparison
      reference={{ wav: query.get("a") ?? "a.wav", overview: given("overviewA") }}
      estimate={{ wav: query.get("b") ?? "b.wav", overview: given("overviewB"), lig: given("lig") }}
      error={given("overviewError")}
      names={names}
      seconds={Number(query.get("seconds") ?? 10)}
      rate={Number(query.get("rate") ?? 16000)}
      channels={Number(query.get("channels") ?? 1)}
    />
  </StrictMode>,
);
