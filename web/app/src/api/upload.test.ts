import { afterEach, expect, test, vi } from "vitest";
import { FakeServer, install } from "../testing/server";
import { upload } from "./upload";

afterEach(() => vi.unstubAllGlobals());

function begun(name = "memo.wav", signal?: AbortSignal) {
  const server = install(vi.stubGlobal);
  const onProgress = vi.fn<(share: number) => void>();
  const file = new Blob(["sound"]);
  const answer = upload(file, name, { onProgress, signal });
  return { request: server.uploads[0], answer, onProgress, file };
}

test("the body is the file itself, its name is a label in the address", async () => {
  const { request, answer, onProgress, file } = begun("../é & b.wav");
  expect(request.body).toBe(file);
  expect(request.url).toMatch(/api\/sounds\?name=\.\.%2F%C3%A9%20%26%20b\.wav$/);
  expect(request.headers["Content-Type"]).toBe("application/octet-stream");
  request.progress(0.25);
  expect(onProgress).toHaveBeenCalledWith(0.25);
  const sound = new FakeServer().sound();
  request.answer(201, sound);
  await expect(answer).resolves.toEqual(sound);
});

test("a refusal is thrown in words", async () => {
  const { request, answer } = begun();
  request.answer(413, "Request body too large");
  await expect(answer).rejects.toThrow("too large");
});

test("a broken line is thrown in words", async () => {
  const { request, answer } = begun();
  request.fail();
  await expect(answer).rejects.toThrow("does not answer");
});

test("it can be stopped, before and while it goes", async () => {
  const controller = new AbortController();
  const { answer } = begun("a.wav", controller.signal);
  controller.abort();
  await expect(answer).rejects.toMatchObject({ name: "AbortError" });
  await expect(begun("b.wav", controller.signal).answer).rejects.toMatchObject({ name: "AbortError" });
});
