"""The tables of the service: sessions, sounds, jobs and their results. Times are seconds since 1970."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table

METADATA = MetaData()

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
    Column("bytes", Integer, nullable=False),
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
    Column("worker", String(64)),
    Column("lease_until", Float),
    Column("version", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("finished", Float),
    Column("error_code", String(64)),
    Column("error", String(1024)),
    Column("report", JSON),
    Column("command", String(1024), nullable=False),
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
    Column("bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("name", String(255), nullable=False),
)
