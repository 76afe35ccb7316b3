"""Do twin heads and a noise gate pay? (Siamese SIREN 2023, Tables 1 to 3)

The paper's networks with the paper's recipe (Adam 1e-4, full batch, 2500 steps), then what its code does: dynamic int8
quantisation (activations too), and for the twins a noise gate with the difference of the heads as noise. Beside them
the same networks with only their weights quantised, and Ligeia's own codec at the same true bytes. The paper states
neither the rate nor the mode of its metrics and drew its clips without a seed, so figures can be compared within this
table, and only roughly with the paper's.
"""

from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Any

from ligeia.audio.signal import Audio
from ligeia.codec.container import Bits
from ligeia.codec.decode import decode
from ligeia.codec.encode import encode_with_report
from ligeia.codec.parameters.dynamic_int8 import render_dynamic_int8
from ligeia.codec.parameters.encode import encode_inr
from ligeia.codec.settings import NETWORKS as CODED
from ligeia.codec.settings import EncodeSettings
from ligeia.enhance.gate import SIAMESE, spectral_gate
from ligeia.fitting.recipes import Recipe, recipe_named
from ligeia.inr import INR
from ligeia.metrics.score import score
from ligeia.networks import Siamese, Siren, SirenInit
from ligeia.networks.spec import NetworkSpec
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted
from ligeia.studies.paper_counts import paper_bytes, paper_parameters
from ligeia.studies.said import mean_said
from ligeia.studies.sounds import sound
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BITS = Bits(first=18, hidden=8, output=12)
"""Weights only: Ligeia's usual precision around 8-bit hidden weights."""


def _encoded(omega: float, **fields: Any) -> Siren:
    init = SirenInit(first_like_hidden=True)
    return Siren(octaves=16, first_omega=omega, hidden_omega=omega, closed=True, init=init, **fields)


def _twins(shared: int, width: int, heads: int, head_width: int) -> Siamese:
    return Siamese(shared_depth=shared, shared_width=width, head_depth=heads, head_width=head_width, closed=True)


NETWORKS: dict[str, NetworkSpec] = {
    "original 3x256": Siren(width=256, depth=3, first_omega=3000.0, hidden_omega=30.0, closed=True),
    "encoded 3x256, 30": _encoded(30.0, width=256, depth=3),
    "encoded 3x256": _encoded(100.0, width=256, depth=3),
    "2x256 + 1x128": _twins(2, 256, 1, 128),
    "2x128 + 1x64": _twins(2, 128, 1, 64),
    "2x64 + 1x32": _twins(2, 64, 1, 32),
    "1x256 + 2x128": _twins(1, 256, 2, 128),
    "0 + 3x128": _twins(0, 128, 3, 128),
}
"""Every network of the three tables; the encoding has 16 octaves, omega is 100 unless said."""
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
OURS = {f"ligeia {network} at the bytes of ": network for network in CODED}
"""Ligeia's own codec, with each of its networks."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Clips, networks and metrics."""

    clips: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Which clips of speech."""
    seconds: float = 10.0
    """Of each."""
    rate: int = 22050
    """In Hz; the recordings have 16 kHz and are brought up, as in the paper."""
    steps: int = 2500
    """Full-batch steps."""
    networks: tuple[str, ...] = tuple(NETWORKS)
    """Names of `NETWORKS`."""
    ours: tuple[str, ...] = ("2x256 + 1x128", "2x128 + 1x64", "2x64 + 1x32")
    """At whose true bytes Ligeia's codec stands beside them."""
    ours_steps: int = 1500
    """Steps of Ligeia's codec where it fits a siren."""
    metrics: tuple[str, ...] = ("visqol_audio", "visqol_speech", "pesq_wb", "stoi", "cdpam", "si_sdr", "snr")
    """What is computed."""


CONFIG = {
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
    """Ligeia's codec first, then the smallest networks, clip by clip: what takes seconds before what takes hours."""
    ordered = sorted(config.networks, key=lambda name: NETWORKS[name].parameters)
    names = [*(ours + name for ours in OURS for name in config.ours), *ordered]
    return [{"network": name, "clip": clip} for clip in config.clips for name in names]


def measure(config: Config, cell: Cell) -> Row:
    """One network on one clip, or Ligeia's codec."""
    audio, label = sound("speech", cell["clip"], rate=config.rate, seconds=config.seconds)
    name = cell["network"]
    ours = _prefix(name)
    row = _theirs(config, audio, name) if ours is None else _ours(config, audio, OURS[ours], name.removeprefix(ours))
    return {"sound": label, **row}


def _prefix(name: str) -> str | None:
    """That of our own codec, None for the networks of the paper."""
    return next((ours for ours in OURS if name.startswith(ours)), None)


def _theirs(config: Config, audio: Audio, name: str) -> Row:
    spec = NETWORKS[name]
    recipe = Recipe(name=name, source="", design=lambda shape: spec, config=recipe_named("siamese-baseline").config)
    inr = fitted(audio, recipe, steps=config.steps)
    stream = encode_inr(inr, BITS)
    sounds = {"float": inr.render(), "weights": decode(stream).render(), **_as_in_the_paper(inr)}
    return {
        "parameters": spec.parameters,
        "paper_parameters": paper_parameters(spec),
        "paper_bytes": paper_bytes(spec, 8),
        "bytes": len(stream),
        "fit_seconds": inr.report["seconds"],
        "snr_db": inr.report["snr_db"],
        "metrics": {how: _scores(config, audio, copy) for how, copy in sounds.items()},
    }


def _as_in_the_paper(inr: INR) -> dict[str, Audio]:
    """Dynamic int8, and for twins the gate behind it."""
    first = render_dynamic_int8(inr)
    if not isinstance(inr.spec, Siamese):
        return {"paper": first}
    second = render_dynamic_int8(inr, head=1)
    noise = Audio(first.samples - second.samples, first.rate)
    return {"int8": first, "paper": spectral_gate(first, noise=noise, config=SIAMESE).audio}


def _ours(config: Config, audio: Audio, network: str, name: str) -> Row:
    """Ligeia's codec with no more bytes than one for each parameter of the network `name`."""
    kbps = NETWORKS[name].parameters * 0.008 / audio.seconds
    steps = config.ours_steps if network == "siren" else None
    stream, report = encode_with_report(audio, EncodeSettings(network=network, kbps=kbps, steps=steps))
    return {
        "parameters": None,
        "paper_parameters": None,
        "paper_bytes": None,
        "bytes": len(stream),
        "fit_seconds": report.seconds,
        "snr_db": report.snr_db if report.fit_snr_db is None else report.fit_snr_db,
        "metrics": {"weights": _scores(config, audio, decode(stream).render())},
    }


def _scores(config: Config, audio: Audio, copy: Audio) -> dict[str, Any]:
    values: dict[str, Any] = score(reference=audio, estimate=copy, metrics=config.metrics).as_dict()["values"]
    return values


def table(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """Means over the clips: the paper's way, and weights only; the published figures at the end."""
    names = list(next(iter(rows[0]["metrics"].values()))) if rows else []
    by_network: dict[str, list[Row]] = {}
    for row in rows:
        by_network.setdefault(row["cell"]["network"], []).append(row)
    lines = [_line(name, how, found, names) for name, found in by_network.items() for how in found[0]["metrics"]]
    header = ["network", "as", "parameters", "paper's count", "bytes", "paper's bytes", "fit seconds", *names]
    return [*header, "published ViSQOL / CDPAM / PESQ / STOI"], lines


def _line(network: str, how: str, rows: list[Row], names: list[str]) -> list[str]:
    first = rows[0]
    counts = [f"{first[key]:,}" if first[key] is not None else "" for key in ("parameters", "paper_parameters")]
    sizes = [f"{mean([row['bytes'] for row in rows]):,.0f}"]
    sizes.append(f"{first['paper_bytes']:,}" if first["paper_bytes"] is not None else "")
    values = [mean_said([row["metrics"][how][name] for row in rows]) for name in names]
    published = PUBLISHED.get(network, "") if how == "paper" else ""
    return [network, how, *counts, *sizes, f"{mean([row['fit_seconds'] for row in rows]):.1f}", *values, published]


def figures(rows: list[Row]) -> "dict[str, Figure]":
    """Each metric over true bytes: the paper's way, weights only, and Ligeia's codec."""
    from ligeia.plots.lines import plot_lines

    drawn = {}
    for name in next(iter(rows[0]["metrics"].values())):
        series: dict[str, list[tuple[float, float]]] = {}
        for row in rows:
            ours = _prefix(row["cell"]["network"])
            for how, values in row["metrics"].items():
                if isinstance(values[name], float):
                    series.setdefault(f"ligeia {OURS[ours]}" if ours else how, []).append((row["bytes"], values[name]))
        if series:
            drawn[name] = plot_lines(series, x="bytes", y=name, log="x", joined=False)
    return drawn


STUDY = Study(
    name="siamese_tables",
    question="do twin heads and a noise gate pay?",
    source="Siamese SIREN 2023, Tables 1 to 3",
    sizes=CONFIG,
    selecting=frozenset({"clips", "networks", "ours"}),
    cells=cells,
    measure=measure,
    table=table,
    figures=figures,
)
