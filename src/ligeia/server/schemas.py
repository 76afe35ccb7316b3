"""Requests and answers of the API, from which its OpenAPI schema and the client of the page are made."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
ResultKind = Literal["lig", "wav", "reference", "overview", "reference_overview", "error_overview"]


class Wire(BaseModel):
    """An object of the API: fields that are not known are refused."""

    model_config = ConfigDict(extra="forbid")


class Compress(Wire):
    """Compress the recording into a `.lig` stream. Give one of kbps, snr_db and quality at most; none: quality 6."""

    task: Literal["compress"]
    preset: Literal["speech", "music", "waveform"] | None = None
    kbps: Annotated[FiniteFloat, Field(ge=0.1, le=10_000)] | None = None
    snr_db: Annotated[FiniteFloat, Field(ge=-100, le=200)] | None = None
    quality: Annotated[FiniteFloat, Field(ge=0, le=10)] | None = None

    @model_validator(mode="after")
    def _one_size(self) -> "Compress":
        if sum(value is not None for value in (self.kbps, self.snr_db, self.quality)) > 1:
            raise ValueError("give one of kbps, snr_db and quality at most")
        return self


class Denoise(Wire):
    """Take noise out of the recording."""

    task: Literal["denoise"]
    strength: Annotated[FiniteFloat, Field(ge=0, le=1)] = 1.0


class Restore(Wire):
    """Find dropouts, gaps, clicks and clipping, and restore what was there."""

    task: Literal["restore"]
    strength: Annotated[FiniteFloat, Field(ge=0, le=1)] = 1.0
    clipping: bool = True
    clicks: bool = True


class Extend(Wire):
    """Write the recording at a higher rate, with the band that was missing."""

    task: Literal["extend"]
    rate: Annotated[int, Field(ge=8_000, le=192_000)]
    strength: Annotated[FiniteFloat, Field(ge=0, le=1)] = 1.0


class Score(Wire):
    """Compare the recording, as the reference, with another one of the same session."""

    task: Literal["score"]
    estimate: Annotated[str, Field(max_length=64)]
    """Id of the other sound."""


Task = Annotated[Compress | Denoise | Restore | Extend | Score, Field(discriminator="task")]


class NewJob(Wire):
    """What is to be done with a sound."""

    sound: Annotated[str, Field(max_length=64)]
    settings: Task


class Sound(Wire):
    """A recording that was uploaded."""

    id: str
    name: str
    """A label: the name of the uploader's file. Never a path."""
    bytes: int
    sha256: str
    format: str
    seconds: float
    rate: int
    channels: int
    created: float
    """Seconds since 1970."""
    expires: float


class ScoreValue(Wire):
    """How close the result is to the reference by one metric."""

    metric: str
    value: float | None
    """None where it is not finite or not defined; `note` says why."""
    unit: str
    better: Literal["higher", "lower"]
    note: str | None = None


class Report(Wire):
    """What came out of a job."""

    seconds: float
    rate: int
    channels: int
    source_bytes: int
    bytes: int | None = None
    """Size of the stream, where there is one."""
    kbps: float | None = None
    scores: list[ScoreValue] = []
    notes: list[str] = []
    facts: dict[str, Any] = {}
    """Facts that `--json` of the task's command prints."""
    elapsed_seconds: float


class Result(Wire):
    """A file that a job made."""

    kind: ResultKind
    bytes: int
    sha256: str
    name: str
    """The name under which it is downloaded."""


class Problem(Wire):
    """Why something was refused or failed."""

    code: str
    """One word for programs, such as "too_large"."""
    detail: str
    """One sentence for people."""


class Job(Wire):
    """A piece of work, and what became of it."""

    id: str
    sound: str
    sound_name: str
    settings: Task
    state: JobState
    progress: float
    """0 to 1; never falls within an attempt."""
    note: str
    """Stage of the work, such as "rate control"."""
    attempts: int
    version: int
    """Grows with each change in the session: the newer of two has the larger one."""
    created: float
    started: float | None
    finished: float | None
    expires: float
    command: str
    """The command that does the same."""
    error: Problem | None
    report: Report | None
    results: list[Result]
    shared: str | None
    """The token under which anybody may look at it, where it was shared."""


class Limits(Wire):
    """What this server takes, to be said before anything is uploaded."""

    version: str
    max_bytes: int
    max_seconds: float
    max_channels: int
    max_waiting: int
    """Jobs of a session that wait or run."""
    session_bytes: int
    kept_hours: float
    tasks: list[str]
    metrics: list[str]


class Shared(Wire):
    """The address of a comparison that may be passed on."""

    token: str


class Health(Wire):
    """How the service is."""

    status: Literal["alive", "ready"]
