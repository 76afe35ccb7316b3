"""HTTP as uvicorn speaks it, with a deadline for headers, which it has not, and an end for streams of events."""

import asyncio
import contextlib
import http
import json
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from ligeia.server.problems import code_of
from ligeia.server.settings import Settings

HEADER_SECONDS = 5.0
"""Time limit for the headers of a request: a client that sends them byte by byte would hold a socket."""
MOST_CONNECTIONS = 500
"""Idle ones count too."""
GRACE_SECONDS = 2
"""Time that answers still have when the server stops."""
CLOSE = "close_streams"
"""Name of the function, in the state of the lifespan, that ends streams of events: the server would wait for them."""


class DeadlineProtocol(H11Protocol):
    """A connection that is closed when the headers of a request do not come in time."""

    header_seconds = HEADER_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection; its first request is due."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take in bytes of requests."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._stop()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Let streams of events end, and then the connection."""
        if CLOSE in self.app_state:
            self.app_state[CLOSE]()
        super().shutdown()

    def on_response_complete(self) -> None:
        """Go on after an answer: the next request may have begun to come already."""
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """Start the clock where headers, or the rest of a body that nobody reads, are awaited; else stop it."""
        if not self._is_due() or self.transport.is_closing():
            self._stop()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.header_seconds, self._too_late)

    def _is_due(self) -> bool:
        if self.conn.their_state is h11.IDLE:  # uvicorn ends connections on which nothing at all has come
            return self.cycle is None or bool(self.conn.trailing_data[0])
        return self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE:
            self._refuse(408, f"The headers of a request have to come within {self.header_seconds:g} s.")
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not valid HTTP, as a `Problem`."""
        self._refuse(400, msg)
        self.transport.close()

    def _refuse(self, status: int, detail: str) -> None:
        body = json.dumps({"code": code_of(status), "detail": detail}).encode()
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "x-content-type-options": "nosniff",
            "connection": "close",
        }
        fields = [(name.encode(), text.encode()) for name, text in headers.items()]
        with contextlib.suppress(h11.LocalProtocolError):  # an answer is on its way already
            for event in (
                h11.Response(status_code=status, headers=fields, reason=http.HTTPStatus(status).phrase.encode()),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")


def uvicorn_config(app: FastAPI, settings: Settings, **more: Any) -> uvicorn.Config:
    """Return how uvicorn serves the application: every option that safety needs."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=DeadlineProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.forwarded_allow_ips),
        forwarded_allow_ips=settings.forwarded_allow_ips,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=5,
        **more,
    )
