"""Limits on what one session, one address and all of them together may ask for.

How often: a bucket of tokens for each session and each address, in the table, so that all servers share it. How much:
sums of the table, and what is being uploaded at the moment.
"""

import ipaddress
import math
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ligeia.server.problems import Refusal
from ligeia.server.settings import Settings
from ligeia.server.tables import allowances, jobs, now, reading, results, sounds

MOST_UPLOADS = 4
"""Uploads of one session at a time."""
MOST_FIRST_UPLOADS = 16
"""Uploads of one address at a time, without a session."""
MOST_STREAMS = 8
"""Streams of events of one session."""
BYTES_OF_RESULTS, BYTES_AT_WORK = 4, 8
"""Bytes of a job for each sample: two files of 16 bits are kept, two of floats exist while it is done."""
SAMPLES_FOR_SECOND = 48_000
"""A recording may hold as many samples as one of the longest duration and the most channels at this rate."""

_FULL_AGAIN = 300.0  # seconds, after which a bucket holds all its tokens and need not be kept


def most_samples(settings: Settings) -> int:
    """Return how many samples a recording may hold, over all channels."""
    return int(settings.max_seconds * settings.max_channels * SAMPLES_FOR_SECOND)


# --- how often ---------------------------------------------------------------------------------------


def allow_write(engine: Engine, settings: Settings, session: str | None, address: str | None) -> None:
    """Take one token from each bucket of a client.

    Raises:
        Refusal: one is empty (429); `Retry-After` says when it has a token again.
    """
    keys = [f"session:{session}"] if session else []
    if address is not None and (network := network_of(address)):
        keys.append(f"address:{network}")
    for key in keys:
        wait = take(engine, key, settings.writes_per_minute)
        if wait:
            detail = f"{settings.writes_per_minute} changes a minute are allowed: try again in {wait} s."
            raise Refusal(429, detail, "too_often", Retry_After=str(wait))


def take(engine: Engine, key: str, capacity: int) -> int:
    """Take a token from a bucket that fills within a minute; return 0, or the seconds to wait for one."""
    rate = capacity / 60.0
    full = allowances.c.left + (now() - allowances.c.refilled) * rate
    held = case((full > capacity, float(capacity)), else_=full)
    mine = allowances.c.key == key
    with engine.begin() as connection:
        taking = update(allowances).where(mine, held >= 1.0).values(left=held - 1.0, refilled=now())
        if connection.execute(taking).rowcount:
            return 0
        left = connection.execute(select(held).where(mine)).scalar()
    if left is not None:
        return max(1, math.ceil((1.0 - float(left)) / rate))
    try:
        with engine.begin() as connection:
            connection.execute(delete(allowances).where(allowances.c.refilled < now() - _FULL_AGAIN))
            connection.execute(insert(allowances).values(key=key, left=capacity - 1.0, refilled=now()))
    except IntegrityError:  # somebody else was first
        return take(engine, key, capacity)
    return 0


def network_of(address: str) -> str | None:
    """Return what a client's address stands for: a provider gives out /64 of IPv6. None: this machine, or no address.

    Example:
        >>> network_of("2001:db8::7"), network_of("127.0.0.1")
        ('2001:db8::/64', None)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if found.is_loopback:
        return None
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


# --- how much ----------------------------------------------------------------------------------------


class Uploads:
    """Uploads to this process that are under way: they count as if they were here already."""

    def __init__(self) -> None:
        self._bytes: Counter[str] = Counter()
        self._count: Counter[str] = Counter()

    @contextmanager
    def reserved(self, session: str | None, address: str | None, size: int) -> Iterator[str]:
        """Keep room for an upload while it goes on; give the name under which it counts.

        Raises:
            Refusal: the session, or the address of who has none, uploads too much at a time (429).
        """
        network = network_of(address or "")
        client, most = (session, MOST_UPLOADS) if session else (network or "here", MOST_FIRST_UPLOADS)
        if self._count[client] >= most and (session or network):
            raise Refusal(429, f"{most} uploads at a time are allowed.", "too_many_uploads", Retry_After="2")
        self._count[client] += 1
        self._bytes[client] += size
        try:
            yield client
        finally:
            self._count[client] -= 1
            self._bytes[client] -= size
            if not self._count[client]:
                del self._count[client], self._bytes[client]

    def of(self, client: str) -> int:
        """Return the bytes that a client is uploading."""
        return self._bytes.get(client, 0)

    def total(self) -> int:
        """Return the bytes that all clients are uploading."""
        return sum(self._bytes.values())


def check_room(engine: Engine, settings: Settings, uploads: Uploads, session: str | None, client: str) -> None:
    """Check that what is kept, and what is being uploaded, is within the quotas and fits on the disk.

    Raises:
        Refusal: the session has too much (413), or there is no room for anybody (507).
    """
    if session is not None:
        _check_quota(engine, settings, session, uploads.of(client), "delete something first, or wait until it expires")
    _check_server(engine, settings, uploads.total(), uploads.total())


def check_results(engine: Engine, settings: Settings, session: str, values: int) -> None:
    """Check that there is room for the results of a job, of `values` samples over all channels: two WAV files.

    Raises:
        Refusal: there is none in the quota of the session (413), in that of all, or on the disk (507).
    """
    made = values * BYTES_OF_RESULTS
    needed = f"the result needs {max(made / 1e6, 0.1):,.1f} MB: delete something first"
    _check_quota(engine, settings, session, made, needed)
    _check_server(engine, settings, made, made + values * BYTES_AT_WORK)


def _check_quota(engine: Engine, settings: Settings, session: str, more: int, advice: str) -> None:
    if bytes_of(engine, session) + more > settings.session_bytes:
        raise Refusal(413, f"You may keep {settings.session_bytes / 1e6:g} MB here: {advice}.", "quota")


def _check_server(engine: Engine, settings: Settings, kept: int, written: int) -> None:
    """Check that the server may keep so many bytes more, and that its disk has room for what is written meanwhile."""
    if bytes_of(engine) + kept > settings.total_bytes:
        raise Refusal(507, "The server keeps as much as it may: try again later.", "quota_of_all", Retry_After="600")
    if shutil.disk_usage(settings.data).free - written < settings.reserve_bytes:
        raise Refusal(507, "The server's disk is full: try again later.", "disk_full", Retry_After="600")


def bytes_of(engine: Engine, session: str | None = None) -> int:
    """Return the bytes of recordings and results that a session keeps, each file once; of None, those of all."""
    kept = select(func.coalesce(func.sum(sounds.c.bytes), 0))
    files = select(results.c.key, func.max(results.c.bytes).label("bytes")).group_by(results.c.key)
    if session is not None:
        kept = kept.where(sounds.c.session == session)
        files = files.join(jobs, jobs.c.id == results.c.job).where(jobs.c.session == session)
    made = select(func.coalesce(func.sum(files.subquery().c.bytes), 0))
    with reading(engine) as connection:
        return int(connection.execute(kept).scalar_one()) + int(connection.execute(made).scalar_one())
