"""One stream of events for the session: every change of its jobs, from where the client left off."""

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ligeia.server import jobs, sessions
from ligeia.server.changes import GONE, Watch
from ligeia.server.problems import Refusal
from ligeia.server.routes.jobs import job_of
from ligeia.server.routes.refusals import READING, refusals
from ligeia.server.service import Service, Serving, Visitor

router = APIRouter(prefix="/api")


async def _watched(service: Serving, session: Visitor) -> AsyncIterator[Watch]:
    """Check the rights before the answer begins: afterwards a refusal could only break the stream."""
    if session is None:
        raise Refusal(204, "A client that gets this does not ask again.")
    with service.watcher.watching(session) as watch, service.metrics.streams.track_inprogress():
        yield watch


@router.get(
    "/events",
    operation_id="getEvents",
    response_class=EventSourceResponse,
    responses=READING | refusals(429) | {204: {"description": "There is no session yet: a recording begins one"}},
)
async def events(
    service: Serving,
    watch: Annotated[Watch, Depends(_watched)],
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send an event "job" for each job that changes: its data is a `Job`, its id the version.

    Without `Last-Event-ID` all jobs come first. An event "changed" says that something was forgotten. The stream ends
    when the session is forgotten, or the server stops.
    """
    given = int(last_event_id) if last_event_id and last_event_id.isdecimal() and len(last_event_id) < 16 else 0
    yield ServerSentEvent(comment="events of this session", retry=1000)
    version = await to_thread.run_sync(_known, service, watch.session, given)
    current = version
    while current != GONE:
        rows = await to_thread.run_sync(jobs.changes, service.engine, watch.session, version)
        for row in rows:
            version = max(version, row["version"])
            yield ServerSentEvent(event="job", data=job_of(row), id=str(row["version"]))
        if current > version:
            version = current
            yield ServerSentEvent(event="changed", data=current, id=str(current))
        current = await watch.newer(version)


def _known(service: Service, session: str, given: int) -> int:
    """Return what a client knows already: nothing, where it says more than there is."""
    return given if given <= sessions.version_of(service.engine, session) else 0
