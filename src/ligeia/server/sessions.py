"""Sessions: an anonymous cookie, of which the table keeps a hash. What belongs to another session is not there.

A session begins with the first recording that is taken in; reading begins none.
"""

import hashlib
import secrets
import time

from fastapi import Request, Response
from sqlalchemy import Connection, Engine, insert, select, update

from ligeia.server.tables import reading, sessions

DAYS = 30
"""Lifetime of the cookie in a browser; what it leads to is swept much earlier."""
_SEEN_SECONDS = 60.0
_NO_TOKEN = 200  # characters, beyond which nothing is hashed


def cookie_name(scheme: str) -> str:
    """Return the name of the cookie: with https, one that browsers take from this very host alone."""
    return "__Host-ligeia" if scheme == "https" else "ligeia"


def digest(token: str) -> str:
    """Return the id under which the table knows a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def find(engine: Engine, request: Request) -> str | None:
    """Return the id of the session of a request, or None where it has none; note that it was seen."""
    token = request.cookies.get(cookie_name(request.url.scheme), "")
    if not token or len(token) > _NO_TOKEN:
        return None
    id, now = digest(token), time.time()
    with reading(engine) as connection:
        seen = connection.execute(select(sessions.c.seen).where(sessions.c.id == id)).scalar()
    if seen is None:
        return None
    if now - seen > _SEEN_SECONDS:
        with engine.begin() as connection:
            connection.execute(update(sessions).where(sessions.c.id == id).values(seen=now))
    request.state.session = id
    return id


def begin(engine: Engine) -> tuple[str, str]:
    """Begin a session: return its id, and the token for the cookie. A token is never chosen by a client."""
    token, now = secrets.token_urlsafe(32), time.time()
    with engine.begin() as connection:
        connection.execute(insert(sessions).values(id=digest(token), created=now, seen=now, version=0))
    return digest(token), token


def set_cookie(response: Response, request: Request, token: str) -> None:
    """Give the browser its token, out of reach of scripts."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        cookie_name(request.url.scheme),
        token,
        max_age=DAYS * 86400,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, request: Request) -> None:
    """Let the browser forget its token."""
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request.url.scheme), path="/", secure=secure, httponly=True, samesite="lax")


def note_change(connection: Connection, id: str) -> None:
    """Count a change of a session that is none of its jobs'."""
    connection.execute(update(sessions).where(sessions.c.id == id).values(version=sessions.c.version + 1))


def version_of(engine: Engine, id: str) -> int:
    """Return how many changes a session has seen; 0 where it is not there any more."""
    with reading(engine) as connection:
        return connection.execute(select(sessions.c.version).where(sessions.c.id == id)).scalar() or 0
