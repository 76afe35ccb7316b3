import { queryOptions, useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, type Job, type Settings, type Sound } from "./client";
import { refusal, unreachable } from "./problem";

/** Return the data of an answer, or throw what the server said in words. */
async function taken<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer.catch(() => {
    throw unreachable();
  });
  if (!response.ok) throw refusal(response.status, error, response.headers.get("Retry-After"));
  return data as T;
}

export const limitsQuery = queryOptions({
  queryKey: ["limits"],
  queryFn: () => taken(api.GET("/api/limits")),
  staleTime: 10 * 60_000,
});

export const soundsQuery = queryOptions({
  queryKey: ["sounds"],
  queryFn: () => taken(api.GET("/api/sounds")),
});

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: async ({ client }) => {
    const list = await taken(api.GET("/api/jobs"));
    const known: Job[] | undefined = client.getQueryData(["jobs"]); // events may have come meanwhile
    return list.map((job) =>
      newer(
        job,
        known?.find((one) => one.id === job.id),
      ),
    );
  },
});

export const sharedQuery = (token: string) =>
  queryOptions({
    queryKey: ["shared", token],
    queryFn: () => taken(api.GET("/api/shared/{token}", { params: { path: { token } } })),
    retry: false,
  });

export const useLimits = () => useQuery(limitsQuery).data;

function newer(job: Job, known: Job | undefined): Job {
  return known !== undefined && known.version > job.version ? known : job;
}

/** Write a job into the list of the session, unless a newer one of the same id is there already. */
export function putJob(client: QueryClient, job: Job): void {
  client.setQueryData(jobsQuery.queryKey, (jobs: Job[] | undefined) => {
    if (jobs === undefined) return undefined; // the list is on its way, and will hold it
    if (!jobs.some((one) => one.id === job.id)) return [...jobs, job];
    return jobs.map((one) => (one.id === job.id ? newer(job, one) : one));
  });
}

export function putSound(client: QueryClient, sound: Sound): void {
  client.setQueryData(soundsQuery.queryKey, (sounds: Sound[] | undefined) =>
    sounds === undefined ? undefined : [...sounds.filter((one) => one.id !== sound.id), sound],
  );
}

function dropJobs(client: QueryClient, gone: (job: Job) => boolean): void {
  client.setQueryData(jobsQuery.queryKey, (jobs: Job[] | undefined) => jobs?.filter((job) => !gone(job)));
}

/** Write what is known to be newer than an answer of a list that is still on its way, and ask for that list again. */
async function overtake(client: QueryClient, write: () => void): Promise<void> {
  const isAsked = client.isFetching({ queryKey: jobsQuery.queryKey }) > 0;
  if (isAsked && client.getQueryData(jobsQuery.queryKey) !== undefined) {
    await client.cancelQueries({ queryKey: jobsQuery.queryKey });
    void client.invalidateQueries({ queryKey: jobsQuery.queryKey });
  }
  write();
}

/** Start a job, and show it at once. */
export async function startJob(client: QueryClient, sound: string, settings: Settings): Promise<Job> {
  const job = await taken(api.POST("/api/jobs", { body: { sound, settings } }));
  await overtake(client, () => putJob(client, job));
  return job;
}

export async function cancelJob(client: QueryClient, id: string): Promise<void> {
  putJob(client, await taken(api.POST("/api/jobs/{id}/cancel", { params: { path: { id } } })));
}

export async function deleteJob(client: QueryClient, id: string): Promise<void> {
  await taken(api.DELETE("/api/jobs/{id}", { params: { path: { id } } }));
  await overtake(client, () => dropJobs(client, (job) => job.id === id));
}

export async function deleteSound(client: QueryClient, id: string): Promise<void> {
  await taken(api.DELETE("/api/sounds/{id}", { params: { path: { id } } }));
  await overtake(client, () => dropJobs(client, (job) => job.sound === id));
  client.setQueryData(soundsQuery.queryKey, (sounds: Sound[] | undefined) =>
    sounds?.filter((sound) => sound.id !== id),
  );
}

export async function forgetSession(client: QueryClient): Promise<void> {
  await taken(api.DELETE("/api/session"));
  client.setQueryData(jobsQuery.queryKey, []);
  client.setQueryData(soundsQuery.queryKey, []);
}

export async function shareJob(client: QueryClient, job: Job): Promise<void> {
  const { token } = await taken(api.POST("/api/jobs/{id}/share", { params: { path: { id: job.id } } }));
  patchShared(client, job.id, token);
}

export async function unshareJob(client: QueryClient, job: Job): Promise<void> {
  await taken(api.DELETE("/api/jobs/{id}/share", { params: { path: { id: job.id } } }));
  patchShared(client, job.id, null);
}

function patchShared(client: QueryClient, id: string, shared: string | null): void {
  client.setQueryData(jobsQuery.queryKey, (jobs: Job[] | undefined) =>
    jobs?.map((job) => (job.id === id ? { ...job, shared } : job)),
  );
}

/** Return `action` as a mutation of the session: it knows whether it runs, and what went wrong. */
export function useAction<Argument>(action: (client: QueryClient, argument: Argument) => Promise<void>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: (argument: Argument) => action(client, argument) });
}

export const isActive = (job: Job) => job.state === "queued" || job.state === "running";
