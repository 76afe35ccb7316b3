"""The files that jobs made: for their session, and for those who were given a token."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ligeia.server import jobs, sounds
from ligeia.server.files import MEDIA_TYPES, answer_with
from ligeia.server.problems import not_found
from ligeia.server.routes.jobs import job_of
from ligeia.server.routes.refusals import READING, Responses, refusals
from ligeia.server.schemas import Job, Result, ResultKind
from ligeia.server.service import Service, Serving, Visitor

router = APIRouter(prefix="/api")
_BINARY = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in dict.fromkeys(MEDIA_TYPES.values())}
_FILE: Responses = {
    200: {"description": "The file", "content": _BINARY},
    206: {"description": "The range that `Range` asks for", "content": _BINARY},
    304: {"description": "What the client has is the same, by its ETag"},
}
_LONGEST_TOKEN = 64
Download = Annotated[bool, Query(description="Name the file, for keeping it")]


@router.get(
    "/jobs/{id}/results/{kind}",
    operation_id="getResult",
    response_class=Response,
    responses=READING | _FILE | refusals(404, 416, 422),
)
def get_result(
    id: str, kind: ResultKind, request: Request, service: Serving, session: Visitor, download: Download = False
) -> Response:
    """Return a result, or a range of its bytes."""
    row = jobs.one(service.engine, session, id) if session is not None and sounds.is_id(id) else None
    return _file(service, row, kind, request, download)


@router.get("/shared/{token}", operation_id="getShared", responses=READING | refusals(404))
def get_shared(token: str, service: Serving) -> Job:
    """Return a job that was shared."""
    row = _of_token(service, token)
    if row is None:
        raise not_found()
    return job_of(row)


@router.get(
    "/shared/{token}/results/{kind}",
    operation_id="getSharedResult",
    response_class=Response,
    responses=READING | _FILE | refusals(404, 416, 422),
)
def get_shared_result(
    token: str, kind: ResultKind, request: Request, service: Serving, download: Download = False
) -> Response:
    """Return a result of a job that was shared."""
    return _file(service, _of_token(service, token), kind, request, download)


def _of_token(service: Service, token: str) -> dict[str, Any] | None:
    is_token = (
        0 < len(token) <= _LONGEST_TOKEN and token.isascii() and token.replace("-", "").replace("_", "").isalnum()
    )
    return jobs.of_token(service.engine, token) if is_token else None


def _file(service: Service, row: dict[str, Any] | None, kind: str, request: Request, download: bool) -> Response:
    found = next((result for result in row["results"] if result["kind"] == kind), None) if row else None
    if found is None:
        raise not_found()
    result = Result(**{name: found[name] for name in Result.model_fields})
    return answer_with(service.storage, result, found["key"], request.headers, named=download)
