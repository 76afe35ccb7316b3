// @vitest-environment happy-dom
import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { install, type FakeServer } from "../testing/server";
import type { Job } from "./client";
import { JobEvents } from "./events";
import { deleteJob, jobsQuery, putJob, startJob } from "./queries";

const SETTINGS = { task: "compress" as const, kbps: 24 };
let server: FakeServer;
let client: QueryClient;
let events: JobEvents;
let stop: () => void;
let isHidden = false;

beforeEach(async () => {
  vi.useFakeTimers();
  isHidden = false;
  vi.spyOn(document, "hidden", "get").mockImplementation(() => isHidden);
  server = install(vi.stubGlobal);
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  events = new JobEvents(client);
  stop = events.start();
});

afterEach(() => {
  stop();
  client.clear();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const cached = () => client.getQueryData<Job[]>(jobsQuery.queryKey);
const open = () => server.streams.filter((stream) => stream.readyState !== 2);

async function withRunning(): Promise<Job> {
  const job = server.job(server.sound(), SETTINGS, { state: "running" });
  await client.fetchQuery(jobsQuery);
  return { ...job };
}

test("there is a stream only while a job waits or runs", async () => {
  server.job(server.sound(), SETTINGS, { state: "done" });
  await client.fetchQuery(jobsQuery);
  expect(server.streams).toHaveLength(0);
  const job = await startJob(client, "sound1", SETTINGS);
  expect(open()).toHaveLength(1);
  expect(open()[0].url).toMatch(/\/api\/events$/);
  await startJob(client, "sound1", SETTINGS);
  expect(open()).toHaveLength(1);
  server.finish(job.id);
  server.finish("job3");
  expect(open()).toHaveLength(0);
  expect(cached()!.map((one) => one.state)).toEqual(["done", "done", "done"]);
});

test("an older event changes nothing", async () => {
  const job = await withRunning();
  server.change(job.id, { progress: 0.5 });
  putJob(client, { ...job, progress: 0.1 });
  expect(cached()![0].progress).toBe(0.5);
});

test("a list that was asked for before an event does not undo it", async () => {
  const job = await withRunning();
  const slow = client.fetchQuery({ ...jobsQuery, staleTime: 0 });
  const newest = { ...job, version: job.version + 5, state: "done" as const };
  putJob(client, newest);
  await slow;
  expect(cached()).toEqual([newest]);
});

test("a list that was asked for before a job began does not lose it", async () => {
  await withRunning();
  let answer: (value: Response) => void = () => undefined;
  const before = JSON.stringify(server.jobs);
  const asked = server.fetch;
  vi.stubGlobal("fetch", (request: Request) =>
    request.method === "GET" ? new Promise<Response>((resolve) => (answer = resolve)) : asked(request),
  );
  const slow = client.refetchQueries(jobsQuery);
  await startJob(client, "sound1", SETTINGS);
  answer(new Response(before));
  vi.stubGlobal("fetch", asked);
  await slow;
  expect(cached()!.map((job) => job.id)).toContain("job2");
  await client.refetchQueries(jobsQuery);
  await deleteJob(client, "job2");
  expect(cached()!.map((job) => job.id)).toEqual(["job1"]);
});

test("a stream that the browser opens again is left to it; one that was refused is opened later", async () => {
  await withRunning();
  open()[0].open();
  expect(events.state()).toBe("live");
  open()[0].fail(0);
  expect(events.state()).toBe("lost");
  expect(server.streams).toHaveLength(1);
  open()[0].open();
  expect(events.state()).toBe("live");
  open()[0].fail(2);
  expect(open()).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(2500);
  expect(open()).toHaveLength(1);
});

test("while no server answers it tries again, more and more rarely", async () => {
  await withRunning();
  for (const wait of [2000, 4000, 8000]) {
    server.isGone = true;
    open()[0].fail(2);
    await vi.advanceTimersByTimeAsync(wait - 100);
    expect(open()).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(open()).toHaveLength(1);
  }
});

test("a hidden page holds no stream, and asks instead", async () => {
  const job = await withRunning();
  isHidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  expect(open()).toHaveLength(0);
  server.change(job.id, { progress: 0.7 });
  await vi.advanceTimersByTimeAsync(5100);
  expect(cached()![0].progress).toBe(0.7);
  isHidden = false;
  document.dispatchEvent(new Event("visibilitychange"));
  expect(open()).toHaveLength(1);
});

test("what another tab deleted is gone here", async () => {
  const job = await withRunning();
  server.job(server.sounds[0], SETTINGS, { state: "running" });
  server.jobs = server.jobs.filter((one) => one.id !== job.id);
  open()[0].send("changed", 9);
  await vi.advanceTimersByTimeAsync(100);
  expect(cached()!.map((one) => one.id)).toEqual(["job2"]);
});

test("a page that is closed closes its stream", async () => {
  await withRunning();
  window.dispatchEvent(new Event("pagehide"));
  expect(open()).toHaveLength(0);
});
