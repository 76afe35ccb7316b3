"""Limits by themselves: buckets that several servers share, addresses, uploads at a time, the pace of a body."""

import math
from contextlib import ExitStack

import anyio
import pytest
from made_service import settings_for

from ligeia.server import limits, tables
from ligeia.server.problems import Refusal
from ligeia.server.uploads import receive


def set_back(engine, seconds):
    with engine.begin() as connection:
        connection.execute(tables.allowances.update().values(refilled=tables.allowances.c.refilled - seconds))


def test_a_bucket_fills_again(engine):
    assert [limits.take(engine, "a", 6) for _ in range(6)] == [0] * 6
    assert limits.take(engine, "a", 6) in (9, 10)  # a token every ten seconds
    assert limits.take(engine, "b", 6) == 0
    set_back(engine, 10)
    assert [bool(limits.take(engine, "a", 6)) for _ in range(2)] == [False, True]
    set_back(engine, 10_000)
    assert [bool(limits.take(engine, "a", 6)) for _ in range(7)] == [False] * 6 + [True]


def test_buckets_that_are_full_are_not_kept(engine):
    limits.take(engine, "a", 6)
    set_back(engine, 10_000)
    limits.take(engine, "b", 6)
    with tables.reading(engine) as connection:
        assert [row.key for row in connection.execute(tables.allowances.select())] == ["b"]


def test_several_servers_share_a_bucket(database):
    engines = [tables.open_database(database) for _ in range(2)]
    taken = [limits.take(engines[n % 2], "a", 3) for n in range(4)]
    assert [bool(wait) for wait in taken] == [False, False, False, True]
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("127.0.0.1", None),
        ("::1", None),
        ("testclient", None),
        ("", None),
    ],
)
def test_networks(address, network):
    assert limits.network_of(address) == network


def test_uploads_are_counted_while_they_go_on():
    uploads = limits.Uploads()
    with uploads.reserved("s", None, 10) as client, uploads.reserved("s", None, 5), uploads.reserved(None, "::1", 7):
        assert (uploads.of(client), uploads.total()) == (15, 22)
    assert (uploads.of("s"), uploads.total()) == (0, 0)


@pytest.mark.parametrize(
    ("session", "address", "most"),
    [("s", "203.0.113.7", limits.MOST_UPLOADS), (None, "203.0.113.7", limits.MOST_FIRST_UPLOADS), (None, "::1", None)],
)
def test_uploads_at_a_time(session, address, most):
    uploads = limits.Uploads()
    with ExitStack() as stack:
        for _ in range(most or 100):
            stack.enter_context(uploads.reserved(session, address, 1))
        if most is not None:
            with pytest.raises(Refusal, match="at a time"):
                stack.enter_context(uploads.reserved(session, address, 1))


async def dripping(pieces, seconds):
    for piece in pieces:
        await anyio.sleep(seconds)
        yield piece


def test_a_body_has_to_keep_its_pace(tmp_path, monkeypatch):
    monkeypatch.setattr("ligeia.server.uploads.GRACE_SECONDS", 0.1)
    settings = settings_for(tmp_path, least_bytes_per_second=10_000)
    fast = anyio.run(receive, dripping([b"x" * 1000] * 3, 0.01), 3000, tmp_path / "fast", settings)
    assert fast.bytes == 3000
    with pytest.raises(Refusal) as refused:
        anyio.run(receive, dripping([b"x"] * 100, 0.01), 100, tmp_path / "slow", settings)
    assert refused.value.status_code == 408


def test_no_least_rate_is_no_deadline_but_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr("ligeia.server.uploads.GRACE_SECONDS", 0.0)
    settings = settings_for(tmp_path, least_bytes_per_second=0, upload_seconds=0.2)
    assert anyio.run(receive, dripping([b"x"] * 3, 0.01), 3, tmp_path / "slow", settings).bytes == 3
    with pytest.raises(Refusal):
        anyio.run(receive, dripping([b"x"], math.inf), 3, tmp_path / "never", settings)
