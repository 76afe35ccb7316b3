import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import styles from "./App.module.css";
import { JobEvents, type Connection } from "./api/events";
import { inWords, Refused } from "./api/problem";
import { jobsQuery, soundsQuery } from "./api/queries";
import { Announcer } from "./controls/Announcer";
import { Problem } from "./controls/Problem";
import { Home } from "./drop/Home";
import { Overlay } from "./drop/Overlay";
import { Uploading } from "./drop/Uploading";
import type { Uploads } from "./drop/uploads";
import { useDropAnywhere, type Named } from "./drop/useDropAnywhere";
import { useUploads } from "./drop/useUploads";
import { Header } from "./Header";
import { History } from "./history/History";
import { Several } from "./jobs/Several";
import { SoundPage } from "./jobs/SoundPage";
import { useTitle } from "./jobs/useTitle";
import { Nothing } from "./Nothing";
import { parse, useHash, type Route } from "./route";
import { SharedPage } from "./share/SharedPage";

const About = lazy(() => import("./about/About"));

/** Return the cache of what the server said. What was refused stays refused; what did not answer is asked again. */
export function newClient(): QueryClient {
  const retry = (failures: number, error: Error) =>
    failures < 2 && !(error instanceof Refused && error.status >= 400 && error.status < 500);
  return new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5000 } } });
}

export function App({ client }: { client?: QueryClient }) {
  const [own] = useState(() => client ?? newClient());
  return (
    <QueryClientProvider client={own}>
      <Page />
    </QueryClientProvider>
  );
}

function Page() {
  const hash = useHash();
  const route = useMemo(() => parse(hash), [hash]);
  const connection = useJobEvents();
  const { uploads, bring, problem } = useUploads();
  const isOver = useDropAnywhere(bring);
  useTitle(route, uploads);
  useFocus(route);
  return (
    <>
      <Header route={route} onSkip={focusHeading} />
      <Announcer />
      <main className={styles.main}>
        {connection === "lost" && (
          <Problem>The server does not answer. The page tries again by itself.</Problem>
        )}
        {problem !== null && <Problem>{problem}</Problem>}
        {route.at !== "home" && <Uploading uploads={uploads} />}
        <Content route={route} uploads={uploads} onFiles={bring} />
      </main>
      {isOver && <Overlay />}
    </>
  );
}

interface ContentProps {
  route: Route;
  uploads: Uploads;
  onFiles: (files: Named[]) => void;
}

function Content({ route, uploads, onFiles }: ContentProps) {
  switch (route.at) {
    case "about":
      return (
        <Suspense fallback={null}>
          <About />
        </Suspense>
      );
    case "shared":
      return <SharedPage key={route.token} token={route.token} />;
    case "nowhere":
      return <Nothing title="There is nothing here" words="The address is not one of this page." />;
    default:
      return <OfSession route={route} uploads={uploads} onFiles={onFiles} />;
  }
}

type SessionRoute = Extract<Route, { at: "home" | "sound" | "job" | "several" }>;

/** The parts of the page that show what is in the session. */
function OfSession({ route, uploads, onFiles }: ContentProps & { route: SessionRoute }) {
  const soundsAsked = useQuery(soundsQuery);
  const jobsAsked = useQuery(jobsQuery);
  const sounds = soundsAsked.data;
  const jobs = jobsAsked.data;
  const problem = soundsAsked.error ?? jobsAsked.error;
  if (route.at === "home")
    return (
      <Home onFiles={onFiles} isEmpty={sounds === undefined || sounds.length === 0}>
        {problem !== null && <Problem>{inWords(problem)}</Problem>}
        <Uploading uploads={uploads} />
        <History sounds={sounds ?? []} jobs={jobs ?? []} />
      </Home>
    );
  if (sounds === undefined || jobs === undefined)
    return problem === null ? null : <Nothing title="The server does not answer" words={inWords(problem)} />;
  if (route.at === "several") {
    const chosen = route.ids.flatMap((id) => sounds.find((sound) => sound.id === id) ?? []);
    if (chosen.length > 0) return <Several key={route.ids.join()} sounds={chosen} jobs={jobs} />;
  } else {
    const soundId = route.at === "sound" ? route.id : jobs.find((job) => job.id === route.id)?.sound;
    const sound = sounds.find((one) => one.id === soundId);
    if (sound !== undefined)
      return (
        <SoundPage
          key={sound.id}
          sound={sound}
          sounds={sounds}
          jobs={jobs}
          id={route.at === "job" ? route.id : undefined}
        />
      );
  }
  return (
    <Nothing
      title="This recording is not there"
      words="It was deleted, its time is over, or it belongs to another browser."
    />
  );
}

function useJobEvents(): Connection {
  const client = useQueryClient();
  const [events] = useState(() => new JobEvents(client));
  useEffect(() => events.start(), [events]);
  return useSyncExternalStore(events.subscribe, events.state);
}

function focusHeading(event?: { preventDefault: () => void }): void {
  event?.preventDefault();
  document.querySelector<HTMLElement>("main h1")?.focus();
}

/** Move the focus to the heading when another place of the page is opened, but not for another job of a sound. */
function useFocus(route: Route): void {
  const place = route.at === "job" ? "sound" : route.at;
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    focusHeading();
    window.scrollTo(0, 0);
  }, [place]);
}
