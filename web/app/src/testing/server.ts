import type { Job, Limits, Settings, Sound } from "../api/client";

/** A server of the API in memory, for tests: answers fetch, XMLHttpRequest and EventSource of the page. */
export class FakeServer {
  limits: Limits = {
    version: "1.2.3",
    max_bytes: 1_000_000,
    max_seconds: 600,
    max_channels: 8,
    max_waiting: 2,
    session_bytes: 5_000_000,
    kept_hours: 24,
    tasks: ["compress", "denoise", "restore", "extend", "score"],
    metrics: ["snr"],
  };
  sounds: Sound[] = [];
  jobs: Job[] = [];
  /** What was asked for, as "POST api/jobs". */
  asked: string[] = [];
  /** An answer to give instead, by "POST api/jobs"; a body that is a string is sent as plain text. */
  refuse: Record<string, { status: number; body: unknown; headers?: Record<string, string> } | undefined> =
    {};
  isGone = false;
  uploads: FakeUpload[] = [];
  streams: FakeEventSource[] = [];
  private version = 0;
  private made = 0;

  readonly fetch = async (given: RequestInfo | URL): Promise<Response> => {
    const request = given instanceof Request ? given : new Request(given);
    const path = new URL(request.url).pathname.slice(1);
    const what = `${request.method} ${path}`;
    this.asked.push(what);
    if (this.isGone) throw new TypeError("Failed to fetch");
    const refusal = this.refuse[what];
    if (refusal !== undefined) return answer(refusal.status, refusal.body, refusal.headers);
    const body = request.method === "POST" ? await request.text() : "";
    return this.answer(request.method, path.split("/").slice(1), body);
  };

  /** Add a sound to the session. */
  sound(more: Partial<Sound> = {}): Sound {
    const id = `sound${this.sounds.length + 1}`;
    const now = Date.now() / 1000;
    const sound: Sound = {
      ...{ id, name: "memo.wav", bytes: 480_044, sha256: "0", format: "WAV", seconds: 10, rate: 24_000 },
      ...{ channels: 1, created: now + this.sounds.length, expires: now + 86_400 },
      ...more,
    };
    this.sounds.push(sound);
    return sound;
  }

  /** Add a job to the session. */
  job(sound: Sound, settings: Settings, more: Partial<Job> = {}): Job {
    const now = Date.now() / 1000;
    const job: Job = {
      ...{ id: `job${(this.made += 1)}`, sound: sound.id, sound_name: sound.name, settings },
      ...{ state: "queued", progress: 0, note: "", attempts: 0, version: ++this.version, shared: null },
      ...{ created: now + this.jobs.length, started: null, finished: null, expires: sound.expires },
      ...{ command: `ligeia encode ${sound.name}`, error: null, report: null, results: [] },
      ...more,
    };
    this.jobs.push(job);
    return job;
  }

  /** Change a job, and tell it to the page that listens. */
  change(id: string, more: Partial<Job>): Job {
    const job = this.jobs.find((one) => one.id === id)!;
    Object.assign(job, more, { version: ++this.version });
    this.streams.filter((stream) => stream.readyState !== 2).forEach((stream) => stream.send("job", job));
    return job;
  }

  finish(id: string, bytes = 30_000): Job {
    const { report } = this.hear(id, bytes);
    const scores = [{ metric: "snr", value: 12.34, unit: "dB", better: "higher" as const, note: null }];
    return this.change(id, { state: "done", progress: 1, report: { ...report!, scores } });
  }

  /** Give the sounds of a job, before its scores are there. */
  hear(id: string, bytes = 30_000): Job {
    const job = this.jobs.find((one) => one.id === id)!;
    const sound = this.sounds.find((one) => one.id === job.sound)!;
    return this.change(id, {
      state: "running",
      progress: 0.85,
      report: {
        ...{
          seconds: sound.seconds,
          rate: sound.rate,
          channels: 1,
          source_bytes: sound.bytes,
          bytes,
          kbps: 24,
        },
        scores: [],
        ...{ notes: ["Speech was found."], facts: {}, elapsed_seconds: 1.5 },
      },
      results: (["lig", "wav", "reference"] as const).map((kind) => {
        return { kind, bytes, sha256: "0", name: `memo.${kind}` };
      }),
    });
  }

  private answer(method: string, path: string[], body: string): Response {
    const [room, id, part] = path;
    const lists: Record<string, unknown> = { limits: this.limits, sounds: this.sounds, jobs: this.jobs };
    if (method === "GET" && id === undefined) return answer(200, lists[room]);
    if (room === "shared") return found(this.jobs.find((job) => job.shared === id));
    if (method === "POST" && room === "jobs" && id === undefined) {
      const { sound, settings } = JSON.parse(body) as { sound: string; settings: Settings };
      return answer(
        202,
        this.job(
          this.sounds.find((one) => one.id === sound)!,
          settings,
        ),
      );
    }
    if (method === "POST" && part === "cancel") return answer(200, this.change(id, { state: "cancelled" }));
    if (part === "share") {
      this.change(id, { shared: method === "POST" ? `token-${id}` : null });
      return answer(method === "POST" ? 200 : 204, method === "POST" ? { token: `token-${id}` } : undefined);
    }
    if (room === "session" || room === "sounds")
      this.sounds = this.sounds.filter((one) => id !== undefined && one.id !== id);
    this.jobs = this.jobs.filter((one) => one.id !== id && this.sounds.some(({ id }) => id === one.sound));
    return answer(204);
  }
}

function found(job: Job | undefined): Response {
  return job === undefined ? answer(404, { code: "not_found", detail: "No such link." }) : answer(200, job);
}

function answer(status: number, body?: unknown, headers: Record<string, string> = {}): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(status === 204 ? null : text, { status, headers });
}

/** An XMLHttpRequest that stands still until the test says how far it is. */
export class FakeUpload {
  status = 0;
  responseText = "";
  readonly upload: { onprogress?: (event: unknown) => void } = {};
  readonly headers: Record<string, string> = {};
  url = "";
  body: unknown;
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  onloadend?: () => void;

  open(_method: string, url: string): void {
    this.url = url;
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  getResponseHeader(): null {
    return null;
  }

  send(body: unknown): void {
    this.body = body;
  }

  abort(): void {
    this.onabort?.();
    this.onloadend?.();
  }

  progress(share: number): void {
    this.upload.onprogress?.({ lengthComputable: true, loaded: share, total: 1 });
  }

  fail(): void {
    this.onerror?.();
    this.onloadend?.();
  }

  answer(status: number, body: unknown): void {
    this.status = status;
    this.responseText = typeof body === "string" ? body : JSON.stringify(body);
    this.onload?.();
    this.onloadend?.();
  }
}

/** An EventSource that says what the test lets it say. */
export class FakeEventSource {
  static readonly CLOSED = 2;
  readyState = 0;
  onopen?: () => void;
  onerror?: () => void;
  readonly url: string;
  private readonly listeners: Record<string, (event: { data: string }) => void> = {};

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.listeners[name] = listener;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  send(name: string, data: unknown): void {
    this.listeners[name]?.({ data: JSON.stringify(data) });
  }

  fail(readyState: number): void {
    this.readyState = readyState;
    this.onerror?.();
  }

  close(): void {
    this.readyState = 2;
  }
}

/** Put a fake server in the place of the browser's ways to a server. */
export function install(stub: (name: string, value: unknown) => void): FakeServer {
  const server = new FakeServer();
  stub("fetch", server.fetch);
  stub(
    "XMLHttpRequest",
    class extends FakeUpload {
      constructor() {
        super();
        server.uploads.push(this);
      }
    },
  );
  stub(
    "EventSource",
    class extends FakeEventSource {
      constructor(url: string) {
        super(url);
        server.streams.push(this);
      }
    },
  );
  return server;
}
