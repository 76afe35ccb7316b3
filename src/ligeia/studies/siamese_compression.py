"""How good is the compression of Siamese SIRENs by Q_comp? (Mahdi 2025, Table 4.6)

Q_comp is (compressed bytes / original bytes) CDPAM², lower is better (equation 4.2). The report's networks are read as
in `networks.noise_layer`: three shared layers of the widths in the name, then 128 ReLU units in each head. Its sizes
are those of a dump that holds the shared layers three times, its original is 32-bit PCM (702 KB for 4 s). Here bytes
are those of a stream, the original is 16-bit PCM of the same sound, and the report's figures stand beside. CDPAM is
slow and an extra: without it Q_comp has no value. At the reduced size networks keep the names of the report.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ligeia.codec.decode import decode
from ligeia.codec.encode import encode_inr
from ligeia.metrics.waveform import pcm16_bytes, q_comp
from ligeia.networks import NoiseLayer
from ligeia.records.columns import Column, spread
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, scored, sound
from ligeia.studies.paper_counts import paper_bytes
from ligeia.studies.reduced import (
    REPEATS,
    TIMES,
    RepeatedSpeech,
    narrowed,
    octaves_in_hz,
    repeated,
)
from ligeia.studies.siamese_tables import BITS
from ligeia.studies.study import FITS, PARAMETERS, Cell, Study, metric_charts

PUBLISHED = {
    "256-256-128": (368.73, 0.1115, 0.00666),
    "128-128-128": (163.36, 0.1647, 0.00644),
    "64-64-64": (67.46, 0.2639, 0.00682),
    "128-64-64": (85.95, 0.2178, 0.00592),
    "32-32-16": (32.52, 0.3923, 0.00727),
    "64-32-32": (44.21, 0.3610, 0.00837),
    "128-128-64": (122.87, 0.1791, 0.00572),
}
"""Size in KB, CDPAM and Q_comp as printed, by the widths of the shared layers."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The networks and the sound."""

    networks: tuple[str, ...] = tuple(PUBLISHED)
    """Widths of the shared layers."""
    seconds: float = 4.0
    """Duration of the speech."""
    rate: int = 44100
    """Sampling rate in Hz."""
    steps: int = 2500
    """Full-batch steps; the report trains "to convergence"."""
    metrics: tuple[str, ...] = ("cdpam", "pesq_wb", "stoi", "snr")
    """Metrics to compute; Q_comp needs CDPAM."""


@dataclass(frozen=True, kw_only=True)
class Reduced(RepeatedSpeech, Config):
    """All the networks, as wide for each sample as those of the report."""


CONFIG = {
    "reduced": Reduced(),
    "laptop": Config(
        networks=("64-64-64", "32-32-16", "64-32-32"),
        seconds=1.0,
        rate=22050,
        steps=150,
        metrics=("pesq_wb", "stoi", "snr"),
    ),
    "paper": Config(),
}


def network(name: str) -> NoiseLayer:
    """Return the report's network of this name."""
    first, middle, last = map(int, name.split("-"))
    return NoiseLayer(first_width=first, shared_width=middle, last_width=last, closed=True)


def cells(config: Config) -> list[Cell]:
    """Return the networks, smallest first."""
    names = sorted(config.networks, key=lambda name: network(name).parameters)
    return repeated(config, [{"network": name} for name in names])


def measure(config: Config, cell: Cell) -> Row:
    """Fit one network, store it with its weights quantised, and decode it."""
    audio, label = sound("speech", cell.get("clip", 0), rate=config.rate, seconds=config.seconds)
    spec = network(cell["network"])
    if isinstance(config, Reduced):
        spec = _narrow(config, spec)
        inr = config.fit("siamese-baseline", spec, steps=config.steps, clip=cell["clip"], seed=cell["seed"])
    else:
        inr = fitted(audio, "siamese-baseline", spec=spec, steps=config.steps)
    stream = encode_inr(inr, BITS)
    times = TIMES if isinstance(config, Reduced) else None
    values = scored(audio, decode(stream).render(), config.metrics, times=times)
    original = pcm16_bytes(audio.sample_count, audio.channels)
    distance: float | None = values.get("cdpam")
    return {
        "sound": label,
        "parameters": spec.parameters,
        "bytes": len(stream),
        "paper_bytes": paper_bytes(spec, 8),
        "pcm16_bytes": original,
        "fit_seconds": inr.report["seconds"],
        "metrics": values,
        "q_comp": None
        if distance is None
        else q_comp(compressed_bytes=len(stream), original_bytes=original, cdpam=distance),
    }


def _narrow(config: Config, spec: NoiseLayer) -> NoiseLayer:
    """Return one of the report's networks at the reduced size."""
    paper = CONFIG["paper"]
    octaves = octaves_in_hz(spec.octaves, seconds=config.seconds, of=paper.seconds, rate=config.rate)
    samples = config.seconds * config.rate / (paper.seconds * paper.rate)
    return narrowed(replace(spec, octaves=octaves), spec.parameters * samples)


def _published(place: int, form: str) -> Callable[[Row], str]:
    """Return what the report prints of a network."""
    return lambda row: form.format(PUBLISHED[row["cell"]["network"]][place])


def _lines(rows: list[Row]) -> list[Row]:
    """Return a line for each network."""
    return spread(rows, "cell.network")


BYTES = Column("bytes", "bytes", ",.0f")

STUDY = Study(
    name="siamese_compression",
    question="how good is the compression of Siamese SIRENs by Q_comp?",
    source="Mahdi 2025, section 4.4.2, Table 4.6",
    sizes=CONFIG,
    selecting=REPEATS | {"networks"},
    cells=cells,
    measure=measure,
    lines=_lines,
    columns=(
        Column("network", "cell.network"),
        PARAMETERS,
        BYTES,
        Column("paper's count of bytes", "paper_bytes", ","),
        Column("ratio", lambda row: row["bytes"] / row["pcm16_bytes"], ".3f"),
        FITS,
        Column("", "metrics", ".4g", "undefined"),
        Column("Q_comp", "q_comp", ".4g", "undefined"),
        Column("published size", _published(0, "{:g} KB"), published=True),
        Column("published CDPAM", _published(1, "{:g}"), published=True),
        Column("published Q_comp", _published(2, "{:g}"), published=True),
    ),
    figures=(metric_charts(BYTES, rows=_lines),),
)
