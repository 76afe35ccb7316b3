"""Configurations of families: the tables of a TOML file, on top of shipped ones (`training.configurations`).

A file that names another kind of decoder states all of its settings. Several names joined by "+", such as
"wide+keywords", stand for the first configuration with the settings of the others on top of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from ligeia.codec.family.settings import DecoderSettings
from ligeia.errors import InputError
from ligeia.latent.codes import CodeSettings
from ligeia.latent.decoders import decoder_kind
from ligeia.latent.encoder import EncoderSettings
from ligeia.latent.losses import LossSettings
from ligeia.latent.material import DataSettings
from ligeia.training.config import TrainingConfig, require, require_choice, settings_from
from ligeia.training.configurations import JOINT, Configurations, Tables, check_tables

KIND = "kind"


def _drop_decoder(below: Tables, above: Tables) -> None:
    """Drop the decoder of the base where another kind is named, whose settings are others."""
    named = above.get("decoder", {}).get(KIND)
    if named is not None and named != below.get("decoder", {}).get(KIND):
        below.pop("decoder", None)


SHIPPED = Configurations(Path(str(files("ligeia.latent"))) / "configs", _drop_decoder)


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """Settings of the evaluation: the table `[evaluation]`. How often it comes is `evaluations` in `[training]`.

    Raises:
        InputError: a setting is out of range.
    """

    items: int = 64
    """Sounds that are reconstructed whole for an evaluation, the first ones; 0: all."""
    keep: str = "last"
    """The weights that are kept: the last ones, as in the thesis, or those of the "best" evaluation."""

    def __post_init__(self) -> None:
        require(0 <= self.items <= 2**20, f"items must lie between 0 and {2**20}, got {self.items}")
        require_choice("keep", self.keep, ("last", "best"))


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a training: one table of the file for each field.

    Raises:
        InputError: settings of several tables do not go together.
    """

    data: DataSettings = field(default_factory=DataSettings)
    decoder: DecoderSettings
    codes: CodeSettings = field(default_factory=CodeSettings)
    encoder: EncoderSettings = field(default_factory=EncoderSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)

    def __post_init__(self) -> None:
        samples = self.data.samples
        require(
            self.loss.points <= samples,
            f"points in [loss] must be at most the {samples} samples of a sound, got {self.loss.points}; 0 means all",
        )
        require(
            self.training.precision != "float16",
            'precision in [training] cannot be "float16", as codes take steps of their own; use "bfloat16"',
        )
        require(
            self.data.items is None or self.codes.batch <= self.data.items,
            f"batch in [codes] must be at most the {self.data.items} items in [data], got {self.codes.batch}",
        )

    def on(self, folder: Path | None) -> "Configuration":
        """Return the configuration for another folder of recordings; None changes nothing."""
        return self if folder is None else replace(self, data=replace(self.data, folder=folder))


def configuration_names() -> list[str]:
    """Return the names of the shipped configurations."""
    return SHIPPED.names()


def configuration_path(name: str) -> Path:
    """Return the file of a configuration: that of this path, or the shipped one of this name."""
    return SHIPPED.path(name)


def named(name: str, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Configuration:
    """Return the shipped configuration of a name, or of several joined by "+", with changes table by table.

    A change to None takes a setting back to its default.

    Raises:
        InputError: there is none of this name, or a change is not valid.

    Example:
        >>> named("paper", {"training": {"steps": 10}}).training.steps
        10
    """
    tables = SHIPPED.merged(SHIPPED.joined(name), _plain(changes or {}))
    stated = {table: {key: value for key, value in rows.items() if value is not None} for table, rows in tables.items()}
    return _configuration(stated, name)


def read_configuration(path: Path) -> Configuration:
    """Read the configuration of a training: a file, or shipped names joined by "+".

    Raises:
        InputError: it cannot be read, a table or setting is unknown, missing or out of range.
    """
    if JOINT in str(path) and not path.is_file():
        return named(str(path))
    return _configuration(SHIPPED.tables(path), str(path))


def _configuration(tables: Tables, place: str) -> Configuration:
    """Return the configuration that tables state."""
    kinds: dict[str, type[Any]] = {
        "data": DataSettings,
        "codes": CodeSettings,
        "encoder": EncoderSettings,
        "loss": LossSettings,
        "training": TrainingConfig,
        "evaluation": EvaluationSettings,
    }
    check_tables(tables, {item.name for item in fields(Configuration)}, place)
    read = {name: settings_from(kind, tables.get(name, {}), f"{place} [{name}]") for name, kind in kinds.items()}
    return Configuration(decoder=_decoder(tables.get("decoder", {}), f"{place} [decoder]"), **read)


def _decoder(table: object, place: str) -> DecoderSettings:
    if not isinstance(table, Mapping) or not isinstance(table.get(KIND), str):
        raise InputError(f"{place}: kind is missing: it names the decoder")
    rest = {name: value for name, value in table.items() if name != KIND}
    return settings_from(decoder_kind(table[KIND]).settings, rest, place)


def _plain(changes: Mapping[str, Mapping[str, Any]]) -> Tables:
    """Return changes as TOML would give them: tuples as lists."""
    return {
        table: {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
        for table, settings in changes.items()
    }
