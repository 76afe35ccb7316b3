// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App, newClient } from "./App";
import { install, type FakeServer } from "./testing/server";

vi.mock("./compare/Comparison", () => ({
  Comparison: ({ names, reference }: { names: { a: string; b: string }; reference: { wav: string } }) => (
    <p data-testid="comparison">
      {names.a} | {names.b} | {reference.wav}
    </p>
  ),
}));

const SETTINGS = { task: "compress" as const, kbps: 24 };
let server: FakeServer;

beforeEach(() => {
  server = install(vi.stubGlobal);
  location.hash = "";
  localStorage.clear();
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function open(hash = "#/") {
  location.hash = hash;
  return render(<App client={newClient()} />);
}

const user = userEvent.setup();
const state = () => screen.getByTestId("state").textContent;
const said = () => screen.getByRole("status").textContent;

async function choose(...names: string[]) {
  const files = names.map((name) => new File(["sound"], name));
  fireEvent.change(document.querySelector("input[type=file]")!, { target: { files } });
  await waitFor(() => expect(server.uploads.length).toBeGreaterThan(0));
}

test("an empty session says what to do, and the limits before anything is sent", async () => {
  open();
  expect(await screen.findByText(/Up to 1.MB, 10 minutes and 8 channels each/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Choose files" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Record" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Try it with an example" })).toBeTruthy();
  expect(screen.getByRole("heading", { name: "Hear the difference" })).toBeTruthy();
  expect(screen.queryByText("Your recordings")).toBeNull();
  expect(document.title).toBe("Ligeia");
  expect(server.streams).toHaveLength(0);
});

test("one recording: uploading, queued, running, done, heard", async () => {
  open();
  await screen.findByText(/Up to/);
  await choose("memo.wav");
  expect(said()).toBe("Uploading memo.wav.");
  act(() => server.uploads[0].progress(0.5));
  expect(screen.getByRole("progressbar", { name: "memo.wav" }).getAttribute("aria-valuenow")).toBe("50");
  expect(document.title).toBe("50 % · Ligeia");
  act(() => server.uploads[0].answer(201, server.sound()));
  await waitFor(() => expect(location.hash).toBe("#/job/job1"));
  expect(await screen.findByRole("heading", { level: 1, name: "memo.wav" })).toBeTruthy();
  expect(state()).toBe("Waiting for its turn");
  act(() => void server.change("job1", { state: "running", progress: 0.4, note: "rate control" }));
  await waitFor(() => expect(state()).toBe("Compressing: rate control, 40 %"));
  expect(document.title).toBe("40 % · memo.wav · Ligeia");
  act(() => void server.finish("job1"));
  expect((await screen.findByTestId("comparison")).textContent).toMatch(
    /^Original \| 24 kbit\/s \| .*api\/jobs\/job1\/results\/reference$/,
  );
  expect(said()).toMatch(/Done: 30.kB, 16× smaller/);
  expect(document.title).toBe("memo.wav · Ligeia");
  const download = screen.getByRole("link", { name: /Download Ligeia stream/ });
  expect(download.getAttribute("href")).toMatch(/api\/jobs\/job1\/results\/lig\?download=1$/);
  expect(download.getAttribute("download")).toBe("memo.lig");
  expect(screen.getByLabelText<HTMLInputElement>("Command").value).toBe("ligeia encode memo.wav");
});

test("a result is heard before its scores are measured", async () => {
  server.job(server.sound(), SETTINGS, { state: "running", progress: 0.5 });
  open("#/job/job1");
  await screen.findByTestId("state");
  act(() => void server.hear("job1"));
  expect(await screen.findByTestId("comparison")).toBeTruthy();
  expect(said()).toBe("Ready to hear.");
  expect(screen.getByRole("progressbar", { name: "Measuring" }).getAttribute("aria-valuenow")).toBe("85");
  expect(screen.getByRole("link", { name: /Download Ligeia stream/ })).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Share/ })).toBeNull();
  act(() => void server.finish("job1"));
  await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
  expect(screen.getByText("SNR", { selector: "dt" })).toBeTruthy();
  expect(screen.getByRole("button", { name: /Share/ })).toBeTruthy();
});

test("a refused file says why, and what is too large is not even sent", async () => {
  open();
  await screen.findByText(/Up to/);
  await choose("notes.pdf");
  act(() =>
    server.uploads[0].answer(415, { code: "not_audio", detail: "notes.pdf is not a valid recording." }),
  );
  expect((await screen.findByRole("alert")).textContent).toBe("notes.pdf is not a valid recording.");
  await user.click(screen.getByRole("button", { name: "Dismiss notes.pdf" }));
  expect(screen.queryByRole("alert")).toBeNull();
  const large = new File([new Uint8Array(1_000_001)], "long.wav");
  fireEvent.change(document.querySelector("input[type=file]")!, { target: { files: [large] } });
  expect((await screen.findByRole("alert")).textContent).toMatch(/this server takes up to 1.MB/);
  expect(server.uploads).toHaveLength(1);
});

test("files can be dropped on any place, and pasted", async () => {
  const sound = server.sound();
  open(`#/sound/${sound.id}`);
  await screen.findByRole("heading", { name: "memo.wav" });
  const files = [new File(["x"], "other.wav")];
  fireEvent.dragEnter(document.body, { dataTransfer: { types: ["Files"], files } });
  expect(screen.getByText("Let go anywhere")).toBeTruthy();
  fireEvent.drop(document.body, { dataTransfer: { types: ["Files"], files } });
  expect(screen.queryByText("Let go anywhere")).toBeNull();
  expect(server.uploads[0].url).toContain("other.wav");
  act(() => server.uploads[0].answer(201, server.sound({ name: "other.wav" })));
  await screen.findByRole("heading", { name: "other.wav" });
  fireEvent.paste(document.body, { clipboardData: { files: [new File(["x"], "pasted.wav")] } });
  expect(server.uploads[1].url).toContain("pasted.wav");
});

test("a job that the server does not take leaves the recording, with the reason", async () => {
  open();
  await screen.findByText(/Up to/);
  server.refuse["POST api/jobs"] = { status: 429, body: { code: "busy", detail: "Four jobs wait already." } };
  await choose("memo.wav");
  act(() => server.uploads[0].answer(201, server.sound()));
  expect((await screen.findByRole("alert")).textContent).toBe("Four jobs wait already.");
  expect(location.hash).toBe("#/sound/sound1");
  server.refuse = {};
  await user.click(screen.getByRole("button", { name: "Compress" }));
  await waitFor(() => expect(location.hash).toBe("#/job/job1"));
});

test("a failed job says why, and can be tried again", async () => {
  server.job(server.sound(), SETTINGS, {
    state: "failed",
    error: { code: "too_short", detail: "This recording has no sound in it." },
  });
  open("#/job/job1");
  expect((await screen.findByRole("alert")).textContent).toBe("This recording has no sound in it.");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(location.hash).toBe("#/job/job2"));
  expect(server.jobs.map((job) => job.id)).not.toContain("job1");
  expect(state()).toBe("Waiting for its turn");
});

test("a job can be stopped, and started again", async () => {
  server.job(server.sound(), SETTINGS, { state: "running", progress: 0.3 });
  open("#/job/job1");
  await user.click(await screen.findByRole("button", { name: "Stop" }));
  expect(await screen.findByText("24 kbit/s: stopped.")).toBeTruthy();
  expect(said()).toBe("Stopped.");
  await user.click(screen.getByRole("button", { name: "Start again" }));
  await waitFor(() => expect(location.hash).toBe("#/job/job2"));
});

test("the slider makes a new result when it rests, and a result that is there is not made again", async () => {
  server.job(server.sound(), SETTINGS);
  server.finish("job1");
  open("#/job/job1");
  await screen.findByTestId("comparison");
  const slider = screen.getByRole("slider", { name: "Bit rate" });
  fireEvent.input(slider, { target: { value: "8" } });
  fireEvent.input(slider, { target: { value: "9" } });
  expect(slider.getAttribute("aria-valuetext")).toBe("14 kbit/s");
  expect(server.asked).not.toContain("POST api/jobs");
  fireEvent(slider, new Event("change", { bubbles: true }));
  await waitFor(() => expect(location.hash).toBe("#/job/job2"));
  expect(server.jobs[1].settings).toEqual({ task: "compress", kbps: 14 });
  expect(screen.getByTestId("comparison").textContent).toContain("24 kbit/s");
  act(() => void server.finish("job2"));
  await waitFor(() => expect(screen.getByTestId("comparison").textContent).toContain("14 kbit/s"));
  fireEvent.input(slider, { target: { value: "13" } });
  fireEvent(slider, new Event("change", { bubbles: true }));
  await waitFor(() => expect(location.hash).toBe("#/job/job1"));
  expect(server.jobs).toHaveLength(2);
});

test("a result that nobody waits for any more is given up", async () => {
  server.job(server.sound(), SETTINGS, { state: "running" });
  open("#/job/job1");
  await user.click(await screen.findByRole("radio", { name: "Speech" }));
  await waitFor(() => expect(location.hash).toBe("#/job/job2"));
  expect(server.jobs.map((job) => job.settings)).toEqual([{ ...SETTINGS, preset: "speech" }]);
});

test("a long recording waits for the button", async () => {
  server.job(server.sound({ seconds: 400 }), SETTINGS);
  server.finish("job1");
  open("#/job/job1");
  await user.click(await screen.findByRole("radio", { name: "Quality" }));
  expect(server.asked).not.toContain("POST api/jobs");
  await user.click(screen.getByRole("button", { name: "Compress" }));
  await waitFor(() => expect(server.jobs[1].settings).toEqual({ task: "compress", quality: 6 }));
});

test("only what the server does is offered", async () => {
  server.limits.tasks = ["compress", "denoise"];
  open(`#/sound/${server.sound().id}`);
  await screen.findByRole("radio", { name: "Denoise" });
  await waitFor(() => expect(screen.queryByRole("radio", { name: "Restore" })).toBeNull());
  expect(screen.queryByRole("radio", { name: "Score" })).toBeNull();
});

test("scoring asks for the other recording", async () => {
  const first = server.sound();
  server.sound({ name: "decoded.wav" });
  open(`#/sound/${first.id}`);
  await user.click(await screen.findByRole("radio", { name: "Score" }));
  expect(server.asked).not.toContain("POST api/jobs");
  await user.selectOptions(screen.getByRole("combobox", { name: "Compare with" }), "decoded.wav");
  await waitFor(() => expect(server.jobs[0]?.settings).toEqual({ task: "score", estimate: "sound2" }));
});

test("several recordings go with the same settings, as many at a time as the server takes", async () => {
  open();
  await screen.findByText(/Up to/);
  await choose("a.wav", "b.wav", "c.wav");
  for (const [at, name] of ["a.wav", "b.wav", "c.wav"].entries()) {
    await waitFor(() => expect(server.uploads[at]).toBeTruthy());
    act(() => server.uploads[at].answer(201, server.sound({ name })));
  }
  await waitFor(() => expect(location.hash).toBe("#/several/sound1,sound2,sound3"));
  await user.click(await screen.findByRole("button", { name: "Compress all 3" }));
  await waitFor(() => expect(server.jobs).toHaveLength(2));
  act(() => void server.finish("job1"));
  await waitFor(() => expect(server.jobs).toHaveLength(3));
  act(() => void server.finish("job2"));
  act(() => void server.finish("job3"));
  expect(await screen.findByText("3 together")).toBeTruthy();
  const row = within(screen.getByRole("row", { name: /b\.wav/ }));
  expect(row.getByText(/30.kB, 16× smaller/)).toBeTruthy();
  expect(row.getByRole("link", { name: "Download the result of b.wav" })).toBeTruthy();
  expect(server.jobs.map((job) => job.sound)).toEqual(["sound1", "sound2", "sound3"]);
  await waitFor(() => expect(said()).toBe("3 recordings are done."));
});

test("several recordings can be stopped together", async () => {
  const ids = [server.sound(), server.sound(), server.sound()].map((sound) => sound.id);
  open(`#/several/${ids.join()}`);
  await user.click(await screen.findByRole("button", { name: "Compress all 3" }));
  await waitFor(() => expect(server.jobs).toHaveLength(2));
  await user.click(screen.getByRole("button", { name: "Stop all" }));
  await waitFor(() => expect(server.jobs.map((job) => job.state)).toEqual(["cancelled", "cancelled"]));
  expect(server.jobs).toHaveLength(2);
});

test("after a reload the history is there, until it is deleted", async () => {
  const first = server.sound({ name: "first.wav" });
  server.job(first, SETTINGS);
  server.finish("job1");
  server.sound({ name: "second.wav" });
  open();
  const history = within(await screen.findByRole("region", { name: "Your recordings" }));
  expect(history.getAllByRole("listitem")[0].textContent).toContain("second.wav");
  expect(history.getByRole("link", { name: /24 kbit\/s/ }).getAttribute("href")).toBe("#/job/job1");
  expect(history.getAllByText(/kept 24.h more/)).toHaveLength(2);
  await user.click(history.getByRole("button", { name: "Delete first.wav" }));
  expect(document.activeElement?.textContent).toBe("Keep");
  await user.keyboard("{Escape}");
  expect(server.sounds).toHaveLength(2);
  await user.click(history.getByRole("button", { name: "Delete first.wav" }));
  await user.click(history.getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(screen.queryByText("first.wav")).toBeNull());
  expect(server.jobs).toHaveLength(0);
  await user.click(screen.getByRole("button", { name: "Forget everything" }));
  await user.click(screen.getByRole("button", { name: "Delete all" }));
  await waitFor(() => expect(screen.queryByText("Your recordings")).toBeNull());
  expect(server.asked).toContain("DELETE api/session");
});

test("a comparison can be shared, and taken back", async () => {
  server.job(server.sound(), SETTINGS);
  server.finish("job1");
  open("#/job/job1");
  await user.click(await screen.findByRole("button", { name: "Share this comparison" }));
  const link = await screen.findByLabelText<HTMLInputElement>("Link to this comparison");
  expect(link.value).toMatch(/#\/c\/token-job1$/);
  await user.click(screen.getByRole("button", { name: "Stop sharing" }));
  expect(await screen.findByRole("button", { name: "Share this comparison" })).toBeTruthy();
});

test("a shared comparison is heard by its token alone", async () => {
  server.job(server.sound(), SETTINGS, { shared: "abc" });
  server.finish("job1");
  open("#/c/abc");
  expect((await screen.findByTestId("comparison")).textContent).toMatch(
    /api\/shared\/abc\/results\/reference$/,
  );
  expect(screen.getByRole("link", { name: /Download Ligeia stream/ }).getAttribute("href")).toContain(
    "shared/abc",
  );
  expect(screen.queryByRole("button", { name: /Share/ })).toBeNull();
  expect(server.asked).not.toContain("GET api/jobs");
});

test("a link that was taken back says so", async () => {
  open("#/c/gone");
  expect(await screen.findByText("The link was taken back, or its time is over.")).toBeTruthy();
});

test("what is not in the session is not there", async () => {
  open("#/job/foreign");
  expect(await screen.findByRole("heading", { name: "This recording is not there" })).toBeTruthy();
});

test("a server that is gone is said once, and the page comes back by itself", async () => {
  server.job(server.sound(), SETTINGS, { state: "running", progress: 0.3 });
  open("#/job/job1");
  await screen.findByTestId("state");
  act(() => server.streams[0].fail(0));
  expect((await screen.findByRole("alert")).textContent).toMatch(/tries again by itself/);
  act(() => server.streams[0].open());
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("the focus goes to the heading of the place that is opened, and stays for another result", async () => {
  server.job(server.sound(), SETTINGS);
  server.finish("job1");
  open();
  await user.click(await screen.findByRole("link", { name: /24 kbit\/s/ }));
  const heading = await screen.findByRole("heading", { level: 1, name: "memo.wav" });
  await waitFor(() => expect(document.activeElement).toBe(heading));
  const speech = screen.getByRole("radio", { name: "Speech" });
  await user.click(speech);
  await waitFor(() => expect(location.hash).toBe("#/job/job2"));
  expect(document.activeElement).toBe(speech);
});

test("the theme is chosen and kept", async () => {
  open();
  await user.click(screen.getByRole("button", { name: "Dark colours" }));
  expect(document.documentElement.dataset.theme).toBe("dark");
  cleanup();
  open();
  expect(document.documentElement.dataset.theme).toBe("dark");
  await user.click(screen.getByRole("button", { name: "Light colours" }));
  expect(document.documentElement.dataset.theme).toBeUndefined();
});
