"""Watch every request: its id, one line of the log, its counts; and an answer where a route has failed."""

import logging
from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ligeia.server.logs import log, new_request_id
from ligeia.server.metrics import Metrics
from ligeia.server.problems import problem

LEFT = 499
"""Status in the log of a client that left before its answer; HTTP has none for that."""
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
"""Methods for which figures are kept: any other word would begin a figure of its own, which is never forgotten."""
QUIET = {"/healthz", "/readyz", "/metrics"}


class Observing:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens behind."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        id, began, status = new_request_id(), perf_counter(), 0
        scope.setdefault("state", {})

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = id
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except ClientDisconnect:
            status = LEFT
        except Exception:
            log("failed", level=logging.ERROR, route=route_of(scope), exc_info=True)
            if status:
                raise  # half of an answer has gone: the connection has to be closed
            await problem(500)(scope, receive, noted)
        finally:
            self._note(scope, status, perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = route_of(scope), scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if route not in QUIET:
            who = scope["state"].get("session")
            log("request", session=who, method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def route_of(scope: Scope) -> str:
    """Return the pattern of the route, such as /api/jobs/{id}: what was asked for may hold a token."""
    return str(getattr(scope.get("route"), "path", "other"))
