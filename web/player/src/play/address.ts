import { PlayerError } from "./errors";

export type Bytes = Uint8Array | ReadableStream<Uint8Array>;

/** The bytes behind an address, as they come; a `data:` address is decoded here, so that no policy forbids it. */
export async function open(address: string, signal: AbortSignal): Promise<Bytes> {
  if (/^data:/i.test(address)) return bytesOfData(address);
  let response: Response;
  try {
    response = await fetch(address, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new PlayerError("network", unreachable(address), { cause });
  }
  if (!response.ok) {
    const code = response.status === 404 || response.status === 410 ? "not-found" : "network";
    const what = code === "not-found" ? "was not found" : "could not be loaded";
    throw new PlayerError(code, `${shortened(address)} ${what} (the server answered ${response.status}).`);
  }
  return response.body ?? new Uint8Array(await response.arrayBuffer());
}

/** What is being opened, as a stream that can be handed on before its first byte is there. */
export function later(opened: Promise<Bytes>): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      reader ??= readerOf(await opened);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader?.cancel(reason),
  });
}

function readerOf(bytes: Bytes): ReadableStreamDefaultReader<Uint8Array> {
  if (!(bytes instanceof Uint8Array)) return bytes.getReader();
  const whole = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return whole.getReader();
}

/** A stream whose end does not tell whether it was complete: `lost` does. */
export interface Arriving {
  readonly bytes: ReadableStream<Uint8Array>;
  /** Why it ended too early, if it did. */
  readonly lost: () => unknown;
}

/** Let a stream that breaks off end instead, so that what has arrived can be played; `signal` still breaks it. */
export function arriving(stream: ReadableStream<Uint8Array>, signal: AbortSignal): Arriving {
  const reader = stream.getReader();
  let lost: unknown;
  const bytes = new ReadableStream<Uint8Array>({
    start(controller) {
      const onAbort = () => {
        controller.error(signal.reason);
        reader.cancel(signal.reason).catch(() => undefined); // it may have ended by itself
      };
      signal.addEventListener("abort", onAbort, { once: true });
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (signal.aborted) return;
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        if (signal.aborted) return;
        lost = error;
        controller.close();
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { bytes, lost: () => lost };
}

function unreachable(address: string): string {
  const protocol = new URL(address, document.baseURI).protocol;
  if (protocol === "file:") {
    return `A page opened from a file may not load ${shortened(address)}: put the stream into the page as a data: address, or use a web server.`;
  }
  return `${shortened(address)} could not be loaded: there is no connection, or its server or this page does not allow it.`;
}

function bytesOfData(address: string): Uint8Array {
  const match = /^data:([^,]*?)(;\s*base64)?,(.*)$/is.exec(address);
  try {
    if (!match) throw new Error("no comma");
    const text = decodeURIComponent(match[3]);
    const characters = match[2] ? atob(text.replace(/\s/g, "")) : text;
    return Uint8Array.from(characters, (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new PlayerError("format", "The data: address is not valid: base64 was expected after the comma.", {
      cause,
    });
  }
}

/** The end of an address, which says most. */
export function shortened(address: string): string {
  const path = address.split(/[?#]/, 1)[0];
  const name = path.slice(path.lastIndexOf("/") + 1) || path;
  return name.length > 60 ? `${name.slice(0, 57)}...` : name;
}
