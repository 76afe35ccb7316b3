"""Recordings in the table: kept for some hours, and only their session finds them."""

import time
from typing import Any

from sqlalchemy import Engine, Row, insert, select

from ligeia.server.problems import not_found
from ligeia.server.schemas import Sound
from ligeia.server.tables import reading, sounds

_COLUMNS = [sounds.c[name] for name in Sound.model_fields]


def add(engine: Engine, session: str, sound: Sound) -> None:
    """Keep a recording; its file has been stored before."""
    with engine.begin() as connection:
        connection.execute(insert(sounds).values(session=session, **sound.model_dump()))


def of_session(engine: Engine, session: str) -> list[Sound]:
    """Return the recordings of a session, the newest first."""
    newest = select(*_COLUMNS).where(sounds.c.session == session, _alive()).order_by(sounds.c.created.desc())
    with reading(engine) as connection:
        return [_sound(row) for row in connection.execute(newest)]


def one(engine: Engine, session: str | None, id: str) -> Sound:
    """Return a recording.

    Raises:
        Refusal: the session has none of that id (404).
    """
    if session is None or not is_id(id):
        raise not_found()
    wanted = select(*_COLUMNS).where(sounds.c.id == id, sounds.c.session == session, _alive())
    with reading(engine) as connection:
        row = connection.execute(wanted).one_or_none()
    if row is None:
        raise not_found()
    return _sound(row)


def is_id(text: str) -> bool:
    """Tell whether a text may be an id: databases are asked for nothing else."""
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)


def _alive() -> Any:
    return sounds.c.expires > time.time()


def _sound(row: Row[Any]) -> Sound:
    return Sound.model_validate(row._asdict())
