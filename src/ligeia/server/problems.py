"""Refusals and errors as JSON: every answer with an error status is a `Problem`, whichever layer has given it."""

import http
import json
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ligeia.server.tasks.task import TASKS

CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    411: "length_required",
    413: "too_large",
    415: "not_supported",
    416: "not_in_range",
    422: "not_valid",
    429: "too_many",
    500: "internal",
    503: "not_ready",
    507: "no_room",
}
SENTENCES = {
    400: "The request is not valid HTTP, or its host name is not one of this server.",
    404: "There is nothing here, or it is not yours.",
    405: "This address does not know that method.",
    413: "The body of the request is too large.",
    416: "The file has no such range of bytes.",
    500: "The server failed; its log says why.",
}
_NOT_IN_ANSWERS = ("content-type", "content-length", "content-encoding", "etag", "last-modified", "accept-ranges")


class Refusal(HTTPException):
    """A request that is refused: status, one word for programs, one sentence for people."""

    def __init__(self, status: int, detail: str, code: str | None = None, **headers: str) -> None:
        super().__init__(status, detail, headers={name.replace("_", "-"): text for name, text in headers.items()})
        self.code = code or code_of(status)


def not_found() -> Refusal:
    """Return the refusal of what is not there; what is somebody else's gets the same one."""
    return Refusal(404, SENTENCES[404])


def code_of(status: int) -> str:
    """Return the word for programs that goes with a status."""
    return CODES.get(status, http.HTTPStatus(status).phrase.lower().replace(" ", "_"))


def problem(
    status: int, detail: str | None = None, code: str | None = None, headers: Mapping[str, str] = {}
) -> Response:
    """Return an answer whose body is a `Problem`."""
    said = detail or SENTENCES.get(status) or f"{http.HTTPStatus(status).phrase}."
    body = {"code": code or code_of(status), "detail": said.encode(errors="replace").decode()}
    return JSONResponse(body, status, dict(headers))


def handle_problems(app: FastAPI) -> None:
    """Let every exception of a route become a `Problem`; those that nobody expected go on to `Problems`."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code < 400:
            return Response(status_code=error.status_code, headers=error.headers)
        known = SENTENCES | {400: "The body of the request is not valid JSON."}  # no route has another 400
        detail = error.detail if isinstance(error, Refusal) else known.get(error.status_code, error.detail)
        return problem(error.status_code, detail, getattr(error, "code", None), error.headers or {})

    def not_valid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem(422, "; ".join(_sentence(one) for one in error.errors()[:3]))

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, not_valid)


def _sentence(error: Mapping[str, object]) -> str:
    """Return what is wrong with one field, without what was given: it may be long, or not text at all."""
    place = error["loc"]
    assert isinstance(place, tuple)
    inside = [str(part) for part in place[1:] if part not in TASKS]
    name = ".".join(inside)[:200] or ("the body" if place[0] == "body" else str(place[0]))
    return f"{name}: {str(error['msg']).removeprefix('Value error, ')[:300]}"


class Problems:
    """The layer that turns answers of other layers with an error status and no JSON body into a `Problem`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        replaced = False

        async def filtered(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] >= 400:
                headers = MutableHeaders(raw=message["headers"])
                if headers.get("content-type") != "application/json":
                    replaced = True
                    await _replace(message["status"], headers, send, head=scope["method"] == "HEAD")
                    return
            if not replaced:
                await send(message)

        await self.app(scope, receive, filtered)


async def _replace(status: int, headers: MutableHeaders, send: Send, *, head: bool) -> None:
    kept = [(name, text) for name, text in headers.items() if name not in _NOT_IN_ANSWERS]
    body = json.loads(bytes(problem(status).body))
    answer = JSONResponse(body, status)
    for name, text in kept:
        answer.headers.append(name, text)
    await send({"type": "http.response.start", "status": status, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
