"""Refusals that routes document in the schema: each is a `Problem`."""

from typing import Any

Responses = dict[int | str, dict[str, Any]]
# Not `model`: that would be shown with the media type of the route's good answers, and files and streams have another.
_PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_SENTENCES = {
    400: "The request is not valid",
    403: "A page of another site asks for a change",
    404: "There is nothing here, or it is another session's",
    408: "The body came too slowly",
    409: "It is not in a state in which this can be done",
    411: "The size was not stated",
    413: "Too large, too long, or over the quota of the session",
    415: "The body is not a plain recording",
    416: "The file has no such range of bytes",
    422: "Something in it is not valid",
    429: "Too often, or too many at a time; `Retry-After` says when to try again",
    503: "Not ready",
    507: "The server has no room",
}


def refusals(*statuses: int) -> Responses:
    """Return the documentation of refusals."""
    return {status: {"description": _SENTENCES[status], "content": _PROBLEM} for status in statuses}


READING = refusals(400, 422)
"""Refusals of every route: the name of the host, or what is asked for, may be wrong."""
WRITING = refusals(400, 403, 408, 413, 422, 429)
"""Refusals of every route that changes something."""
