"""Do functions of the same speaker lie together? (HyperSound 2023, section 4.8, Figure 4)

The paper shows the weights of INRs of VCTK's validation set by t-SNE: "speakers are generally clustered", men and women
apart. It gives no number. Here: clips of speakers that the model has not learned from, and spoken digits, by several
vectors of what the model writes, beside a mean log-mel spectrum, which knows no model; and by numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.datasets.layouts import data_folder
from ligeia.datasets.manifest import MANIFEST, read_manifest
from ligeia.datasets.provenance import is_unseen
from ligeia.datasets.splits import subset
from ligeia.errors import needs_extra
from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETS = {"speech": "train_speech", "digits": "digits"}
"""Sets of the recordings' manifest."""
SECOND_LABELS = {"speech": "gender", "digits": "digit"}
"""Second label of the clips of a set."""
MADE_RATE = 16000
"""Samples in a made clip, and their rate in Hz."""
DRAWN = ("weights", "weights, mean size", "mel")
"""Vectors of which pictures are drawn."""
VECTORS = ("weights", "weights, mean size", "code", "code, mean", "mel")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Clips and the model."""

    model: str = "hypersound"
    """Name or file of the model."""
    sets: tuple[str, ...] = ("speech", "digits")
    """Sets of clips."""
    vectors: tuple[str, ...] = VECTORS
    """Vectors of a clip (`hypersound.space.clip_vectors`)."""
    clips: int = 120
    """Clips of each set, a seeded choice among those that the model has not learned from, nor from their speakers."""
    seconds: float = 4.0
    """Duration of each clip, at most."""
    seed: int = 0
    """Seed of the choice, and of t-SNE."""


CONFIG = {"laptop": Config(), "paper": Config(clips=512, seconds=1.486)}


def cells(config: Config) -> list[Cell]:
    """Return every kind of vector on every set."""
    return [{"set": name, "vectors": vectors} for name in config.sets for vectors in config.vectors]


@dataclass(frozen=True)
class Clip:
    """A clip and its labels."""

    speaker: str
    second: str
    """Its gender or digit; empty where that is not known."""
    audio: Callable[[], Audio]


def measure(config: Config, cell: Cell) -> Row:
    """Place the clips of a set, and count how often neighbours agree."""
    with needs_extra("torch", "torch"):  # imported here, so that the studies can be listed without it
        from ligeia.hypersound.space import in_plane, summary

    clips, found, facts = _vectors(config, cell["set"])
    vectors = np.stack([each[cell["vectors"]] for each in found])
    second = SECOND_LABELS[cell["set"]]
    labels = {"speaker": [clip.speaker for clip in clips], second: [clip.second for clip in clips]}
    row = summary(vectors, labels, lambda full: in_plane(full, seed=config.seed))
    return {**facts, "clips": len(clips), "labels": labels, "second": row.pop(second), **row}


@lru_cache(maxsize=4)
def _vectors(config: Config, name: str) -> tuple[list[Clip], list[dict[str, Any]], Row]:
    """Return the clips of a set, their vectors, and facts of the model."""
    with needs_extra("torch", "torch"):
        from ligeia.hypersound.embed import Writer
        from ligeia.hypersound.space import clip_vectors
    writer = Writer.open(config.model)
    folder = data_folder()
    recorded = folder is not None and (folder / MANIFEST).is_file()
    clips = _recorded(config, name, folder / MANIFEST) if recorded and folder is not None else _made(config)
    rate = writer.model.config.rate
    vectors = [clip_vectors(writer.model, _start_of(clip.audio(), rate, config.seconds)) for clip in clips]
    facts = {"model": Path(config.model).name, "digest": writer.digest, "sounds": "recorded" if recorded else "made"}
    return clips, vectors, facts


def _recorded(config: Config, name: str, manifest: Path) -> list[Clip]:
    """Return a choice of clips of a set that no shipped model has learned from."""
    items = [item for item in read_manifest(manifest) if item.set == SETS[name] and is_unseen(item)]
    second = SECOND_LABELS[name]
    chosen = subset(items, min(config.clips, len(items)), seed=config.seed)
    return [Clip(item.speaker, item.tags.get(second, ""), partial(read_audio, item.path)) for item in chosen]


def _made(config: Config) -> list[Clip]:
    """Return clips of made voices, four of them: pulses at a pitch of their own through a filter of their own."""
    return [
        Clip(f"made {k % 4}", "high" if k % 4 > 1 else "low", partial(_voice, k % 4, k)) for k in range(config.clips)
    ]


def _voice(speaker: int, take: int) -> Audio:
    random = np.random.default_rng([speaker, take])
    hz = (100, 130, 200, 250)[speaker] * random.uniform(0.95, 1.05)
    seconds = np.arange(MADE_RATE) / MADE_RATE
    tones = [
        np.exp(-n * (speaker + 1) / 9) * np.sin(2 * np.pi * n * (hz * seconds + random.random())) for n in range(1, 25)
    ]
    return Audio(np.sum(tones, axis=0)[None] / 25, MADE_RATE)


def _start_of(audio: Audio, rate: int, seconds: float) -> Audio:
    """Return the start of a clip, in one channel at `rate` Hz."""
    converted = resample(audio.mono(), rate)
    return Audio(converted.samples[:, : int(seconds * rate)], rate)


def draw(rows: list[Row]) -> "dict[str, Figure]":
    """Return pictures of the plane, coloured by speaker and, where that is known, by gender."""
    from ligeia.plots.curves import plot_lines

    figures = {}
    for row in (row for row in rows if row["cell"]["vectors"] in DRAWN):
        for kind, names in ((kind, names) for kind, names in row["labels"].items() if kind in ("speaker", "gender")):
            series = {
                label: [place for place, name in zip(row["places"], names, strict=True) if name == label]
                for label in sorted({name for name in names if name})
            }
            stem = f"{row['cell']['set']}-{row['cell']['vectors'].replace(', ', '_').replace(' ', '_')}-{kind}"
            figures[stem] = plot_lines(series, x="t-SNE, first axis", y="t-SNE, second axis", joined=False)
    return figures


def _numbers(kind: str, title: str) -> tuple[Column, ...]:
    return (
        Column(title, f"{kind}.labels"),
        Column("chance", f"{kind}.chance", ".2f"),
        Column("5 nearest agree", f"{kind}.accuracy", ".2f"),
        Column("in the plane", f"{kind}.accuracy_in_plane", ".2f"),
        Column("silhouette", f"{kind}.silhouette", ".2f"),
    )


STUDY = Study(
    name="hypersound_space",
    question="do functions of the same speaker lie together?",
    source="HyperSound 2023, section 4.8, Figure 4",
    sizes=CONFIG,
    selecting=frozenset({"sets", "vectors"}),
    cells=cells,
    measure=measure,
    columns=(
        Column("set", "cell.set"),
        Column("vectors", "cell.vectors"),
        Column("clips", "clips"),
        *_numbers("speaker", "speakers"),
        *_numbers("second", "genders or digits"),
    ),
    figures=(draw,),
)
