"""Databases for the tests of the service: SQLite, and a real PostgreSQL where its programs are installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_database import Postgres, programs
from sqlalchemy import Engine

from ligeia.server.tables import METADATA, open_database


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL that was started for the tests."""
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL's programs (initdb, postgres) are not installed")
    with Postgres(folder) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'ligeia.sqlite'}"
    url = str(request.getfixturevalue("postgres"))
    engine = open_database(url)
    METADATA.drop_all(engine)
    engine.dispose()
    return url


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An empty database, opened."""
    engine = open_database(database)
    yield engine
    engine.dispose()
