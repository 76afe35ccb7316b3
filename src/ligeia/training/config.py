"""Settings of a training run, and reading them from TOML."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from time import monotonic, process_time
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ligeia.arguments import check_fields
from ligeia.errors import InputError, SettingsError

MAX_STEPS = 10_000_000
Settings = TypeVar("Settings")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Settings of the loop: budget, optimiser, schedules, precision, device.

    Raises:
        TypeError: a setting is of another type.
        SettingsError: a setting is out of range.
    """

    steps: int = 10_000
    """Optimiser steps."""
    seconds: float | None = None
    """Budget in seconds; the schedule then follows the clock where that is sooner."""
    clock: Literal["wall", "processor"] = "wall"
    """Clock for seconds: that on the wall; or the time that processors spent on this process, all threads together,
    which does not depend on what else the machine does."""
    optimiser: str = "adam"
    """Name of the optimiser (`optimisers.OPTIMISERS`)."""
    learning_rates: tuple[float, ...] = (1e-3,)
    """Peak learning rate of each group of parameters of the objective; one alone holds for all."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay rates of Adam's moments; the first is the momentum of SGD."""
    weight_decay: float = 0.0
    """Coupled L2 penalty, as PyTorch's Adam applies it: lambda of lambda/2 |W|^2; decoupled with "adamw"."""
    decay_schedule: Literal["constant", "linear"] = "constant"
    """The penalty stays, or falls linearly from `weight_decay` to 0 over the first `decay_until` of the run."""
    decay_until: float = 1.0
    """Part of the run after which a linear penalty is 0 (Zuiderveld 2021: 0.5)."""
    clip_gradient: float | None = None
    """Largest norm of the gradient (objectives may clip by parts, as fits do by block); None: any."""
    schedule: Literal["one_cycle", "constant", "staircase", "cosine", "plateau"] = "one_cycle"
    """Learning rates: cosine up over `warmup` and down to zero; constant; 1 % less after every 20 steps; cosine from
    the start; or times `plateau_factor` after `plateau_patience` evaluations, or steps, without progress."""
    warmup: float = 0.1
    """Part of the run in which the one-cycle schedule rises."""
    warmup_steps: int = 0
    """Steps over which the learning rates of any schedule first rise linearly."""
    plateau_factor: float = 0.5
    """Factor on the learning rates at a plateau."""
    plateau_patience: int = 5
    """Evaluations (or steps) without progress that make a plateau."""
    plateau_of: Literal["evaluations", "steps"] = "evaluations"
    """Measure of progress: the objective's score at each evaluation, or the loss of each step."""
    plateau_threshold: float = 0.0
    """Part by which a score must lie below the best one to be progress (PyTorch's ReduceLROnPlateau: 1e-4)."""
    ema: float | None = None
    """Decay of an exponential moving average of the weights, which is then what is evaluated and kept; None: none."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "float32"
    """Autocast to this type, float16 with a gradient scaler; "auto": bfloat16 where the machine is fast in it."""
    evaluations: int = 10
    """Evaluations, evenly over the budget; the last one is at the end."""
    log_every: int = 100
    """Steps from one row of the curve to the next."""
    save_seconds: float = 20.0
    """Seconds from one checkpoint to the next."""
    device: str = "auto"
    """"auto", "cpu" or "cuda"."""
    threads: int | None = None
    """Threads for the products; None: PyTorch's own choice."""
    seed: int = 0
    """Start of the random numbers; the same seed on the same machine gives the same bytes."""

    SCHEDULES: ClassVar[tuple[str, ...]] = ("one_cycle", "constant", "staircase", "cosine", "plateau")
    PRECISIONS: ClassVar[tuple[str, ...]] = ("auto", "float32", "bfloat16", "float16")

    def __post_init__(self) -> None:
        check_fields(self)
        require(1 <= self.steps <= MAX_STEPS, f"steps must lie between 1 and {MAX_STEPS}, got {self.steps}")
        require(
            self.seconds is None or 0 < self.seconds < float("inf"),
            f"the time budget must be a positive number of seconds, got {self.seconds}",
        )
        require(
            len(self.learning_rates) > 0 and all(0 <= rate < 1e3 for rate in self.learning_rates),
            f"learning_rates must lie between 0 and 1000, got {self.learning_rates}",
        )
        require(all(0 <= beta < 1 for beta in self.betas), f"betas must lie in [0, 1), got {self.betas}")
        require(0 <= self.weight_decay < 1e3, f"weight_decay must lie between 0 and 1000, got {self.weight_decay}")
        require_choice("clock", self.clock, ("wall", "processor"))
        require_choice("decay_schedule", self.decay_schedule, ("constant", "linear"))
        require_choice("schedule", self.schedule, self.SCHEDULES)
        require_choice("precision", self.precision, self.PRECISIONS)
        require(0 < self.decay_until <= 1, f"decay_until must lie above 0, and at most at 1, got {self.decay_until}")
        require(
            self.clip_gradient is None or 0 < self.clip_gradient < float("inf"),
            f"clip_gradient must be a positive number, got {self.clip_gradient}",
        )
        require(0 <= self.warmup <= 1, f"warmup must lie between 0 and 1, got {self.warmup}")
        require(self.warmup_steps >= 0, f"warmup_steps must be at least 0, got {self.warmup_steps}")
        require(0 < self.plateau_factor < 1, f"plateau_factor must lie between 0 and 1, got {self.plateau_factor}")
        require(self.plateau_patience >= 1, f"plateau_patience must be at least 1, got {self.plateau_patience}")
        require_choice("plateau_of", self.plateau_of, ("evaluations", "steps"))
        require(0 <= self.plateau_threshold < 1, f"plateau_threshold must lie in [0, 1), got {self.plateau_threshold}")
        require(self.ema is None or 0 < self.ema < 1, f"ema must lie between 0 and 1, got {self.ema}")
        require(self.evaluations >= 0, f"evaluations must be at least 0, got {self.evaluations}")
        require(self.log_every >= 1, f"log_every must be at least 1, got {self.log_every}")
        require(self.save_seconds >= 0, f"save_seconds must be at least 0, got {self.save_seconds}")
        require(self.threads is None or self.threads >= 1, f"threads must be at least 1, got {self.threads}")
        require(-(2**63) <= self.seed < 2**63, f"seed must be a 64-bit integer, got {self.seed}")

    def now(self) -> float:
        """Seconds on the clock that the budget goes by, from some start."""
        return process_time() if self.clock == "processor" else monotonic()


def require(condition: bool, message: str) -> None:
    """Raise `SettingsError` with the message unless the condition holds."""
    if not condition:
        raise SettingsError(message)


def require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `SettingsError` unless the value of a setting is one of a few words."""
    require(value in choices, f"{name} must be one of {', '.join(choices)}, got {value!r}")


def read_settings(path: Path | str, **tables: type) -> dict[str, Any]:
    """Read a TOML file whose tables are the given dataclasses; a missing table has its defaults.

    Raises:
        InputError: the file cannot be read, or holds an unknown table or setting, or a value of another type.

    Example:
        `read_settings("contexts.toml", training=TrainingConfig, contexts=Contexts)["training"].steps`
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}") from error
    _check_names(content, tables, f"{path}: table")
    return {name: settings_from(kind, content.get(name, {}), f"{path} [{name}]") for name, kind in tables.items()}


def settings_from(kind: type[Settings], table: object, place: str) -> Settings:
    """Make the dataclass `kind` of a table of plain values; `place` begins the messages.

    Raises:
        InputError: a setting is unknown, missing, of another type, or out of range.
    """
    if not isinstance(table, Mapping):
        raise InputError(f"{place} is not a table")
    allowed = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    _check_names(table, allowed, f"{place}: setting")
    hints = get_type_hints(kind)
    values = {name: _converted(value, hints[name], f"{place}: {name}") for name, value in table.items()}
    missing = [name for name, field in allowed.items() if field.default is MISSING and field.default_factory is MISSING]
    if missing := [name for name in missing if name not in values]:
        raise InputError(f"{place}: {missing[0]} is missing")
    try:
        return kind(**values)
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def _check_names(names: Iterable[str], allowed: Mapping[str, Any], kind: str) -> None:
    for name in names:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(allowed)}"
            raise InputError(f"{kind} {name!r} is unknown; {hint}")


def _converted(value: Any, hint: Any, place: str) -> Any:
    """`value` as the type that `hint` says: lists become tuples, whole numbers floats, strings paths."""
    choices = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for choice in choices:
        kind, members = get_origin(choice) or choice, get_args(choice)
        if kind is Literal and value in members:
            return value
        if kind is tuple and isinstance(value, list):
            member_hints = members[:1] * len(value) if members[1:] == (...,) else members
            if len(member_hints) == len(value):
                return tuple(
                    _converted(entry, member, place) for entry, member in zip(value, member_hints, strict=True)
                )
        if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if kind is Path and isinstance(value, str):
            return Path(value)
        if kind in (int, str, bool, dict) and type(value) is kind:
            return value
    names = [getattr(choice, "__name__", str(choice)) for choice in choices if choice is not NoneType]
    raise InputError(f"{place} must be of type {' or '.join(names)}, got {value!r}")
