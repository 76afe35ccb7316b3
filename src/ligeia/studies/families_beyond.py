"""Can a family of functions be free of the noise that FiLM-SIRENs add, and take in sounds it never saw?

Zuiderveld 2021 finds pi-GAN's networks of sines better than WaveGAN's decoder in squared error, and worse to a
listener: they add noise. Here remedies of the literature and the windowed-sine family (`latent.decoders.lapped`) learn
the same sounds in the same seconds on one core, with at most as many numbers as pi-GAN and codes of the same length.
Then the windowed-sine family meets sounds that it did not learn from, with at most 512 numbers a second, every number
counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean, median
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.decode import decode
from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, member_stream, one_member_layout, precision_for
from ligeia.codec.family.model import FamilyModel, with_digest
from ligeia.errors import InputError, needs_extra
from ligeia.metrics.waveform import si_snr
from ligeia.records.columns import Column, grouped
from ligeia.records.journal import Row
from ligeia.studies.beyond_setups import SETUPS, Contest, beyond_configuration, label_of, numbers_of, unseen_data
from ligeia.studies.family_rows import FamilyConfig, sound_metrics, trained, with_recordings
from ligeia.studies.hypersound_rows import over_seeds
from ligeia.studies.study import Cell, Chart, Study

if TYPE_CHECKING:
    from ligeia.latent.configuration import Configuration
    from ligeia.latent.planning import Planned

FAITHFUL = ("pi_gan", "wavegan")
CONTEST = ("cell.protocol", "cell.data", "cell.seconds", "cell.setup")
NUMBERS = {"lapped_512": 511, "lapped_256": 255}
"""Numbers of a code of windowed sines for a second of sound; the gain of a block is one more."""
ROUNDING_DB = 25.0
"""SNR between an unseen sound as the family has it, and what its stream decodes to."""
METRICS = ("mse", "snr", "si_snr", "csig_unclipped", "multi_stft_mse", "lsd_thesis", "mel_distance", "lsd_sr")
LISTENED = 16
"""Sounds that CDPAM listens to."""
GOAL_DB = 10.0


@dataclass(frozen=True, kw_only=True)
class Config:
    """Contests, and families that meet unseen sounds."""

    contests: tuple[Contest, ...] = ()
    """Setups, data and seconds of trainings on one core."""
    unseen: tuple[tuple[str, str], ...] = ()
    """Data sets and setups for sounds that are not in training."""
    metrics: tuple[str, ...] = METRICS
    """Metrics of every sound."""
    listened: int = LISTENED
    """Sounds that CDPAM listens to, where it is installed."""


def cells(config: Config) -> list[Cell]:
    """Return a cell for each training, and for each family that meets unseen sounds."""
    found: list[Cell] = [
        {"part": "learned", "protocol": contest.protocol, "data": data, "seconds": contest.seconds}
        | {"seed": seed, "setup": setup}
        for contest in config.contests
        for data in contest.data
        for seed in contest.seeds
        for setup in contest.setups
    ]
    unseen: list[Cell] = [{"part": "unseen", "data": data, "setup": setup} for data, setup in config.unseen]
    first = len(config.contests[0].setups) * len(config.contests[0].data) if config.contests else 0
    return found[:first] + unseen + found[first:]


def measure(config: Config, cell: Cell) -> Row:
    """Train one setup, and score what it makes of the sounds; those of training, or others."""
    if cell["part"] == "unseen":
        return unseen_row(cell["data"], cell["setup"])
    setting = beyond_configuration(cell["setup"], cell["data"], cell["protocol"], cell["seconds"], cell["seed"])
    judged = FamilyConfig(setups=(), metrics=config.metrics, listened=config.listened)
    setting, recorded = with_recordings(setting)
    if cell["setup"] == "lapped":
        return {"sounds": recorded, **solved(setting, judged)}
    return {"sounds": recorded, "code": setting.decoder.code, **trained(setting, judged, shown=False)}


def solved(setting: "Configuration", judged: FamilyConfig) -> Row:
    """Plan and solve a windowed-sine family with pi-GAN's budget, and return counts, seconds and metrics."""
    with needs_extra("torch", "torch"):
        import torch

        from ligeia.latent.decoders.decoder import grid
        from ligeia.latent.material import read_material
        from ligeia.latent.planning import planned
    waveforms, started = read_material(setting.data).waveforms, monotonic()
    family = planned(waveforms, numbers=numbers_of(setting), code=setting.decoder.code, seed=setting.training.seed)
    seconds = monotonic() - started
    with torch.no_grad():
        estimates = family.decoder(family.codes, grid(setting.data.samples)).numpy()
    return {
        "parameters": family.decoder.settings.numbers(setting.data.samples),
        "code": family.decoder.settings.code,
        "settings": family.decoder.settings.table(),
        "fit_seconds": seconds,
        "items": len(waveforms),
        "diverged": None,
        "metrics": sound_metrics(waveforms, estimates, setting.data, judged),
    }


def unseen_row(data: str, setup: str) -> Row:
    """Learn a family, and embed sounds that it did not learn from, one by one.

    Raises:
        InputError: there is no such setup.
    """
    with needs_extra("torch", "torch"):
        from ligeia.latent.material import read_material
        from ligeia.latent.planning import planned_for_others
    if setup not in NUMBERS:
        raise InputError(f"unknown setup {setup!r}; there are: {', '.join(NUMBERS)}")
    parts, recorded = unseen_data(data)
    learned, unseen = (read_material(part) for part in parts)
    started = monotonic()
    family = planned_for_others(learned.waveforms, code=NUMBERS[setup])
    seconds = monotonic() - started
    model = with_digest(family.model(setup, learned.rate, learned.items))
    clips = [_embedded(family, model, waveform) for waveform in unseen.waveforms]
    settings = family.decoder.settings
    return {
        "sounds": recorded,
        "parameters": settings.numbers(len(learned.waveforms[0])),
        "code": settings.code,
        "settings": settings.table(),
        "numbers_per_second": (settings.code + 1) / model.seconds,
        "items": len(learned.items),
        "fit_seconds": seconds,
        "unseen": len(clips),
        "median_db": median(clip["si_snr"] for clip in clips),
        "least_db": min(clip["si_snr"] for clip in clips),
        "share": mean(clip["si_snr"] >= GOAL_DB for clip in clips),
        "embed_seconds": median(clip["seconds"] for clip in clips),
        "longest_seconds": max(clip["seconds"] for clip in clips),
        "stream_bytes": mean(clip["bytes"] for clip in clips),
        "decoded_db": median(clip["decoded"] for clip in clips),
        "clips": [{"sound": item.name, **clip} for item, clip in zip(unseen.items, clips, strict=True)],
    }


def _embedded(family: "Planned", model: FamilyModel, waveform: NDArray[np.float32]) -> Row:
    """Return SI-SNR, seconds and bytes of one unseen sound, and the SI-SNR of what its stream decodes to."""
    import torch

    started = monotonic()
    code = family.decoder.closed_codes(torch.from_numpy(waveform[None]))
    seconds = monotonic() - started
    assert code is not None, "plans with details have no mapping network"
    members, layout = [Member(code[0].numpy())], one_member_layout(model)
    exact = member_inr(model, members, layout).render().samples[0]
    stream = member_stream(model, members, layout, precision_for(model, members, layout, rounding_db=ROUNDING_DB))
    decoded = decode(stream).render().samples[0]
    return {
        "si_snr": round(float(si_snr(reference=waveform, estimate=exact, rate=model.rate)), 2),
        "decoded": round(float(si_snr(reference=waveform, estimate=decoded, rate=model.rate)), 2),
        "seconds": round(seconds, 3),
        "bytes": len(stream),
    }


def lines(rows: list[Row]) -> list[Row]:
    """Return a line for each setup of each contest, over its seeds, and one for each family that met unseen sounds."""
    found = []
    for group in grouped([row for row in rows if row["cell"]["part"] == "learned"], *CONTEST):
        good = [row for row in group if row["diverged"] is None]
        found.append(over_seeds(good)[0] if good else group[0] | {"runs": 0, "deviations": {}, "metrics": {}})
    return found + [
        row | {"runs": 1, "deviations": {}, "metrics": {}} for row in rows if row["cell"]["part"] == "unseen"
    ]


def _measured(name: str, form: str, factor: float = 1.0) -> Callable[[Row], str | None]:
    def text(row: Row) -> str | None:
        value, deviation = row["metrics"].get(name), row["deviations"].get(name)
        if value is None:
            return None
        return f"{factor * value:{form}}" + ("" if deviation is None else f" ± {factor * deviation:{form}}")

    return text


def _contest(row: Row) -> str:
    cell = row["cell"]
    if cell["part"] == "unseen":
        return f"unseen, {cell['data']}"
    return f"{cell['protocol']}, {cell['data']}, {cell['seconds']:g} s"


def _unseen(name: str, form: str) -> Callable[[Row], str | None]:
    return lambda row: None if row.get(name) is None else format(row[name], form)


COLUMNS = (
    Column("setup", label_of),
    Column("contest", _contest),
    Column("runs", "runs"),
    Column("numbers", "parameters", ",.0f"),
    Column("code", "code", ",.0f"),
    Column("seconds", "fit_seconds", ".1f"),
    Column("steps", lambda row: row.get("steps"), ",.0f"),
    Column("MSE × 1000", _measured("mse", ".3f", 1000.0)),
    Column("SNR dB", _measured("snr", ".1f")),
    Column("SI-SNR dB", _measured("si_snr", ".1f")),
    Column("CDPAM", _measured("cdpam", ".3f")),
    Column("CSIG", _measured("csig_unclipped", ".2f")),
    Column("STFT error", _measured("multi_stft_mse", ".3f")),
    Column("LSD, thesis", _measured("lsd_thesis", ".2f")),
    Column("mel dB", _measured("mel_distance", ".1f")),
    Column("LSD, frames", _measured("lsd_sr", ".2f")),
    Column("unseen: median SI-SNR", _unseen("median_db", ".1f")),
    Column("least", _unseen("least_db", ".1f")),
    Column("share at 10 dB", _unseen("share", ".0%")),
    Column("numbers/s", _unseen("numbers_per_second", ".0f")),
    Column("embedding s", _unseen("embed_seconds", ".2f")),
    Column("longest s", _unseen("longest_seconds", ".2f")),
    Column("stream bytes", _unseen("stream_bytes", ".0f")),
    Column("decoded: median SI-SNR", _unseen("decoded_db", ".1f")),
)


def _named(row: Row) -> str:
    return f"{row['cell']['data']}, {NUMBERS[row['cell']['setup']] + 1} numbers/s"


def _ranked(rows: list[Row]) -> list[Row]:
    """Return the unseen sounds of each data set in the order of their SI-SNR, as points."""
    points = []
    for row in rows:
        ratios = sorted(clip["si_snr"] for clip in row.get("clips", ()))
        share = 100 / max(len(ratios) - 1, 1)
        points += [{"name": _named(row), "share": k * share, "si_snr": ratio} for k, ratio in enumerate(ratios)]
    return points


CLIPS = Chart(
    "unseen",
    "name",
    x=Column("sounds that are worse, in %", "share"),
    y=Column("SI-SNR in dB", "si_snr"),
    log="",
    rows=_ranked,
)
REMEDIES = tuple(name for name in SETUPS if name not in ("lapped", *FAITHFUL))
EQUAL = Contest(setups=("lapped", *FAITHFUL), seconds=30.0)
OTHERS = Contest(setups=REMEDIES, seconds=30.0, data=("keyboard",))
SECOND = Contest(setups=("lapped", *FAITHFUL), seconds=60.0, protocol="second")
LONG = Contest(setups=(*FAITHFUL, "tuned"), seconds=90.0, data=("keyboard",))
WORDS = Contest(setups=(*FAITHFUL, "tuned"), seconds=90.0, data=("keywords",))
ALL_UNSEEN = tuple((data, "lapped_512") for data in ("keyboard", "keywords", "notes", "instruments"))
CONFIG = {
    "laptop": Config(contests=(EQUAL,), unseen=ALL_UNSEEN[:2]),
    "hour": Config(
        contests=(EQUAL, SECOND, OTHERS, LONG, WORDS),
        unseen=(*ALL_UNSEEN, ("keyboard", "lapped_256"), ("keywords", "lapped_256")),
    ),
}
"""The laptop's are the first cells of the other's."""

STUDY = Study(
    name="families_beyond",
    question="can a family of functions be free of added noise, and take in sounds that it never saw?",
    source="Zuiderveld 2021, sections 6.1 and 7; Fathony et al. 2021; Chan et al. 2020",
    sizes=CONFIG,
    selecting=frozenset({"contests", "unseen"}),
    cells=cells,
    measure=measure,
    lines=lines,
    columns=COLUMNS,
    figures=(CLIPS,),
)
