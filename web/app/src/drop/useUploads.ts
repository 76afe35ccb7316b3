import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import type { Limits, Sound } from "../api/client";
import { inWords } from "../api/problem";
import { jobsQuery, putSound, startJob, useLimits } from "../api/queries";
import { lastCompress } from "../choose/settings";
import { announce } from "../controls/Announcer";
import { go, to } from "../route";
import { Uploads } from "./uploads";
import type { Named } from "./useDropAnywhere";

/** Keep the files on their way; when a drop is there, begin with it and go to it. */
export function useUploads() {
  const client = useQueryClient();
  const limits = useLimits();
  const [uploads] = useState(() => new Uploads());
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    uploads.configure(limits, (sounds) => {
      begin(client, limits, sounds).catch((error: unknown) => setProblem(inWords(error)));
    });
  }, [client, limits, uploads]);
  const bring = useCallback(
    (files: Named[]) => {
      setProblem(null);
      announce(files.length === 1 ? `Uploading ${files[0].name}.` : `Uploading ${files.length} recordings.`);
      uploads.add(files);
    },
    [uploads],
  );
  return { uploads, bring, problem };
}

/** Open what was brought: one recording with a first result on its way, several as a table. */
async function begin(client: QueryClient, limits: Limits | undefined, sounds: Sound[]): Promise<void> {
  sounds.forEach((sound) => putSound(client, sound));
  const [first] = sounds;
  announce(sounds.length === 1 ? `${first.name} is uploaded.` : `${sounds.length} recordings are uploaded.`);
  if (sounds.length > 1) return go(to.several(sounds.map((sound) => sound.id)));
  go(to.sound(first.id));
  if (limits?.tasks.includes("compress") === false) return;
  const job = await startJob(client, first.id, lastCompress(client.getQueryData(jobsQuery.queryKey)));
  go(to.job(job.id), true);
}
