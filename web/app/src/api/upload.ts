import { address } from "./address";
import type { Sound } from "./client";
import { refusal, unreachable } from "./problem";

export interface UploadOptions {
  signal?: AbortSignal;
  /** Called with the share of the bytes that were sent, 0 to 1. */
  onProgress?: (share: number) => void;
}

/**
 * Send a recording, and return what the server made of it. The body is the file itself, which the browser reads
 * as it sends; fetch would not tell how far it is.
 */
export function upload(file: Blob, name: string, options: UploadOptions = {}): Promise<Sound> {
  const { signal, onProgress } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal?.addEventListener("abort", abort, { once: true });
    request.open("POST", address(`api/sounds?name=${encodeURIComponent(name)}`));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Sound);
      else reject(refusal(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    request.send(file);
  });
}
