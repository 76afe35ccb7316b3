"""Shared parts of the routes: settings, table, files, helpers; and who is asking, as dependencies of a route."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Engine

from ligeia.server import sessions
from ligeia.server.changes import Watcher
from ligeia.server.limits import Uploads, allow_write
from ligeia.server.metrics import Metrics
from ligeia.server.prober import Prober
from ligeia.server.problems import not_found
from ligeia.server.protocol import CLOSE
from ligeia.server.settings import Settings
from ligeia.server.storage.opening import open_storage
from ligeia.server.storage.storage import Storage
from ligeia.server.tables import open_database
from ligeia.server.uploads import clear_incoming


@dataclass
class Service:
    """One server process."""

    settings: Settings
    metrics: Metrics
    engine: Engine
    storage: Storage
    prober: Prober
    watcher: Watcher
    uploads: Uploads = field(default_factory=Uploads)
    readiness: tuple[float, str | None] = (float("-inf"), None)
    """Time of the last check, and what was missing."""


@asynccontextmanager
async def running(settings: Settings, metrics: Metrics) -> AsyncIterator[Service]:
    """Open everything, and close it at the end."""
    clear_incoming(settings)
    engine = open_database(settings.database_url)
    metrics.watch(engine)
    prober, watcher = Prober(settings), Watcher(engine)
    tasks = [asyncio.create_task(watcher.run()), asyncio.create_task(prober.warm())]
    try:
        yield Service(settings, metrics, engine, open_storage(settings), prober, watcher)
    finally:
        watcher.close()
        prober.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        engine.dispose()


def lifespan_state(service: Service) -> dict[str, Any]:
    """Return what requests, and the protocol, find in the state of the lifespan."""
    return {"service": service, CLOSE: service.watcher.close}


async def _service(request: Request) -> Service:
    service: Service = request.state.service
    return service


Serving = Annotated[Service, Depends(_service)]


def _visitor(request: Request, service: Serving) -> str | None:
    return sessions.find(service.engine, request)


Visitor = Annotated[str | None, Depends(_visitor)]
"""The id of the session that asks; None where it has none."""


async def _owner(session: Visitor) -> str:
    if session is None:
        raise not_found()
    return session


Owner = Annotated[str, Depends(_owner)]
"""The id of the session that asks; without one, nothing is there."""


def client_of(request: Request) -> str | None:
    """Return the address that asks, as uvicorn knows it: a proxy's word counts where the settings trust it."""
    return request.client.host if request.client else None


def _may_write(request: Request, service: Serving, session: Visitor) -> None:
    allow_write(service.engine, service.settings, session, client_of(request))


MAY_WRITE = Depends(_may_write)
"""Dependency that takes a token of the session, and one of the address."""
