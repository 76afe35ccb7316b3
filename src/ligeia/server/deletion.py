"""Forget a recording, a job or a whole session at once: rows first, then files; what is at work on them notices."""

from sqlalchemy import Engine, delete, select

from ligeia.server import jobs, sessions, tables
from ligeia.server.storage.storage import Storage


def forget_sound(engine: Engine, storage: Storage, session: str, id: str) -> None:
    """Forget a recording of a session, its jobs, and all their files."""
    of_sound = select(tables.jobs.c.id).where(tables.jobs.c.sound == id)
    with engine.begin() as connection:
        made = connection.execute(of_sound).scalars().all()
        connection.execute(delete(tables.sounds).where(tables.sounds.c.id == id, tables.sounds.c.session == session))
        sessions.note_change(connection, session)
    for job in made:
        storage.delete(f"jobs/{job}/")
    storage.delete(f"sounds/{id}/")


def forget_job(engine: Engine, storage: Storage, session: str, id: str) -> bool:
    """Forget a job of a session with its files; tell whether the session had it."""
    if not jobs.forget(engine, session, id):
        return False
    with engine.begin() as connection:
        sessions.note_change(connection, session)
    storage.delete(f"jobs/{id}/")
    return True


def forget_session(engine: Engine, storage: Storage, session: str) -> None:
    """Forget everything of a session."""
    mine = {table: select(table.c.id).where(table.c.session == session) for table in (tables.sounds, tables.jobs)}
    with engine.begin() as connection:
        made = connection.execute(mine[tables.jobs]).scalars().all()
        kept = connection.execute(mine[tables.sounds]).scalars().all()
        connection.execute(delete(tables.sessions).where(tables.sessions.c.id == session))
    for job in made:
        storage.delete(f"jobs/{job}/")
    for sound in kept:
        storage.delete(f"sounds/{sound}/")
