"""Databases and storages for the tests of the service: SQLite and a folder, a real PostgreSQL, a server of S3."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from made_database import Postgres, programs
from made_service import Running, Server, running_service
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


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that answers in this process; the tests of a module share it."""
    with running_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def visitor(running: Running) -> TestClient:
    """Somebody new."""
    return running.visitor()


@pytest.fixture
def made_page(tmp_path: Path) -> Path:
    """A folder as the build of the page leaves it."""
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>Ligeia</title>", encoding="utf-8")
    (page / "assets" / "index-a1b2c3.js").write_text("export {};\n", encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server, in a process of its own; the tests of a module share it."""
    with Server(tmp_path_factory.mktemp("server"), upload_seconds=1.5) as server:
        yield server
