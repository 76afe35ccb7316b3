"""The application: routes, and what stands in front of them."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response

from ligeia import __version__
from ligeia.server.schemas import Job, Limits, NewJob, Problem, ResultKind, Shared, Sound

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem}}
REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem},
    409: {"model": Problem},
    422: {"model": Problem},
    429: {"model": Problem},
}
UPLOAD_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem},
    411: {"model": Problem},
    413: {"model": Problem},
    415: {"model": Problem},
    507: {"model": Problem},
}


def create_app() -> FastAPI:
    """Return the application."""
    app = FastAPI(title="Ligeia", version=__version__, docs_url=None, redoc_url=None)

    @app.get("/api/limits", operation_id="getLimits")
    def limits() -> Limits:
        raise NotImplementedError

    @app.post(
        "/api/sounds",
        operation_id="addSound",
        status_code=201,
        responses=UPLOAD_REFUSED | REFUSED,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def add_sound(request: Request, name: Annotated[str, Query(max_length=255)]) -> Sound:
        raise NotImplementedError

    @app.get("/api/sounds", operation_id="listSounds")
    def list_sounds() -> list[Sound]:
        raise NotImplementedError

    @app.get("/api/sounds/{id}", operation_id="getSound", responses=NOT_FOUND)
    def get_sound(id: str) -> Sound:
        raise NotImplementedError

    @app.delete("/api/sounds/{id}", operation_id="deleteSound", status_code=204, responses=NOT_FOUND)
    def delete_sound(id: str) -> None:
        raise NotImplementedError

    @app.post("/api/jobs", operation_id="addJob", status_code=202, responses=NOT_FOUND | REFUSED)
    def add_job(job: NewJob) -> Job:
        raise NotImplementedError

    @app.get("/api/jobs", operation_id="listJobs")
    def list_jobs() -> list[Job]:
        raise NotImplementedError

    @app.get("/api/jobs/{id}", operation_id="getJob", responses=NOT_FOUND)
    def get_job(id: str) -> Job:
        raise NotImplementedError

    @app.post("/api/jobs/{id}/cancel", operation_id="cancelJob", responses=NOT_FOUND)
    def cancel_job(id: str) -> Job:
        """Stop a job that waits or runs; one that has ended stays as it is."""
        raise NotImplementedError

    @app.delete("/api/jobs/{id}", operation_id="deleteJob", status_code=204, responses=NOT_FOUND)
    def delete_job(id: str) -> None:
        """Stop a job if need be, and forget it with its files."""
        raise NotImplementedError

    @app.get("/api/jobs/{id}/results/{kind}", operation_id="getResult", response_class=Response, responses=NOT_FOUND)
    def get_result(id: str, kind: ResultKind) -> Response:
        raise NotImplementedError

    @app.post("/api/jobs/{id}/share", operation_id="shareJob", responses=NOT_FOUND | REFUSED)
    def share_job(id: str) -> Shared:
        raise NotImplementedError

    @app.delete("/api/jobs/{id}/share", operation_id="unshareJob", status_code=204, responses=NOT_FOUND)
    def unshare_job(id: str) -> None:
        raise NotImplementedError

    @app.get("/api/shared/{token}", operation_id="getShared", responses=NOT_FOUND)
    def get_shared(token: str) -> Job:
        raise NotImplementedError

    @app.get(
        "/api/shared/{token}/results/{kind}",
        operation_id="getSharedResult",
        response_class=Response,
        responses=NOT_FOUND,
    )
    def get_shared_result(token: str, kind: ResultKind) -> Response:
        raise NotImplementedError

    @app.get("/api/events", operation_id="getEvents", response_class=Response)
    async def events() -> Response:
        """One stream for the session: server-sent events "job", whose data is a `Job` and whose id its version."""
        raise NotImplementedError

    @app.delete("/api/session", operation_id="deleteSession", status_code=204)
    def delete_session() -> None:
        """Forget everything of this session."""
        raise NotImplementedError

    return app
