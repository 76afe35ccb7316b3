"""Routes for the state of the service: for whoever restarts it, sends it requests, or draws its figures."""

import ipaddress
import secrets
import tempfile
import time
from pathlib import Path

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from ligeia.server import jobs
from ligeia.server.logs import log
from ligeia.server.problems import Refusal, not_found
from ligeia.server.routes.refusals import READING, refusals
from ligeia.server.schemas import Health
from ligeia.server.service import Service, Serving, client_of

router = APIRouter()
_BEAT_SECONDS = 30.0
"""Time within which a worker has to have been seen."""
_LOOK_SECONDS = 5.0
"""Time between two looks at table and storage, however often somebody asks."""


@router.get("/healthz", operation_id="getHealth", responses=READING)
async def health() -> Health:
    """Say that the process answers."""
    return Health(status="alive")


@router.get("/readyz", operation_id="getReadiness", responses=READING | refusals(503))
def readiness(service: Serving) -> Health:
    """Say whether recordings and jobs would be done: table, storage and a worker are there."""
    looked, missing = service.readiness
    if time.monotonic() - looked > _LOOK_SECONDS:
        missing = _missing(service)
        service.readiness = (time.monotonic(), missing)
    if missing:
        raise Refusal(503, f"Not ready: {missing}.", Retry_After="5")
    return Health(status="ready")


def _missing(service: Service) -> str | None:
    """Return what is missing, if anything."""
    try:
        workers = jobs.seen_workers(service.engine, _BEAT_SECONDS)
    except Exception:
        log("not_ready", part="database", exc_info=True)
        return "the database does not answer"
    try:
        _store_something(service)
    except Exception:
        log("not_ready", part="storage", exc_info=True)
        return "the storage does not take files"
    return None if workers else "no worker has reported lately"


def _store_something(service: Service) -> None:
    with tempfile.NamedTemporaryFile(dir=service.settings.incoming, suffix=".part", delete=False) as file:
        file.write(b"ready")
    path, key = Path(file.name), f"sounds/ready/{secrets.token_hex(8)}"
    try:
        service.storage.put(path, key)
        service.storage.delete(key)
    finally:
        path.unlink(missing_ok=True)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, service: Serving) -> Response:
    """Return the figures: to this machine, or to who has the token. To others there is nothing here."""
    if not (_is_here(request) or _has_token(request, service)):
        raise not_found()
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _is_here(request: Request) -> bool:
    """Tell whether this machine asks for itself: a proxy on it that is not trusted names nobody else, but says so."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(client_of(request) or "").is_loopback
    except ValueError:
        return False


def _has_token(request: Request, service: Service) -> bool:
    token, given = service.settings.metrics_token, request.headers.get("authorization", "")
    if token is None or not given.startswith("Bearer "):
        return False
    return secrets.compare_digest(given.removeprefix("Bearer ").encode(), token.get_secret_value().encode())
