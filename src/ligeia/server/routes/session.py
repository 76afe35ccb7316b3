"""Routes for the limits of this server, and for the end of a session."""

from functools import cache
from typing import get_args

from fastapi import APIRouter, Request, Response

from ligeia import __version__
from ligeia.metrics.table import HEADLINES, METRICS
from ligeia.server import deletion, sessions
from ligeia.server.logs import log
from ligeia.server.routes.refusals import READING, WRITING
from ligeia.server.schemas import Limits, Task
from ligeia.server.scoring import is_here
from ligeia.server.service import MAY_WRITE, Serving, Visitor

router = APIRouter(prefix="/api")
TASKS = tuple(get_args(kind.model_fields["task"].annotation)[0] for kind in get_args(get_args(Task)[0]))
"""Names of the tasks, as the schema has them."""


@router.get("/limits", operation_id="getLimits", responses=READING)
def limits(service: Serving) -> Limits:
    """Return what this server takes."""
    settings = service.settings
    same = {name: getattr(settings, name) for name in Limits.model_fields if hasattr(settings, name)}
    return Limits(version=__version__, tasks=list(TASKS), metrics=_metrics(), **same)


@router.delete("/session", operation_id="deleteSession", status_code=204, responses=WRITING, dependencies=[MAY_WRITE])
def delete_session(request: Request, response: Response, service: Serving, session: Visitor) -> None:
    """Forget everything of this session: recordings, jobs, results, and the session itself."""
    sessions.clear_cookie(response, request)
    if session is not None:
        deletion.forget_session(service.engine, service.storage, session)
        log("forgotten", session=session)


@cache
def _metrics() -> list[str]:
    """Return the metrics of reports that can be computed here."""
    return [name for name in HEADLINES if is_here(METRICS[name])]
