/** Whether the page is dark or light, and the colours of its tokens, for what is drawn by hand. */

import { useSyncExternalStore } from "react";
import type { Theme } from "./colour";

function subscribe(changed: () => void): () => void {
  const media = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  media.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    media.removeEventListener("change", changed);
  };
}

function current(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, current);
}

export function tokenColour(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}
