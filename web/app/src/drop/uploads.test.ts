import { expect, test, vi } from "vitest";
import type { Sound } from "../api/client";
import { Refused } from "../api/problem";
import type { UploadOptions } from "../api/upload";
import { FakeServer } from "../testing/server";
import { refusedBefore, Uploads } from "./uploads";

interface Sent {
  name: string;
  options: UploadOptions;
  resolve: (sound: Sound) => void;
  reject: (error: unknown) => void;
}

function started(names: string[]) {
  const sent: Sent[] = [];
  const settled = vi.fn<(sounds: Sound[]) => void>();
  const uploads = new Uploads(
    (_file, name, options) =>
      new Promise((resolve, reject) => {
        sent.push({ name, options, resolve, reject });
        options.signal!.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      }),
  );
  const { limits } = new FakeServer();
  uploads.configure(limits, settled);
  uploads.add(names.map((name) => ({ name, file: new Blob(["x"]) })));
  return { uploads, sent, settled };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));
const sound = (name: string) => new FakeServer().sound({ name });

test("the first file goes alone, then two at a time; when all are there they are handed over together", async () => {
  const { uploads, sent, settled } = started(["a", "b", "c", "d"]);
  expect(sent.map((one) => one.name)).toEqual(["a"]);
  sent[0].options.onProgress!(0.5);
  expect(uploads.items()[0].share).toBe(0.5);
  sent[0].resolve(sound("a"));
  await turn();
  expect(sent.map((one) => one.name)).toEqual(["a", "b", "c"]);
  expect(uploads.items().map((item) => item.state)).toEqual(["done", "sending", "sending", "waiting"]);
  sent[1].resolve(sound("b"));
  await turn();
  sent[2].resolve(sound("c"));
  await turn();
  expect(settled).not.toHaveBeenCalled();
  sent[3].resolve(sound("d"));
  await turn();
  expect(settled.mock.calls[0][0].map((one) => one.name)).toEqual(["a", "b", "c", "d"]);
  expect(uploads.items()).toEqual([]);
});

test("a refused file stays with its reason, and can be sent again", async () => {
  const { uploads, sent, settled } = started(["a"]);
  sent[0].reject(new Refused({ code: "not_audio", detail: "This is no recording." }, 415));
  await turn();
  expect(uploads.items()[0]).toMatchObject({ state: "refused", problem: "This is no recording." });
  expect(settled).not.toHaveBeenCalled();
  uploads.retry(uploads.items()[0].key);
  sent[1].resolve(sound("a"));
  await turn();
  expect(settled).toHaveBeenCalledTimes(1);
});

test("a stopped file is gone, and the others go on", async () => {
  const { uploads, sent, settled } = started(["a", "b"]);
  uploads.drop(uploads.items()[0].key);
  await turn();
  sent[1].resolve(sound("b"));
  await turn();
  expect(sent[0].options.signal!.aborted).toBe(true);
  expect(settled.mock.calls[0][0].map((one) => one.name)).toEqual(["b"]);
  expect(uploads.items()).toEqual([]);
});

test("what cannot be taken is not sent", () => {
  const { limits } = new FakeServer();
  expect(refusedBefore({ file: new Blob([]) }, limits)).toMatch(/empty/);
  expect(refusedBefore({ file: new Blob(["x"]), isFolder: true }, limits)).toMatch(/folder/);
  const large = { file: { size: limits.max_bytes + 1 } as Blob };
  expect(refusedBefore(large, limits)?.replaceAll("\u202f", " ")).toMatch(/up to 1 MB/);
  expect(refusedBefore(large, undefined)).toBeUndefined();
});
