"""Settings of the service: from the command line, or from the environment as LIGEIA_SERVE_DATA and so on."""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ligeia.errors import SettingsError

HIGHEST_RATE = 192_000
"""Hz; of what a job writes."""
PREFIX = "LIGEIA_SERVE_"
LOCAL_NAMES = ["127.0.0.1", "localhost", "[::1]"]


class Settings(BaseSettings):
    """Settings of the service. What is given to the constructor wins over the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, allow_inf_nan=False)

    data: Path = Path("ligeia-data")
    """Folder of the database, the files, and what is being worked on."""
    database: str | None = None
    """URL of the database, such as postgresql+psycopg://…; None: SQLite in the folder."""
    storage: str | None = None
    """Place of the files: s3://bucket/prefix; None: the folder."""
    s3_endpoint: str | None = None
    """Address of a storage that speaks S3 and is not Amazon's."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """0: any that is free."""
    workers: Annotated[int, Field(ge=0, le=1024)] = Field(default_factory=lambda: max(os.cpu_count() or 1, 1))
    workers_only: bool = False
    """Do jobs, and answer no requests."""
    scheduler: str | None = None
    """Address of a Dask scheduler, such as tcp://host:8786, whose workers do the jobs."""
    hosts: Annotated[list[str], NoDecode] = LOCAL_NAMES
    """Names under which the service is asked for (the header Host); in the environment, with commas between."""
    forwarded_allow_ips: str = "127.0.0.1"
    """Proxies whose word on the client's address and scheme is taken."""
    metrics_token: SecretStr | None = None
    """Token that /metrics demands from other machines."""

    max_bytes: Annotated[int, Field(gt=0)] = 100 * 10**6
    """Largest recording."""
    max_seconds: Annotated[float, Field(gt=0)] = 600.0
    max_channels: Annotated[int, Field(gt=0, le=64)] = 8
    max_waiting: Annotated[int, Field(gt=0)] = 4
    """Jobs of a session that wait or run."""
    session_bytes: Annotated[int, Field(gt=0)] = 500 * 10**6
    """Most bytes of recordings and results of a session."""
    total_bytes: Annotated[int, Field(gt=0)] = 50 * 10**9
    """Most bytes of all recordings and results."""
    reserve_bytes: Annotated[int, Field(ge=0)] = 2 * 10**9
    """Room that stays free on the disk."""
    kept_hours: Annotated[float, Field(gt=0)] = 24.0
    writes_per_minute: Annotated[int, Field(gt=0)] = 60
    """Most writes of a session, and of an address."""

    lease_seconds: Annotated[float, Field(gt=0)] = 30.0
    """Time after which a worker that does not report loses its job."""
    job_seconds: Annotated[float, Field(gt=0)] = 1800.0
    """Time limit of an attempt at a job."""
    upload_seconds: Annotated[float, Field(gt=0)] = 900.0
    least_bytes_per_second: Annotated[float, Field(ge=0)] = 1000.0
    """Uploads that are slower for long are ended."""

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @property
    def database_url(self) -> str:
        """The URL of the database."""
        return self.database or f"sqlite:///{self.data / 'ligeia.sqlite'}"

    @property
    def incoming(self) -> Path:
        """The folder of uploads that have not ended."""
        return self.data / "incoming"

    @property
    def scratch(self) -> Path:
        """The folder in which workers keep what they work on."""
        return self.data / "scratch"

    @property
    def kept_seconds(self) -> float:
        """Seconds for which recordings and results are kept."""
        return self.kept_hours * 3600

    @property
    def largest_file(self) -> int:
        """Bytes of the largest file that an honest job writes: the longest recording as 32-bit samples."""
        return int(self.max_seconds * HIGHEST_RATE * self.max_channels * 4) + 2**24

    def handed_on(self) -> str:
        """Return the settings as JSON for a worker, which needs no token."""
        return self.model_dump_json(exclude={"metrics_token"})


def read_settings(**given: Any) -> Settings:
    """Return the settings: what is given and not None, else the environment, else the defaults.

    Raises:
        SettingsError: a value is not valid; the text names it, and where it came from.
    """
    known = {name: value for name, value in given.items() if value is not None}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in Settings.model_fields:
            raise SettingsError(f"the environment's {name} is not a valid setting: docs/serve.md lists them all")
    try:
        return Settings(**known)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        place = name if name in known else f"the environment's {PREFIX}{name.upper()}"
        raise SettingsError(f"{place} is not valid: {first['msg']}, got {first['input']!r}") from error
