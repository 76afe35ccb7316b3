import type { QueryClient } from "@tanstack/react-query";
import { address } from "./address";
import type { Job } from "./client";
import { isActive, jobsQuery, putJob, soundsQuery } from "./queries";

const POLL_MS = 5000;
const RETRY_MS = [2000, 4000, 8000, 16_000, 30_000];

/** Whether changes of jobs reach this page. */
export type Connection = "idle" | "live" | "lost";

/**
 * Keep the list of jobs in the query cache up to date while any of them waits or runs.
 *
 * A browser allows six streams per server, and more hang everything: so there is one for all jobs, only while there
 * is something to hear, and only in a page that is seen. A hidden one asks every few seconds instead.
 */
export class JobEvents {
  private readonly client: QueryClient;
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private connection: Connection = "idle";
  private readonly listeners = new Set<() => void>();
  private stops: (() => void)[] = [];

  constructor(client: QueryClient) {
    this.client = client;
  }

  /** Begin, and return what ends it. */
  start(): () => void {
    const look = () => this.look();
    const again = () => {
      this.failures = 0;
      this.close();
      this.look();
    };
    document.addEventListener("visibilitychange", again);
    window.addEventListener("online", again);
    window.addEventListener("pagehide", this.close);
    this.stops = [
      this.client.getQueryCache().subscribe((event) => {
        if (event.query.queryKey[0] === "jobs" && event.type === "updated") look();
      }),
      () => document.removeEventListener("visibilitychange", again),
      () => window.removeEventListener("online", again),
      () => window.removeEventListener("pagehide", this.close),
    ];
    look();
    return () => {
      this.stops.forEach((stop) => stop());
      this.close();
    };
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): Connection => this.connection;

  private look(): void {
    const jobs: Job[] | undefined = this.client.getQueryData(jobsQuery.queryKey);
    if (jobs?.some(isActive) !== true) {
      this.close();
      this.say("idle");
    } else if (document.hidden) {
      this.source?.close();
      this.source = null;
      this.later(POLL_MS, this.refetch);
    } else if (this.source === null && this.timer === undefined) {
      this.open();
    }
  }

  private open(): void {
    const source = new EventSource(address("api/events"));
    this.source = source;
    source.addEventListener("job", (event) => {
      putJob(this.client, JSON.parse((event as MessageEvent<string>).data) as Job);
    });
    source.addEventListener("changed", () => {
      void this.client.invalidateQueries({ queryKey: soundsQuery.queryKey }); // something was deleted elsewhere
      void this.refetch();
    });
    source.onopen = () => {
      this.failures = 0;
      this.say("live");
    };
    source.onerror = () => {
      this.say("lost");
      if (source.readyState !== EventSource.CLOSED) return; // the browser connects again, with the last id it saw
      this.source = null;
      const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
      this.later(wait, this.refetch);
    };
  }

  private readonly refetch = async (): Promise<void> => {
    await this.client.refetchQueries({ queryKey: jobsQuery.queryKey });
    this.look();
  };

  private later(wait: number, act: () => Promise<void>): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void act();
    }, wait);
  }

  private readonly close = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.source?.close();
    this.source = null;
  };

  private say(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    this.listeners.forEach((listener) => listener());
  }
}
