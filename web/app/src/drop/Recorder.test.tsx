// @vitest-environment happy-dom
import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { capture, type Capture } from "./capture";
import Recorder from "./Recorder";
import type { Named } from "./useDropAnywhere";

vi.mock("./capture", async (original) => ({ ...(await original()), capture: vi.fn() }));

const RATE = 1000;
const user = userEvent.setup();
const onDone = vi.fn<(recording: Named) => void>();
const onClose = vi.fn();
const stop = vi.fn();
let speak: (samples: Float32Array) => void;

beforeEach(() => {
  vi.clearAllMocks();
  vi.mocked(capture).mockImplementation((onSamples): Promise<Capture> => {
    speak = (samples) => act(() => onSamples(samples));
    return Promise.resolve({ rate: RATE, stop });
  });
});

afterEach(cleanup);

async function begun(maxSeconds = 10) {
  render(<Recorder maxSeconds={maxSeconds} onDone={onDone} onClose={onClose} />);
  await screen.findByText(/as the microphone hears it/);
}

const second = (value: number) => new Float32Array(RATE).fill(value);

test("what is said becomes a WAV, but for what is said while it is paused", async () => {
  await begun();
  const use = screen.getByRole<HTMLButtonElement>("button", { name: "Use it" });
  expect(use.disabled).toBe(true);
  speak(second(0.5));
  await user.click(screen.getByRole("button", { name: "Pause" }));
  speak(second(0.9));
  expect(screen.getByText("Paused.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Go on" }));
  speak(second(-0.5));
  await user.click(use);
  const { file, name } = onDone.mock.calls[0][0];
  expect(name).toMatch(/^recording \d{4}-\d\d-\d\d \d\d\.\d\d\.wav$/);
  const samples = new Int16Array((await file.arrayBuffer()).slice(44));
  expect(samples).toHaveLength(2 * RATE);
  expect([samples[0], samples[RATE]]).toEqual([16_384, -16_384]);
});

test("too loud is said while it is recorded", async () => {
  await begun();
  speak(second(1));
  expect(screen.getByText(/Too loud/)).toBeTruthy();
  speak(second(0.5));
  expect(screen.queryByText(/Too loud/)).toBeNull();
});

test("it ends by itself at the limit of the server", async () => {
  await begun(3);
  [1, 2, 3].forEach(() => speak(second(0.1)));
  expect(screen.getByText(/as long as this server takes/)).toBeTruthy();
  expect(stop).toHaveBeenCalled();
  expect(screen.queryByRole("button", { name: "Pause" })).toBeNull();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Use it" }).disabled).toBe(false);
});

test("the microphone is closed when it is left", async () => {
  await begun();
  await user.click(screen.getByRole("button", { name: "Discard" }));
  expect(onClose).toHaveBeenCalled();
  cleanup();
  expect(stop).toHaveBeenCalled();
});

test("a microphone that is not granted is said in words", async () => {
  vi.mocked(capture).mockRejectedValue(new DOMException("", "NotAllowedError"));
  render(<Recorder maxSeconds={10} onDone={onDone} onClose={onClose} />);
  expect((await screen.findByRole("alert")).textContent).toMatch(/did not let this page use the microphone/);
  await user.click(screen.getByRole("button", { name: "Back" }));
  expect(onClose).toHaveBeenCalled();
});
