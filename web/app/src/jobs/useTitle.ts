import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { isActive, jobsQuery, soundsQuery } from "../api/queries";
import type { Uploads } from "../drop/uploads";
import type { Route } from "../route";
import { titleOf } from "./state";

/** Let the title of the window say what is open, and how far everything is that goes on. */
export function useTitle(route: Route, uploads: Uploads): void {
  const items = useSyncExternalStore(uploads.subscribe, uploads.items);
  const { data: jobs = [] } = useQuery({ ...jobsQuery, enabled: false });
  const { data: sounds = [] } = useQuery({ ...soundsQuery, enabled: false });
  const soundId =
    route.at === "sound"
      ? route.id
      : route.at === "job"
        ? jobs.find((job) => job.id === route.id)?.sound
        : undefined;
  const name = sounds.find((sound) => sound.id === soundId)?.name;
  const sending = items.filter((item) => item.state !== "refused").map((item) => item.share);
  const title = titleOf(name, jobs.filter(isActive), sending);
  useEffect(() => {
    document.title = title;
  }, [title]);
}
