"""What tests of the player share: a small server of files with a strict policy, and ears in the page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
POLICY_ONE_SCRIPT = POLICY.replace("worker-src 'self'", "worker-src blob:")
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

EARS = """
const Real = window.AudioContext;
window.contexts = [];
window.heard = (context) => {
  const analyser = window.contexts.findLast((one) => !context || one.context === context)?.analyser;
  if (!analyser) return 0;
  const wave = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(wave);
  return Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
};
window.AudioContext = class extends Real {
  constructor(options) {
    super(options);
    window.contexts.push({ context: this, analyser: this.createAnalyser() });
  }
};
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  const made = window.contexts.find(({ context }) => context.destination === target);
  if (made) connect.call(this, made.analyser);
  return connect.call(this, target, ...rest);
};
"""
"""A script that runs before the page's own: `heard()` is the level of what a context plays just now."""


@dataclass
class Site:
    """A server of files on the loopback; what it answers can be changed while it runs."""

    files: dict[str, bytes]
    policy: str = POLICY
    asked: list[str] = field(default_factory=list)
    held: dict[str, tuple[int, threading.Event]] = field(default_factory=dict)
    """By path: how many bytes are sent before it waits for the event."""
    broken: set[str] = field(default_factory=set)
    """The paths of which nothing is sent after that."""
    port: int = 0

    @property
    def url(self) -> str:
        """The address of the server, with a slash at its end."""
        return f"http://127.0.0.1:{self.port}/"

    def add(self, folder: Path) -> None:
        """Serve the files of a folder."""
        self.files |= {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def page(body: str, script: str = '<script type="module" src="ligeia-player.js"></script>') -> bytes:
    """Return a page with the player and `body`."""
    head = '<meta charset="utf-8"><title>Sounds</title><link rel="icon" href="data:,">'
    main = f"<main><h1>Sounds</h1>{body}</main>"
    return f"<!doctype html><html lang=en><head>{head}{script}</head><body>{main}</body></html>".encode()


@contextmanager
def serving_files(site: Site) -> Iterator[Site]:
    """Serve a site on a free port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, site)

        def log_message(self, *_: Any) -> None:
            """Keep silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        for _, event in site.held.values():
            event.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(request: BaseHTTPRequestHandler, site: Site) -> None:
    """Answer one request."""
    name = request.path.lstrip("/").partition("?")[0]
    site.asked.append(name)
    content = site.files.get(name)
    request.send_response(200 if content is not None else 404)
    content = content if content is not None else b"not found"
    request.send_header("Content-Type", TYPES.get(Path(name).suffix, "application/octet-stream"))
    request.send_header("Content-Length", str(len(content)))
    request.send_header("Content-Security-Policy", site.policy)
    request.send_header("X-Content-Type-Options", "nosniff")
    request.end_headers()
    if name in site.held:
        first, event = site.held[name]
        request.wfile.write(content[:first])
        request.wfile.flush()
        event.wait(60)
        content = b"" if name in site.broken else content[first:]
    request.wfile.write(content)
