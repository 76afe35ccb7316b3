"""Recordings: take them in, list them, forget them."""

import errno
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.exc import IntegrityError

from ligeia.server import deletion, sessions, sounds
from ligeia.server.limits import check_room
from ligeia.server.logs import log
from ligeia.server.problems import Refusal
from ligeia.server.routes.refusals import READING, WRITING, refusals
from ligeia.server.schemas import Sound
from ligeia.server.service import MAY_WRITE, Owner, Service, Serving, Visitor, client_of
from ligeia.server.uploads import declared_size, label, receive

router = APIRouter(prefix="/api/sounds")
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "",
    operation_id="addSound",
    status_code=201,
    responses=WRITING | refusals(409, 411, 415, 422, 507),
    openapi_extra=_BODY,
    dependencies=[MAY_WRITE],
)
async def add_sound(
    request: Request,
    response: Response,
    service: Serving,
    session: Visitor,
    name: Annotated[str, Query(max_length=255)],
) -> Sound:
    """Take in a recording: the body is the file itself, `name` a label. What is none, or too long, is refused."""
    with _counted(service):
        size = declared_size(request.headers, service.settings)
        with service.uploads.reserved(session, client_of(request), size) as client:
            await to_thread.run_sync(check_room, service.engine, service.settings, service.uploads, session, client)
            sound, part = await _received(request, service, size, name)
            try:
                session, token = await to_thread.run_sync(_keep, service, session, sound, part)
            finally:
                part.unlink(missing_ok=True)
    if token is not None:
        sessions.set_cookie(response, request, token)
    service.metrics.uploaded.inc(sound.bytes)
    log("uploaded", session=session, sound=sound.id, bytes=sound.bytes, format=sound.format, seconds=sound.seconds)
    return sound


@contextmanager
def _counted(service: Service) -> Iterator[None]:
    try:
        with _full_disk_said():
            yield
    except Refusal as refusal:
        service.metrics.refused.labels(refusal.code).inc()
        raise


@contextmanager
def _full_disk_said() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise Refusal(507, "The server's disk is full: try again later.", "disk_full", Retry_After="600") from error


async def _received(request: Request, service: Service, size: int, name: str) -> tuple[Sound, Path]:
    """Return what has arrived, and the file in which it lies."""
    settings, id = service.settings, secrets.token_hex(16)
    part = settings.incoming / f"{id}.part"
    try:
        received = await receive(request.stream(), size, part, settings)
        facts = await service.prober.look_at(part)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    created = time.time()
    sound = Sound(
        id=id,
        name=label(name),
        bytes=received.bytes,
        sha256=received.sha256,
        format=facts.format[:32],
        seconds=facts.seconds,
        rate=facts.rate,
        channels=facts.channels,
        created=created,
        expires=created + settings.kept_seconds,
    )
    return sound, part


def _keep(service: Service, session: str | None, sound: Sound, part: Path) -> tuple[str, str | None]:
    """Store a recording, and begin a session where there is none; return its id, and its token if it is new."""
    token = None
    try:
        service.storage.put(part, f"sounds/{sound.id}/original")
        if session is None:
            session, token = sessions.begin(service.engine)
        sounds.add(service.engine, session, sound)
    except IntegrityError as error:
        service.storage.delete(f"sounds/{sound.id}/")
        raise Refusal(409, "The session was ended while the recording came.", "session_ended") from error
    except BaseException:
        service.storage.delete(f"sounds/{sound.id}/")
        raise
    return session, token


@router.get("", operation_id="listSounds", responses=READING)
def list_sounds(service: Serving, session: Visitor) -> list[Sound]:
    """Return the recordings of this session, the newest first."""
    return sounds.of_session(service.engine, session) if session else []


@router.get("/{id}", operation_id="getSound", responses=READING | refusals(404))
def get_sound(id: str, service: Serving, session: Visitor) -> Sound:
    """Return a recording."""
    return sounds.one(service.engine, session, id)


@router.delete(
    "/{id}", operation_id="deleteSound", status_code=204, responses=WRITING | refusals(404), dependencies=[MAY_WRITE]
)
def delete_sound(id: str, service: Serving, session: Owner) -> None:
    """Forget a recording, with its jobs and their results."""
    sounds.one(service.engine, session, id)
    deletion.forget_sound(service.engine, service.storage, session, id)
    log("deleted", session=session, sound=id)
