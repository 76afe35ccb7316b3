"""A server of one folder on the loopback that honours byte ranges, as the service does; it may be told not to."""

import mimetypes
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
"""Of the service's page: what breaks under it must break in tests."""


class Folder(ThreadingHTTPServer):
    """Files of a folder, and which ranges of them were asked for."""

    daemon_threads = True

    def __init__(self, folder: Path, ranges: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Files)
        self.folder, self.ranges = folder, ranges
        self.asked: list[tuple[str, str | None]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Folder

    def do_GET(self) -> None:
        name = self.path.split("?")[0].lstrip("/")
        path = self.server.folder / name
        self.server.asked.append((name, self.headers.get("Range")))
        if not path.is_file():
            self._send(404, b"nothing here", {})
            return
        body = path.read_bytes()
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Content-Type": kind, "Content-Security-Policy": CONTENT_SECURITY_POLICY}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        if wanted and self.server.ranges:
            start, stop = int(wanted[1]), min(int(wanted[2]) + 1, len(body))
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
            self._send(206, body[start:stop], headers)
        else:
            self._send(200, body, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        try:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the page was closed, or no longer wants it

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def folder_server(folder: Path, ranges: bool = True) -> Iterator[Folder]:
    """Serve a folder until the end of the block."""
    server = Folder(folder, ranges)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
