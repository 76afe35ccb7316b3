"""Layer around all routes: security headers on every answer, and no writing from other sites."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ligeia.server.problems import problem

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",  # the page records
}
HASHED = "/assets/"
"""Path below which the built page keeps files whose names change with their contents."""
_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


class SecurityHeaders:
    """The layer that adds the headers; what a route has said about caching stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY)
                headers.setdefault("Cache-Control", caching(scope["path"], message["status"]))
            await send(message)

        await self.app(scope, receive, with_headers)


def caching(path: str, status: int) -> str:
    """Return how long an answer may be kept, where its route says nothing."""
    if path.startswith(HASHED) and status in (200, 304):
        return "public, max-age=31536000, immutable"
    return "no-store" if path.startswith("/api/") or status >= 400 else "no-cache"


class SameOrigin:
    """The layer that refuses to write for pages of other sites, which browsers name. Programs name none, and pass."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] in _SAFE or is_same_origin(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        answer = problem(403, "Pages of other sites may not write here.", "cross_site")
        await answer(scope, receive, send)


def is_same_origin(headers: Headers) -> bool:
    """Tell whether a request comes from our own page, from the address bar, or from a program that is not a browser."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False
