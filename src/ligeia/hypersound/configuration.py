"""Configurations of trainings: the tables of a TOML file, read on top of a named one where it says so.

A file may begin with `base = "NAME"`: what it does not state is then as in the shipped configuration of that name
(`configs/NAME.toml`), table by table, setting by setting. A file that names a network states all of its target.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from ligeia.errors import InputError
from ligeia.hypersound.augmentation import Augmentation
from ligeia.hypersound.config import HyperSoundConfig
from ligeia.hypersound.losses import LossConfig
from ligeia.hypersound.material import DataConfig
from ligeia.hypersound.noise import NoiseConfig
from ligeia.metrics.table import metrics_named
from ligeia.training.config import TrainingConfig, settings_from

MAX_BYTES = 2**20
"""Size of a configuration at most."""
FOLDER = Path(str(files("ligeia.hypersound"))) / "configs"
BASE = "base"


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """Settings of the evaluation: the table `[evaluation]`. How often it comes is `evaluations` in `[training]`.

    Raises:
        InputError: there is no such metric.
    """

    metrics: tuple[str, ...] = ("mse", "si_snr", "si_sdr", "lsd_hypersound")
    """Metrics of every evaluation (`ligeia.metrics`), means over the clips that validate."""
    final_metrics: tuple[str, ...] = ("pesq_wb", "stoi")
    """Metrics of the finished model; those whose package is not installed are left out."""

    def __post_init__(self) -> None:
        if self.metrics or self.final_metrics:
            metrics_named((*self.metrics, *self.final_metrics))


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a training: one table of the file for each field."""

    model: HyperSoundConfig
    loss: LossConfig = field(default_factory=LossConfig)
    data: DataConfig
    augmentation: Augmentation = field(default_factory=Augmentation)
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)

    def __post_init__(self) -> None:
        size, half = max(self.loss.sizes), self.model.samples
        if self.loss.spectral > 0 and size // 2 >= half:
            raise InputError(f"sizes in [loss]: a transform of {size} does not fit in segments of {half} samples")

    def on(self, folder: Path | None) -> "Configuration":
        """Return the configuration for another folder of recordings; None changes nothing."""
        return self if folder is None else replace(self, data=replace(self.data, folder=folder))


def configuration_names() -> list[str]:
    """Return the names of the shipped configurations."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def configuration_path(config: str) -> Path:
    """Return the file of a configuration: that of this path, or the shipped one of this name."""
    return FOLDER / f"{config}.toml" if not Path(config).is_file() and config in configuration_names() else Path(config)


def named(name: str) -> Configuration:
    """Return the shipped configuration of a name.

    Raises:
        InputError: there is none of this name.

    Example:
        >>> named("paper").training.steps
        1562500
    """
    return read_configuration(_file_of(name))


def read_configuration(path: Path) -> Configuration:
    """Read the configuration of a training.

    Raises:
        InputError: it cannot be read, a table or setting is unknown, missing or out of range.
    """
    tables, known = _tables(path), {item.name for item in fields(Configuration)}
    unknown = tables.keys() - known
    if unknown:
        raise InputError(f"{path}: unknown table {min(unknown)!r}; there are: {', '.join(sorted(known))}")
    kinds: dict[str, type[Any]] = {
        "model": HyperSoundConfig,
        "loss": LossConfig,
        "data": DataConfig,
        "augmentation": Augmentation,
        "noise": NoiseConfig,
        "training": TrainingConfig,
        "evaluation": EvaluationConfig,
    }
    return Configuration(
        **{name: settings_from(kind, tables.get(name, {}), f"{path} [{name}]") for name, kind in kinds.items()}
    )


def _file_of(name: str) -> Path:
    if name not in configuration_names():
        raise InputError(f"unknown configuration {name!r}; there are: {', '.join(configuration_names())}")
    return FOLDER / f"{name}.toml"


def _tables(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return the tables of a file, merged with those of its base."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is not a configuration: it has {path.stat().st_size} bytes")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        near = get_close_matches(str(path), configuration_names(), n=1) if isinstance(error, FileNotFoundError) else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(f"cannot read the configuration {path}: {reason}{hint}") from error
    base = content.pop(BASE, None)
    if base is None:
        return content
    if not isinstance(base, str):
        raise InputError(f"{path}: base must be the name of a configuration, got {base!r}")
    if path in above:
        raise InputError(f"{path} is its own base")
    below = _tables(_file_of(base), (*above, path))
    if "network" in content.get("model", {}):  # whose fields are others
        below.get("model", {}).pop("target", None)
    return _merged(below, content)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return tables in which the settings of `above` replace those of `below`."""
    merged = dict(below)
    for name, value in above.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if nested else value
    return merged
