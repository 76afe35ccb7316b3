"""Configurations of trainings: the tables of a TOML file, on top of a shipped one (`training.configurations`).

A file that names a network states all of its target.
"""

from dataclasses import dataclass, field, fields, replace
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
from ligeia.training.configurations import Configurations, Tables, check_tables


def _drop_target(below: Tables, above: Tables) -> None:
    """Drop the target of the base where another network is named, whose fields are others."""
    if "network" in above.get("model", {}):
        below.get("model", {}).pop("target", None)


SHIPPED = Configurations(Path(str(files("ligeia.hypersound"))) / "configs", _drop_target)


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
    return SHIPPED.names()


def configuration_path(config: str) -> Path:
    """Return the file of a configuration: that of this path, or the shipped one of this name."""
    return SHIPPED.path(config)


def named(name: str) -> Configuration:
    """Return the shipped configuration of a name.

    Raises:
        InputError: there is none of this name.

    Example:
        >>> named("paper").training.steps
        1562500
    """
    return read_configuration(SHIPPED.file_of(name))


def read_configuration(path: Path) -> Configuration:
    """Read the configuration of a training.

    Raises:
        InputError: it cannot be read, a table or setting is unknown, missing or out of range.
    """
    tables = SHIPPED.tables(path)
    check_tables(tables, {item.name for item in fields(Configuration)}, path)
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
