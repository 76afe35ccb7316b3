"""Do twin heads and a noise gate pay? (Siamese SIREN 2023, Tables 1 to 3)

The paper's networks with the paper's recipe (Adam 1e-4, full batch, 2500 steps), then what its code does: dynamic int8
quantisation (activations too), and for the twins a noise gate with the difference of the heads as noise. Beside them
the same networks with only their weights quantised, and Ligeia's own codec at the same true bytes. The paper states
neither the rate nor the mode of its metrics and drew its clips without a seed, so figures can be compared within this
table, and only roughly with the paper's. At the reduced size networks keep the names of the paper.
"""

from dataclasses import dataclass, replace
from typing import Any

from ligeia.audio.signal import Audio
from ligeia.codec.decode import decode
from ligeia.codec.encode import encode_inr, encode_with_report
from ligeia.codec.parameters.quantise import Bits
from ligeia.codec.settings import NETWORKS as CODED
from ligeia.codec.settings import EncodeSettings
from ligeia.enhance.denoising.gate import SIAMESE, spectral_gate
from ligeia.inr import INR
from ligeia.networks import Siamese, Siren, SirenInit
from ligeia.networks.spec import NetworkSpec
from ligeia.records.columns import Column, grouped, spread
from ligeia.records.journal import Row
from ligeia.studies.dynamic_int8 import render_dynamic_int8
from ligeia.studies.fits import fitted, scored, sound
from ligeia.studies.paper_counts import paper_bytes, paper_parameters
from ligeia.studies.reduced import (
    REPEATS,
    TIMES,
    RepeatedSpeech,
    narrowed,
    octaves_in_hz,
    omega_in_hz,
    repeated,
)
from ligeia.studies.study import FITS, PARAMETERS, Cell, Study, metric_charts

BITS = Bits(first=18, hidden=8, output=12)
"""Weights only: Ligeia's usual precision around 8-bit hidden weights."""


def _octaves(omega: float, *, width: int = 256, depth: int = 3) -> Siren:
    init = SirenInit(first_like_hidden=True)
    return Siren(width=width, depth=depth, octaves=16, first_omega=omega, hidden_omega=omega, closed=True, init=init)


def _twins(shared: int, width: int, heads: int, head_width: int) -> Siamese:
    return Siamese(shared_depth=shared, shared_width=width, head_depth=heads, head_width=head_width, closed=True)


NETWORKS: dict[str, NetworkSpec] = {
    "original 3x256": Siren(width=256, depth=3, first_omega=3000.0, hidden_omega=30.0, closed=True),
    "encoded 3x256, 30": _octaves(30.0),
    "encoded 3x256": _octaves(100.0),
    "2x256 + 1x128": _twins(2, 256, 1, 128),
    "2x128 + 1x64": _twins(2, 128, 1, 64),
    "2x64 + 1x32": _twins(2, 64, 1, 32),
    "1x256 + 2x128": _twins(1, 256, 2, 128),
    "0 + 3x128": _twins(0, 128, 3, 128),
}
"""Every network of the three tables; the encoding has 16 octaves, omega is 100 unless stated."""
PUBLISHED = {
    "original 3x256": "1.01 / 0.84 / 1.05 / -0.01",
    "encoded 3x256, 30": "1.63 / 0.20 / 1.91 / 0.93",
    "encoded 3x256": "1.97, 1.5, 2.06 / 0.18, 0.23, 0.34 / 2.18, 2.26, 2.21 / 0.95, 0.94, 0.95",
    "2x256 + 1x128": "2.12, 1.92, 2.22 / 0.16, 0.20, 0.14 / 2.58, 2.62, 2.73 / 0.93, 0.90, 0.93",
    "2x128 + 1x64": "1.28 / 0.31 / 1.58 / 0.68",
    "2x64 + 1x32": "1.34 / 0.34 / 1.18 / 0.43",
    "1x256 + 2x128": "1.94 / 0.24 / 2.00 / 0.87",
    "0 + 3x128": "1.85 / 0.31 / 1.77 / 0.81",
}
"""ViSQOL / CDPAM / PESQ / STOI as printed; several where a network stands in several tables."""
AT_BYTES_OF = " at the bytes of "
"""Separator of Ligeia's codec, with one of its networks, and a network of the paper in the name of a cell."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Clips, networks and metrics."""

    clips: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Numbers of the clips of speech."""
    seconds: float = 10.0
    """Duration of each clip."""
    rate: int = 22050
    """Sampling rate in Hz; the recordings have 16 kHz and are resampled, as in the paper."""
    steps: int = 2500
    """Full-batch steps."""
    networks: tuple[str, ...] = tuple(NETWORKS)
    """Names of `NETWORKS`."""
    ours: tuple[str, ...] = ("2x256 + 1x128", "2x128 + 1x64", "2x64 + 1x32")
    """Networks at whose true bytes Ligeia's codec is measured beside them."""
    ours_steps: int = 1500
    """Steps of Ligeia's codec where it fits the dense network."""
    metrics: tuple[str, ...] = ("visqol_audio", "visqol_speech", "pesq_wb", "stoi", "cdpam", "si_sdr", "snr")
    """Metrics to compute."""


@dataclass(frozen=True, kw_only=True)
class Reduced(RepeatedSpeech, Config):
    """All the networks, as wide for each sample as those of the paper; none of Ligeia's codec."""

    ours: tuple[str, ...] = ()
    """Networks at whose true bytes Ligeia's codec is measured beside them."""


SLOW = ("cdpam",)
"""Metrics that take longer than the fit of a small network: at the reduced size they are those of the paper's way."""
CONFIG = {
    "reduced": Reduced(),
    "laptop": Config(
        clips=(0,),
        seconds=1.0,
        steps=40,
        ours=("2x64 + 1x32",),
        ours_steps=300,
        metrics=("visqol_audio", "pesq_wb", "stoi", "si_sdr", "snr"),
    ),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Return Ligeia's codec first, then the smallest networks, clip by clip: seconds before hours."""
    ordered = sorted(config.networks, key=lambda name: NETWORKS[name].parameters)
    names = [*(f"ligeia {coded}{AT_BYTES_OF}{name}" for coded in CODED for name in config.ours), *ordered]
    if isinstance(config, Reduced):
        return repeated(config, [{"network": name} for name in names])
    return [{"network": name, "clip": clip} for clip in config.clips for name in names]


def measure(config: Config, cell: Cell) -> Row:
    """Fit one network to one clip, or encode the clip with Ligeia's codec."""
    audio, label = sound("speech", cell["clip"], rate=config.rate, seconds=config.seconds)
    ours, _, network = cell["network"].rpartition(AT_BYTES_OF)
    row = _encoded(config, audio, ours.removeprefix("ligeia "), network) if ours else _fitted(config, audio, cell)
    return {"sound": label, **row}


def _fitted(config: Config, audio: Audio, cell: Cell) -> Row:
    """Fit a network of the paper, and score it as fitted, stored by Ligeia, and stored by the paper."""
    spec = NETWORKS[cell["network"]]
    if isinstance(config, Reduced):
        spec = _narrow(config, spec)
        inr = config.fit("siamese-baseline", spec, steps=config.steps, clip=cell["clip"], seed=cell["seed"])
    else:
        inr = fitted(audio, "siamese-baseline", spec=spec, steps=config.steps)
    stream = encode_inr(inr, BITS)
    sounds = {"float": inr.render(), "weights": decode(stream).render(), **_as_in_the_paper(inr)}
    return {
        "parameters": spec.parameters,
        "paper_parameters": paper_parameters(spec),
        "paper_bytes": paper_bytes(spec, 8),
        "bytes": len(stream),
        "fit_seconds": inr.report["seconds"],
        "snr_db": inr.report["snr_db"],
        "metrics": {way: _scores(config, audio, copy, way) for way, copy in sounds.items()},
    }


def _narrow(config: Config, spec: NetworkSpec) -> NetworkSpec:
    """Return one of the paper's networks at the reduced size."""
    if not isinstance(spec, Siren | Siamese):
        raise TypeError(f"{spec.name} is not a network of the paper")
    paper = CONFIG["paper"]
    samples = config.seconds * config.rate / (paper.seconds * paper.rate)
    parameters = spec.parameters * samples
    if not spec.octaves:  # then the first layer sees the coordinate itself
        omega = omega_in_hz(spec.first_omega, seconds=config.seconds, of=paper.seconds)
        return narrowed(replace(spec, first_omega=omega), parameters)
    octaves = octaves_in_hz(spec.octaves, seconds=config.seconds, of=paper.seconds, rate=config.rate)
    return narrowed(replace(spec, octaves=octaves), parameters)


def _as_in_the_paper(inr: INR) -> dict[str, Audio]:
    """Return the sound after dynamic int8, and for twins after the gate behind it."""
    first = render_dynamic_int8(inr)
    if not isinstance(inr.spec, Siamese):
        return {"paper": first}
    second = render_dynamic_int8(inr, head=1)
    noise = Audio(first.samples - second.samples, first.rate)
    return {"int8": first, "paper": spectral_gate(first, noise=noise, config=SIAMESE).audio}


def _encoded(config: Config, audio: Audio, coded: str, network: str) -> Row:
    """Encode a clip with Ligeia's codec in no more bytes than one for each parameter of a network of the paper."""
    kbps = NETWORKS[network].parameters * 0.008 / audio.seconds
    steps = config.ours_steps if coded == "dense" else None
    stream, report = encode_with_report(audio, EncodeSettings(network=coded, kbps=kbps, steps=steps))
    return {
        "parameters": None,
        "paper_parameters": None,
        "paper_bytes": None,
        "bytes": len(stream),
        "fit_seconds": report.seconds,
        "snr_db": report.snr_db if report.fit_snr_db is None else report.fit_snr_db,
        "metrics": {"weights": _scores(config, audio, decode(stream).render(), "weights")},
    }


def _scores(config: Config, audio: Audio, copy: Audio, way: str) -> dict[str, Any]:
    if not isinstance(config, Reduced):
        return scored(audio, copy, config.metrics)
    names = tuple(name for name in config.metrics if way == "paper" or name not in SLOW)
    return dict.fromkeys(config.metrics) | scored(audio, copy, names, times=TIMES)


def _by_way(rows: list[Row]) -> list[Row]:
    """Return a row for each way in which a network was scored, network by network."""
    ways = [row | {"how": way, "metrics": row["metrics"][way]} for row in rows for way in row["metrics"]]
    return [row for group in grouped(ways, "cell.network") for row in group]


def _lines(rows: list[Row]) -> list[Row]:
    """Return a line for each network and way."""
    return spread(_by_way(rows), "cell.network", "how")


def _series(row: Row) -> str:
    """Return the codec of ours that made the row, or the way in which a network of the paper was scored."""
    ours, _, _ = row["cell"]["network"].rpartition(AT_BYTES_OF)
    return ours or str(row["how"])


BYTES = Column("bytes", "bytes", ",.0f")

STUDY = Study(
    name="siamese_tables",
    question="do twin heads and a noise gate pay?",
    source="Siamese SIREN 2023, Tables 1 to 3",
    sizes=CONFIG,
    selecting=REPEATS | {"networks", "ours"},
    cells=cells,
    measure=measure,
    lines=_lines,
    columns=(
        Column("network", "cell.network"),
        Column("as", "how"),
        PARAMETERS,
        Column("paper's count", "paper_parameters", ","),
        BYTES,
        Column("paper's bytes", "paper_bytes", ","),
        Column("fit seconds", "fit_seconds", ".1f"),
        FITS,
        Column("", "metrics", ".3f", "undefined"),
        Column(
            "published ViSQOL / CDPAM / PESQ / STOI",
            lambda row: PUBLISHED.get(row["cell"]["network"]) if row["how"] == "paper" else None,
            published=True,
        ),
    ),
    figures=(metric_charts(BYTES, _series, _lines),),
)
