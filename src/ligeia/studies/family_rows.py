"""Rows of the studies of families of sounds: train a configuration, and score what it makes of the sounds it learned.

As the thesis does, reconstructions of the sounds of the training are scored, each by itself, at their own levels. Where
there are no recordings the sounds are made ones, and the row says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from math import isfinite
from statistics import mean
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.errors import FitError, InputError, needs_extra
from ligeia.metrics.score import score
from ligeia.records.journal import Row
from ligeia.studies.family_setups import Changes, family_configuration
from ligeia.studies.hypersound_rows import made_folder, memory_folder
from ligeia.studies.study import Cell

if TYPE_CHECKING:
    from ligeia.latent.configuration import Configuration
    from ligeia.latent.decoders.decoder import Decoder
    from ligeia.latent.learning import LearnedFamily
    from ligeia.latent.material import DataSettings, Material

Samples = NDArray[np.float32]
METRICS = ("mse", "snr", "si_snr", "csig_unclipped", "multi_stft_mse", "lsd_thesis")
"""Metrics of every sound."""
LISTENED = 4
"""Sounds that CDPAM, which takes seconds for each, listens to in the first seed's rows: every n-th."""
SHOWN = 200
"""Samples of the first sound that a row keeps to be drawn (Zuiderveld 2021, Figures 6.1 to 6.3)."""
REFERENCES = ("silence", "white noise")
"""Rows that nothing is learned for."""


@dataclass(frozen=True, kw_only=True)
class FamilyConfig:
    """Setups, data sets, seeds and size of a study of families."""

    setups: tuple[str, ...]
    """Rows, by name in `family_setups.SETUPS`."""
    data: tuple[str, ...] = ("keyboard", "keywords", "diverse")
    """Data sets."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Every setup is trained with each."""
    references: tuple[str, ...] = REFERENCES
    """Estimates that nothing is learned for, beside them."""
    protocol: str = "laptop"
    """"laptop" or "paper": which configurations."""
    times: float = 1.0
    """Steps, as a multiple of those of the configuration."""
    metrics: tuple[str, ...] = METRICS
    """Metrics of every sound."""
    listened: int = LISTENED
    """Notes that CDPAM listens to, where it is installed; the thesis does not use it for words."""
    changes: tuple[tuple[str, str, Any], ...] = ()
    """Changes of all configurations: table, setting, value."""


SELECTING = frozenset({"setups", "data", "seeds", "references"})
"""Fields that only say which rows there are."""


def family_cells(config: FamilyConfig) -> list[Cell]:
    """Return one seed of every setup on the first data set, then on the second; then the other seeds; then the rest."""
    references = [{"setup": name, "data": data, "seed": 0} for data in config.data for name in config.references]
    first, rest = config.data[:2], config.data[2:]
    order = [(data, seed) for seed in config.seeds for data in first] + [
        (data, seed) for seed in config.seeds for data in rest
    ]
    return references + [
        {"setup": setup, "data": data, "seed": seed} for data, seed in order for setup in config.setups
    ]


def family_row(config: FamilyConfig, cell: Cell) -> Row:
    """Train one setup on one data set with one seed, and score its reconstructions."""
    name, data, seed = cell["setup"], cell["data"], cell["seed"]
    changes = _tables(config.changes)
    if name in REFERENCES:
        made, recorded = with_recordings(family_configuration("pi_gan", data, size=config.protocol, changes=changes))
        return {"sounds": recorded, **_reference(name, made, config)}
    setting = family_configuration(name, data, size=config.protocol, seed=seed, times=config.times, changes=changes)
    setting, recorded = with_recordings(setting)
    first = seed == 0
    listening = config if first else replace(config, listened=0)
    return {"sounds": recorded, **trained(setting, listening, shown=first)}


def _tables(changes: Iterable[tuple[str, str, Any]]) -> Changes:
    tables: dict[str, dict[str, Any]] = {}
    for table, name, value in changes:
        tables.setdefault(table, {})[name] = value
    return tables


def trained(setting: "Configuration", config: FamilyConfig, *, shown: bool = True) -> Row:
    """Train a configuration, and return counts, seconds, curve and metrics; a run that diverged says "diverged".

    Raises:
        MissingExtra: torch is not installed.
        InputError: there are not enough recordings.
    """
    with needs_extra("torch", "torch"):
        from ligeia.latent.learning import learn
    facts: Row = {
        "parameters": setting.decoder.numbers(setting.data.samples),
        "learning_rate": setting.training.learning_rates[0],
        "diverged": None,
    }
    try:
        learned = learn(setting, folder=memory_folder() / _digest(setting), resume=True)
    except FitError as error:
        return facts | {"diverged": " ".join(str(error).split()), "metrics": {}, "curve": []}
    waveforms, estimates = learned.material.waveforms, reconstructions(learned)
    row = facts | {
        "encoder": sum(value.numel() for name, value in learned.weights.items() if name.startswith("encoder.")),
        "steps": learned.steps,
        "fit_seconds": learned.seconds,
        "items": len(waveforms),
        "metrics": sound_metrics(waveforms, estimates, setting.data, config),
        "curve": [{"step": point["step"], "mse": point["mse"]} for point in learned.curve if "mse" in point],
    }
    return row | {"wave": _wave(learned.material, estimates)} if shown else row


def decoder_of(learned: "LearnedFamily") -> "Decoder":
    """Return the decoder of a family, with what it has learned."""
    from ligeia.latent.decoders import decoder_kind

    settings, prefix = learned.config.decoder, "decoder."
    decoder = decoder_kind(settings.kind)(settings, learned.config.data.samples)
    state = {name.removeprefix(prefix): value for name, value in learned.weights.items() if name.startswith(prefix)}
    decoder.load_state_dict(state)
    decoder.unmask(1.0)
    return decoder


def reconstructions(learned: "LearnedFamily") -> Samples:
    """Return what a family makes of its own codes, `[items, samples]`."""
    import torch

    from ligeia.latent.decoders.decoder import grid

    decoder, times = decoder_of(learned), grid(learned.config.data.samples)
    with torch.no_grad():
        made = [decoder(part, times).float() for part in torch.split(learned.codes, 8)]
    estimates: Samples = torch.cat(made).numpy()
    return estimates


def sound_metrics(
    waveforms: Samples, estimates: Samples, data: "DataSettings", config: FamilyConfig
) -> dict[str, float | None]:
    """Return means of metrics over sounds `[items, samples]`, of those for which they are defined; None for none."""
    found: dict[str, list[float]] = {name: [] for name in config.metrics}
    listened: range = range(0)
    if config.listened and data.selection != "keywords":
        listened = range(0, len(waveforms), max(len(waveforms) // config.listened, 1))
    judge = "cdpam" if listened and find_spec("cdpam") is not None else ""
    if judge:
        found[judge] = []
    for number, (true, made) in enumerate(zip(waveforms, estimates, strict=True)):
        names = (*config.metrics, judge) if judge and number in listened else config.metrics
        scores = score(
            reference=Audio(true[None], data.rate), estimate=Audio(made[None], data.rate), metrics=names, align=False
        )
        for name in names:
            if isfinite(scores[name]):
                found[name].append(scores[name])
    return {name: mean(values) if values else None for name, values in found.items()}


def _reference(name: str, setting: "Configuration", config: FamilyConfig) -> Row:
    from ligeia.latent.material import read_material

    waveforms = read_material(setting.data).waveforms
    estimates = np.zeros_like(waveforms)
    if name != "silence":
        estimates = np.random.default_rng(0).standard_normal(waveforms.shape, np.float32)
    metrics = sound_metrics(waveforms, estimates, setting.data, config)
    return {"parameters": None, "diverged": None, "items": len(waveforms), "metrics": metrics, "curve": []}


def _wave(material: "Material", estimates: Samples) -> Row:
    """Return the beginning of the sound that is loudest there, and of its reconstruction."""
    begin = material.waveforms[:, :SHOWN]
    number = int(np.square(begin, dtype=np.float64).sum(axis=1).argmax())
    waves = {"true": begin[number], "made": estimates[number, :SHOWN]}
    rounded = {name: [round(float(value), 4) for value in wave] for name, wave in waves.items()}
    return {"sound": material.items[number].name, "rate": material.rate, **rounded}


def _digest(setting: "Configuration") -> str:
    same = replace(setting, data=replace(setting.data, folder=None))
    return sha256(f"family {version('ligeia')} {setting.data.found_folder()} {same!r}".encode()).hexdigest()[:24]


def with_recordings(setting: "Configuration") -> tuple["Configuration", str]:
    """Return the configuration, for made sounds where there are no recordings, and "recorded" or "made"."""
    from ligeia.latent.material import chosen

    try:
        chosen(setting.data)
    except InputError:
        made = type(setting.data)(
            folder=made_folder(), items=setting.data.items, seconds=setting.data.seconds, rate=setting.data.rate
        )
        return replace(setting, data=made), "made"
    return setting, "recorded"
