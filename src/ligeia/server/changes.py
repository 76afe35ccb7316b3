"""Wait for changes of sessions: one look at the table for all open streams, however many there are."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from anyio import to_thread
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from ligeia.server.limits import MOST_STREAMS
from ligeia.server.logs import log
from ligeia.server.problems import Refusal
from ligeia.server.tables import reading, sessions

SECONDS_BETWEEN = 0.2
"""Two looks at the table."""
GONE = -1
"""The version of a session that is not there any more, or of any when the server stops."""
_AT_ONCE = 500  # sessions in one query


class Watch:
    """One open stream: what it has been told, and what wakes it."""

    def __init__(self, watcher: "Watcher", session: str) -> None:
        self._watcher, self.session = watcher, session
        self.wake = asyncio.Event()

    async def newer(self, version: int) -> int:
        """Wait until the session has a newer version than this one, and return it; `GONE` at the end."""
        while GONE < (found := self._watcher.version_of(self.session, version)) <= version:
            self.wake.clear()
            await self.wake.wait()
        return found


class Watcher:
    """Versions of the sessions that somebody watches."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)
        self._versions: dict[str, int] = {}
        self._anybody = asyncio.Event()
        self._closing = False

    @contextmanager
    def watching(self, session: str) -> Iterator[Watch]:
        """Watch a session while the block runs.

        Raises:
            Refusal: it is watched too often already (429).
        """
        if len(self._watches[session]) >= MOST_STREAMS:
            detail = f"{MOST_STREAMS} streams of events at a time are allowed."
            raise Refusal(429, detail, "too_many_streams", Retry_After="10")
        watch = Watch(self, session)
        self._watches[session].add(watch)
        self._anybody.set()
        try:
            yield watch
        finally:
            self._forget(watch)

    def _forget(self, watch: Watch) -> None:
        self._watches[watch.session].discard(watch)
        if not self._watches[watch.session]:
            del self._watches[watch.session]
            self._versions.pop(watch.session, None)
        if not self._watches:
            self._anybody.clear()

    def version_of(self, session: str, known: int) -> int:
        """Return the version of a session when it was last looked at; `known` where it was not yet."""
        return GONE if self._closing else self._versions.get(session, known)

    async def run(self) -> None:
        """Look at the table until cancelled, while there is anybody to tell."""
        while True:
            await self._anybody.wait()
            try:
                found = await to_thread.run_sync(self._look, list(self._watches))
            except SQLAlchemyError:
                log("watching_failed", level=logging.ERROR, exc_info=True)
                found = {}
            self._versions |= {id: version for id, version in found.items() if id in self._watches}
            for id in found:
                for watch in self._watches.get(id, ()):
                    watch.wake.set()
            await asyncio.sleep(SECONDS_BETWEEN)

    def close(self) -> None:
        """End all streams."""
        self._closing = True
        for watches in self._watches.values():
            for watch in watches:
                watch.wake.set()

    def _look(self, ids: list[str]) -> dict[str, int]:
        found = dict.fromkeys(ids, GONE)
        with reading(self._engine) as connection:
            for first in range(0, len(ids), _AT_ONCE):
                some = select(sessions.c.id, sessions.c.version).where(sessions.c.id.in_(ids[first : first + _AT_ONCE]))
                found |= {row.id: row.version for row in connection.execute(some)}
        return found
