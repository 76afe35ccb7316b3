import { useEffect, useState, useSyncExternalStore } from "react";

type Theme = "light" | "dark";
const KEY = "ligeia-theme";

function kept(): Theme | null {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : null;
  } catch {
    return null; // storage is closed to this page: it follows the system
  }
}

function keep(theme: Theme | null): void {
  try {
    if (theme === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // as above: the choice then lasts until the page is closed
  }
}

const query = () => window.matchMedia("(prefers-color-scheme: dark)");

function subscribe(listener: () => void): () => void {
  const asked = query();
  asked.addEventListener("change", listener);
  return () => asked.removeEventListener("change", listener);
}

/** Return the theme that is seen, and what changes to the other one; a choice that equals the system's follows it. */
export function useTheme(): [Theme, () => void] {
  const system = useSyncExternalStore(subscribe, () => query().matches) ? "dark" : "light";
  const [chosen, setChosen] = useState(kept);
  useEffect(() => {
    if (chosen === null) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    keep(chosen);
  }, [chosen]);
  const seen = chosen ?? system;
  const other = seen === "dark" ? "light" : "dark";
  return [seen, () => setChosen(other === system ? null : other)];
}
