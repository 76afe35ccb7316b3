"""Bounds for all routes on how large and how slow requests, and how slow readers, may be.

Uploads have a larger one of their own, and count for themselves (`uploads.py`).
"""

import asyncio

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ligeia.server.problems import Refusal

MOST_BYTES = 2**16
"""Bytes of a body that is not a recording, at most."""
BODY_SECONDS = 10.0
"""Time within which such a body has to arrive."""
SEND_SECONDS = 60.0
"""Time within which a client has to take what was sent to it, before more is sent."""
UPLOADS = ("POST", "/api/sounds")


class Bodies:
    """The layer that holds requests to these bounds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.small = RequestBodyLimitMiddleware(app, MOST_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif (scope["method"], scope["path"]) == UPLOADS:
            await self.app(scope, receive, unless_stalled(send))
        else:
            await self.small(scope, in_time(receive, BODY_SECONDS), unless_stalled(send))


def in_time(receive: Receive, seconds: float) -> Receive:
    """Return what receives a body, and refuses one that has not come whole after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    whole = False

    async def bounded() -> Message:
        nonlocal whole
        if whole:
            return await receive()  # waits for the client to leave
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError as error:
            raise Refusal(408, f"The request did not arrive within {seconds:g} s.", connection="close") from error
        whole = not message.get("more_body", False)
        return message

    return bounded


def unless_stalled(send: Send) -> Send:
    """Return what sends an answer, and gives up a client that does not take it."""

    async def bounded(message: Message) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)
        except TimeoutError as error:
            raise ClientDisconnect from error

    return bounded
