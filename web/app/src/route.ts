import { useSyncExternalStore } from "react";

/** Where in the page one is. It stands behind the # of the address, so that the page works under any prefix. */
export type Route =
  | { at: "home" }
  | { at: "sound"; id: string }
  | { at: "job"; id: string }
  | { at: "several"; ids: string[] }
  | { at: "shared"; token: string }
  | { at: "about" }
  | { at: "nowhere" };

export function parse(hash: string): Route {
  const [at, rest = "", ...more] = hash.replace(/^#\/?/, "").split("/");
  if (more.length > 0) return { at: "nowhere" };
  if (at === "") return { at: "home" };
  if (at === "about" && rest === "") return { at: "about" };
  if (rest === "") return { at: "nowhere" };
  if (at === "sound") return { at: "sound", id: rest };
  if (at === "job") return { at: "job", id: rest };
  if (at === "c") return { at: "shared", token: rest };
  if (at === "several") return { at: "several", ids: [...new Set(rest.split(",").filter(Boolean))] };
  return { at: "nowhere" };
}

export const to = {
  home: "#/",
  about: "#/about",
  sound: (id: string) => `#/sound/${id}`,
  job: (id: string) => `#/job/${id}`,
  several: (ids: string[]) => `#/several/${ids.join(",")}`,
  shared: (token: string) => `#/c/${token}`,
};

/** Go to `hash`; with `replace`, without a step of the history, as for a setting that was moved. */
export function go(hash: string, replace = false): void {
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, "", hash);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = hash;
  }
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash);
}
