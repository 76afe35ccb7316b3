"""How good are written functions at each compression ratio? (HyperSound 2023, sections 4.2 to 4.4, Table 2)

FMLP over the compression ratio (samples per number), SIREN over its frequencies, and one network fitted to each clip as
the upper bound. Beside them what needs no learning: the closed form of windowed sines with as many numbers, places of
coefficients counted, which is exact where there are as many numbers as samples. "improved" writes a SIREN as Ligeia's
own recipe designs it, the first layer of which is fixed and costs no numbers.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.dsp.mdct import inverse_mdct, mdct, window_sequence
from ligeia.fitting.recipes import recipe_named
from ligeia.networks.lapped import Lapped
from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.closed_forms import FORMS, Plane, closed_form
from ligeia.studies.fits import fitted
from ligeia.studies.hypersound_rows import (
    COUNTS,
    METRICS,
    Samples,
    clip_metrics,
    long_metrics,
    loss_curves,
    over_seeds,
    trained,
    validation_clips,
)
from ligeia.studies.hypersound_scale import Scale, row, with_network
from ligeia.studies.study import Cell, Chart, Study

if TYPE_CHECKING:
    from ligeia.hypersound.configuration import Configuration

PUBLISHED = {
    "fmlp 10": "0.013 / 1.80 / -0.25 / 1.14 / 0.71",
    "fmlp 4": "0.011 / 1.80 / 1.27 / 1.17 / 0.73",
    "fmlp 2": "0.011 / 1.73 / 2.74 / 1.21 / 0.75",
    "fmlp 1": "0.009 / 1.61 / 2.99 / 1.27 / 0.76",
    "fmlp 0.5": "0.009 / 1.53 / 4.13 / 1.34 / 0.78",
    "fmlp 0.125": "0.007 / 1.50 / 4.48 / 1.42 / 0.80",
    "siren 30 30": "0.020 / 4.14 / -4.82 / 1.18 / 0.66",
    "siren 100 30": "0.018 / 3.56 / -3.66 / 1.19 / 0.65",
    "siren 500 30": "0.033 / 2.52 / -17.59 / 1.18 / 0.65",
    "siren 1000 30": "0.036 / 2.50 / -22.63 / 1.19 / 0.66",
    "siren 2000 30": "0.037 / 2.59 / -23.93 / 1.19 / 0.67",
    "siren 2000 100": "0.036 / 1.63 / -22.11 / 1.18 / 0.67",
    "alone fmlp": "0.001 / 1.39 / 17.19 / 2.31 / 0.95",
    "alone siren": "< 0.001 / 1.40 / 27.53 / 3.05 / 0.97",
}
"""MSE / LSD / SI-SNR / PESQ-WB / STOI as printed in Table 2, CDPAM left out."""
FEWER = tuple(form for form in FORMS if form != "all coefficients")
"""Closed forms with fewer numbers than samples."""
SHOWN_DB = (-6.0, 60.0)
"""Limits of SNR in the chart."""
OURS = "siren"
"""The network that "improved" writes."""
BEFORE_CDPAM = "published MSE / LSD / SI-SNR / PESQ / STOI"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Rows of Table 2, and what is measured beside them."""

    ratios: tuple[float, ...] = (10, 4, 2, 1, 0.5, 0.125)
    """Compression ratios of FMLP."""
    omegas: tuple[tuple[int, int], ...] = ((30, 30), (100, 30), (500, 30), (1000, 30), (2000, 30), (2000, 100))
    """Frequencies of SIREN, at the paper's hundredth of FMLP's learning rate."""
    faster: tuple[tuple[int, int], ...] = ()
    """Frequencies that are also trained at FMLP's own learning rate."""
    improved: tuple[float, ...] = ()
    """Ratios at which Ligeia's own network is written, with FMLP's learning rate."""
    closed: tuple[float, ...] = (10, 4, 2, 1)
    """Ratios of the closed form."""
    alone: tuple[str, ...] = ()
    """Networks that are fitted to each clip alone."""
    alone_steps: int = 3000
    """Steps of these, at the learning rate of the scale on a cosine."""
    frame_sizes: tuple[int, ...] = (256, 512, 1024, 2048)
    """Frames of the closed form in samples; the best one is taken for each clip."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Each row is trained with each."""
    scale: Scale | None = None
    """None: as published."""


CONFIG = {
    "laptop": Config(
        ratios=(4, 2, 1, 0.5),
        omegas=((2000, 30),),
        faster=((2000, 30),),
        improved=(4, 1),
        closed=(4, 2, 1),
        alone=("fmlp", "siren"),
        frame_sizes=(32, 64, 128),
        scale=Scale(),
    ),
    "paper": Config(seeds=(0,)),
}


def cells(config: Config) -> list[Cell]:
    """Return what needs no learning, then the rows of Table 2 seed by seed."""
    once: list[Cell] = [{"kind": "closed", "ratio": ratio} for ratio in config.closed]
    once += [{"kind": "alone", "network": name} for name in config.alone]
    learned: list[Cell] = [{"kind": "fmlp", "ratio": ratio} for ratio in config.ratios]
    learned += [{"kind": "improved", "ratio": ratio} for ratio in config.improved]
    learned += [{"kind": "siren", "omegas": list(pair), "rate": 1} for pair in config.omegas]
    learned += [{"kind": "siren", "omegas": list(pair), "rate": 100} for pair in config.faster]
    return once + [cell | {"seed": seed} for seed in config.seeds for cell in learned]


def measure(config: Config, cell: Cell) -> Row:
    """Train, fit or solve one row."""
    kind, scale = cell["kind"], config.scale
    if kind == "closed":
        return _closed(config, row("table_2_fmlp_cr_1", scale), cell["ratio"])
    if kind == "alone":
        return _alone(config, cell["network"])
    if kind == "siren":
        first, hidden = cell["omegas"]
        made = row(f"table_2_siren_{first}_{hidden}", scale, seed=cell["seed"], rate=cell["rate"])
        return trained(made, listen=cell["seed"] == config.seeds[0])
    made = row(f"table_2_fmlp_cr_{cell['ratio']:g}", scale, seed=cell["seed"])
    made = with_network(made, OURS) if kind == "improved" else made
    return trained(made, listen=cell["seed"] == config.seeds[0])


# --- without learning -----------------------------------------------------------------------------------


def _closed(config: Config, made: "Configuration", ratio: float) -> Row:
    """Return the row of the best closed form with samples / ratio numbers for each clip."""
    clips, made, recorded = validation_clips(made)
    numbers = round(made.model.samples / ratio)
    best: tuple[float, str, Samples] = (np.inf, "", clips)
    for form in FORMS if numbers >= made.model.samples else FEWER:
        estimates = np.stack([_solved(clip, form, numbers, config.frame_sizes) for clip in clips])
        error = float(np.square(estimates - clips, dtype=np.float64).mean())
        best = min(best, (error, form, estimates), key=lambda each: each[0])
    _, form, estimates = best

    def reconstruct(others: Samples) -> Samples:
        return np.stack([_solved(clip, form, numbers, config.frame_sizes) for clip in others])

    metrics = clip_metrics(clips, estimates, made.model.rate) | long_metrics(reconstruct, made)
    return {"sounds": recorded, "written": numbers, "form": form, "clips": len(clips), "metrics": metrics}


def _solved(clip: Samples, form: str, numbers: int, frame_sizes: tuple[int, ...]) -> Samples:
    """Return the closed form of a clip `[n]` with at most so many numbers, with the best frames."""
    planes = [_plane(clip, size) for size in frame_sizes if len(clip) % size == 0]
    return closed_form(form, clip, numbers, planes).estimate


def _plane(clip: Samples, size: int) -> Plane:
    spec = Lapped(frame_size=size, frames=len(clip) // size)
    windows = window_sequence(spec, np.zeros((1, spec.frames), np.int64))
    coefficients = mdct(clip.reshape(1, -1, size), windows)[0]
    return Plane(coefficients, lambda kept: inverse_mdct(kept[None], windows).ravel(), str(size))


def _alone(config: Config, network: str) -> Row:
    """Return the row of a network that is fitted to each of the validation's clips alone, all of them at once."""
    name = "table_2_fmlp_cr_1" if network == "fmlp" else "table_2_siren_2000_30"
    clips, made, recorded = validation_clips(row(name, config.scale))
    spec, rate = made.model.spec(), made.model.rate
    recipe = replace(recipe_named(f"hypersound-{network}"), block_seconds=made.model.samples / rate)
    step = config.scale.learning_rate if config.scale else 1e-4
    settings: dict[str, Any] = {"steps": config.alone_steps, "learning_rates": (step,) * 3, "schedule": "cosine"}
    inr = fitted(Audio(clips.reshape(1, -1), rate), recipe, spec=spec, **settings)
    estimates = inr.render().samples.reshape(clips.shape)
    return {
        "sounds": recorded,
        "written": spec.parameters,
        "steps": inr.report["steps"],
        "fit_seconds": inr.report["seconds"],
        "learning_rate": step,
        "clips": len(clips),
        "metrics": clip_metrics(clips, estimates, rate),
    }


# --- the answer -----------------------------------------------------------------------------------------


def name_of(row: Row) -> str:
    """Return the name of a line."""
    cell = row["cell"]
    if cell["kind"] == "siren":
        first, hidden = cell["omegas"]
        return f"SIREN, omega {first} and {hidden}" + (", rate x 100" if cell["rate"] > 1 else "")
    if cell["kind"] == "alone":
        return f"one {cell['network'].upper()} for each clip"
    names = {"fmlp": "FMLP", "improved": "improved", "closed": "closed form"}
    return f"{names[cell['kind']]}, {cell['ratio']:g} x"


def _published(row: Row) -> str | None:
    cell = row["cell"]
    keys = {
        "fmlp": f"fmlp {cell.get('ratio', 0):g}",
        "alone": f"alone {cell.get('network')}",
        "siren": f"siren {' '.join(map(str, cell.get('omegas', [])))}" if cell.get("rate") == 1 else "",
    }
    return PUBLISHED.get(keys.get(cell["kind"], ""))


def _family(row: Row) -> str:
    cell = row["cell"]
    return {"fmlp": "FMLP", "improved": "improved", "closed": "closed form"}.get(cell["kind"], name_of(row))


def _shown(rows: list[Row]) -> list[Row]:
    """Return the points of the chart: neither the exact ones nor those that diverged, beside which all others agree."""
    low, high = SHOWN_DB
    return [line for line in over_seeds(rows) if low < (line["metrics"]["snr"] or low) < high]


STUDY = Study(
    name="hypersound_compression",
    question="how good are written functions at each compression ratio?",
    source="HyperSound 2023, sections 4.2 to 4.4, Table 2",
    sizes=CONFIG,
    selecting=frozenset({"ratios", "omegas", "faster", "improved", "closed", "alone", "seeds"}),
    cells=cells,
    measure=measure,
    lines=over_seeds,
    columns=(Column("row", name_of), *COUNTS, *METRICS, Column(BEFORE_CDPAM, _published, published=True)),
    figures=(
        Chart(
            "numbers",
            _family,
            x=Column("numbers written for a clip", "written"),
            y=Column("SNR of all clips in dB", "metrics.snr"),
            rows=_shown,
        ),
        loss_curves(name_of),
    ),
)
