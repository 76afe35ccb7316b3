"""The tables of the service: sessions, sounds, jobs and their results. Times are seconds since 1970."""

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from ligeia.errors import SettingsError, needs_extra

METADATA = MetaData()
BUSY_MILLISECONDS = 20_000
"""Longest wait of SQLite for another writer."""
WRITES = "writes"
"""Mark of a connection whose turn it is to write."""

sessions = Table(
    "sessions",
    METADATA,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token in the cookie
    Column("created", Float, nullable=False),
    Column("seen", Float, nullable=False),
    Column("version", Integer, nullable=False, default=0),  # counts changes of its jobs
)

sounds = Table(
    "sounds",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("session", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("format", String(32), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("rate", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False),
)

jobs = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("session", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("sound", ForeignKey("sounds.id", ondelete="CASCADE"), nullable=False),
    Column("task", String(16), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("progress", Float, nullable=False, default=0.0),
    Column("note", String(255), nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("cancel", Boolean, nullable=False, default=False),
    Column("worker", String(64)),  # the worker's name, "/", and what tells this claim from its others
    Column("lease_until", Float),
    Column("version", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("finished", Float),
    Column("error_code", String(64)),
    Column("error", String(1024)),
    Column("report", JSON),
    Column("command", String(4096), nullable=False),
    Column("shared", String(64), unique=True),
    Index("jobs_to_claim", "state", "created"),
    Index("jobs_of_session", "session", "version"),
)

results = Table(
    "results",
    METADATA,
    Column("job", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("key", String(255), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("name", String(255), nullable=False),
)

workers = Table(
    "workers",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("started", Float, nullable=False),
    Column("seen", Float, nullable=False),
    Column("job", String(32)),  # what it is at, even where that was taken from it; no reference: the job may be gone
    Column("holder", String(64)),  # as whom
)

allowances = Table(
    "allowances",
    METADATA,
    Column("key", String(80), primary_key=True),  # of a session or an address
    Column("left", Float, nullable=False),
    Column("refilled", Float, nullable=False, index=True),
)


class now(FunctionElement[float]):
    """The clock of the database, in seconds since 1970: one for all machines."""

    type = Float()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_of_sqlite(element: now, compiler: SQLCompiler, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _now_of_postgresql(element: now, compiler: SQLCompiler, **options: Any) -> str:
    return "extract(epoch from clock_timestamp())::double precision"


def open_database(url: str) -> Engine:
    """Return the database at `url`, SQLite or PostgreSQL, with its tables.

    Transactions on SQLite take the right to write at once, so that none fails half-way; those of `reading` never wait.

    Raises:
        SettingsError: it is not the URL of such a database.
        MissingExtra: PostgreSQL's client is not installed.
    """
    name = database_of(url)
    if name.get_backend_name() == "postgresql":
        name = name.set(drivername="postgresql+psycopg")
    try:
        with needs_extra("psycopg", "postgres"):
            engine = create_engine(name, pool_pre_ping=name.get_backend_name() != "sqlite", hide_parameters=True)
    except NoSuchModuleError as error:
        raise SettingsError(f"database is not a valid URL: {error}") from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, name.database)
    try:
        _make_tables(engine)
    except DatabaseError as error:
        raise SettingsError(
            f"the database cannot be used: {str(error.orig).strip()} ({name.render_as_string()})"
        ) from error
    return engine


def database_of(url: str) -> URL:
    """Return what a URL names, SQLite or PostgreSQL.

    Raises:
        SettingsError: it is not the URL of such a database.
    """
    try:
        name = make_url(url)
    except ArgumentError as error:
        raise SettingsError(f"database is not a valid URL: {error}") from error
    if name.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(
            f"database is not a valid URL: {name.render_as_string()} is neither sqlite: nor postgresql:"
        )
    return name


def reading(engine: Engine) -> Connection:
    """Return a connection that reads, and waits for no writer."""
    return engine.connect().execution_options(reads=True)


def _prepare_sqlite(engine: Engine, database: str | None) -> None:
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver begins no transactions of its own
        for setting in (
            f"busy_timeout={BUSY_MILLISECONDS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"
        ):  # fmt: skip
            connection.execute(f"PRAGMA {setting}").close()

    # Who waits for SQLite's own lock sleeps ever longer between tries: threads of one process wait for each other here.
    turn = threading.Lock()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        if connection.get_execution_options().get("reads", False):
            connection.exec_driver_sql("BEGIN")
            return
        if not connection.info.get(WRITES):
            connection.info[WRITES] = turn.acquire(timeout=BUSY_MILLISECONDS / 1000)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def returned(connection: Any, record: Any) -> None:
        if record.info.pop(WRITES, False):
            turn.release()


def _make_tables(engine: Engine) -> None:
    """Make the tables that are missing; of several processes that begin at once, one does, and the others wait."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7526748)")
        METADATA.create_all(connection)
