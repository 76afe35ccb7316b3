"""How well do functions denoise, beside filters? (INR denoising 2024, Table 1)

The paper mixes speech of LibriSpeech with white Gaussian noise and does not say how loud. Its noisy row has a segmental
SNR of -3.82 dB; so have 4 s of each clip of this study with noise at 0.7 dB, which is what they get. Gains over the
noisy row can be compared, levels only roughly. Slow methods see fewer and shorter clips: each of their rows is compared
with the same stretch of the same clip.

A second table has pairs of VoiceBank-DEMAND: real noises, and outputs of CMGAN (Cao et al. 2022) as a ceiling.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from time import process_time
from typing import Any, Literal

import numpy as np

from ligeia.audio.corrupt import add_noise
from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.datasets.layouts import data_folder
from ligeia.datasets.suite import read_suite
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared
from ligeia.errors import InputError
from ligeia.metrics.score import score
from ligeia.records.columns import Column, averaged, grouped
from ligeia.records.journal import Row
from ligeia.studies.fits import MADE_SECONDS, QUIET, sound
from ligeia.studies.study import Cell, Chart, Study

METRICS = (
    "segmental_snr", "stoi", "covl", "cbak", "pesq_wb", "csig",
    "covl_unclipped", "cbak_unclipped", "csig_unclipped", "si_sdr",
)  # fmt: skip
"""Metrics of the paper, the composite ones also before they are clipped to 1, and SI-SDR."""
GAINS = ("segmental_snr", "stoi", "pesq_wb", "covl_unclipped", "cbak_unclipped", "csig_unclipped", "si_sdr")
PUBLISHED = {
    "noisy": (-3.820, 0.813, 1.000, 1.560, 1.024, 1.000),
    "sepformer": (3.500, 0.914, 1.777, 1.619, 1.359, 2.282),
    "dnp": (-2.518, 0.757, 1.000, 1.703, 1.034, 1.000),
    "siren-paper, saved at full scale": (-3.910, 0.803, 1.000, 1.539, 1.035, 1.095),
    "hypersound": (0.195, 0.828, 1.000, 1.647, 1.081, 1.000),
}
"""Segmental SNR, STOI, COVL, CBAK, PESQ, CSIG as printed in Table 1, by our name of the method."""
SLOW = (
    "siren-paper", "siren-paper, saved at full scale", "dnp", "dnp, wiener", "dnp, network",
)  # fmt: skip
"""Methods whose steps see every sample through a large network."""
WHITE = (
    "noisy", "wiener with the true spectrum of the noise", "gate", "gate-nonstationary", "logmmse", "shrinkage",
    "rnnoise", "ligeia", "siren", "siamese", "hypersound", "hypersound, one pass",
)  # fmt: skip
"""Methods of the first table, by names of `enhance.denoising` or of `VARIANTS`."""
ASIDE = (
    "siren, whiteness", "siren, noise level", "siren, one network", "siren, not stopped",
    "siamese, one trunk and a gate",
)  # fmt: skip
"""The same with other settings, on some of the clips."""
DEMAND = ("noisy", "gate", "gate-nonstationary", "logmmse", "shrinkage", "rnnoise", "ligeia", "hypersound", "cmgan")
"""Methods of the second table."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Clips, noise, methods and metrics."""

    suite: str = "unseen_speech"
    """Clips of the first table: a suite by name or file."""
    clips: int = 12
    """Number of them, the first ones."""
    seconds: float = 4.0
    """Duration of each clip, from its first sound on."""
    rate: int = 16000
    """Sampling rate in Hz."""
    snr_db: float = 0.7
    """Level of the speech over the white noise, whole clips compared."""
    methods: tuple[str, ...] = WHITE
    """Methods of the first table."""
    aside: tuple[str, ...] = ASIDE
    """Methods that see some of the clips."""
    aside_clips: int = 2
    """Clips that they see."""
    slow: tuple[str, ...] = SLOW
    """Methods that see the fewest, and shorter ones."""
    slow_clips: int = 1
    """Clips that they see."""
    slow_seconds: float = 1.0
    """Duration of each of these clips."""
    siren_recipe: str = "inr-denoising"
    """Recipe of the paper's SIREN: 13 sine layers as in its script, or 4 as in its notebook ("siren-notebook")."""
    siren_steps: int = 1000
    """Steps of the paper's SIREN."""
    dnp_steps: int = 5000
    """Steps of the deep network prior."""
    precision: Literal["auto", "float32"] = "float32"
    """Products in the slow networks; "auto" is bfloat16 where the machine has instructions for it."""
    demand: tuple[str, ...] = DEMAND
    """Methods of the second table."""
    pairs: int = 14
    """Pairs of VoiceBank-DEMAND, the first ones."""
    metrics: tuple[str, ...] = METRICS
    """Metrics to compute."""


CONFIG = {
    "laptop": Config(dnp_steps=100, siren_recipe="siren-notebook", siren_steps=500, precision="auto"),
    "paper": Config(seconds=15.0, slow_clips=12, slow_seconds=15.0),
}


def cells(config: Config) -> list[Cell]:
    """Return every method on every clip of both tables; what is slow comes last."""
    white = [
        {"noise": "white", "method": method, "clip": clip, "seconds": config.seconds}
        for methods, clips in ((config.methods, config.clips), (config.aside, config.aside_clips))
        for method in methods
        for clip in range(clips)
    ]
    demand = [{"noise": "demand", "method": name, "clip": k} for name in config.demand for k in range(config.pairs)]
    slow = [
        {"noise": "white", "method": method, "clip": clip, "seconds": config.slow_seconds, **_size(config, method)}
        for clip in range(config.slow_clips)
        for method in config.slow
    ]
    return [*white, *demand, *slow]


def _size(config: Config, method: str) -> Cell:
    """Return the steps of a slow method, and the recipe of a SIREN."""
    if method.startswith("dnp"):
        return {"steps": config.dnp_steps}
    return {"steps": config.siren_steps, "recipe": config.siren_recipe}


def measure(config: Config, cell: Cell) -> Row:
    """Denoise one clip by one method; gains are over the noisy clip."""
    clean, noisy, name = pair(config, cell["noise"], cell["clip"], cell.get("seconds"))
    started = process_time()
    estimate, facts = _denoised(config, cell, clean, noisy, name)
    spent = process_time() - started
    before, after = (
        score(reference=clean, estimate=audio, metrics=config.metrics, align=False).as_dict()["values"]
        for audio in (noisy, estimate)
    )
    gains = {
        f"gain {key}": None if None in (before[key], after[key]) else after[key] - before[key]
        for key in GAINS
        if key in config.metrics
    }
    return {
        "sound": name,
        "seconds": clean.seconds,
        "core_seconds": spent,
        "facts": facts,
        "metrics": after,
        "gains": gains,
    }


# --- material -----------------------------------------------------------------------------------------


def pair(config: Config, noise: str, number: int, seconds: float | None) -> tuple[Audio, Audio, str]:
    """Return a clean clip, the noisy one, and its name: speech in white noise, or a pair of VoiceBank-DEMAND.

    Raises:
        InputError: there is no such pair.
    """
    if noise == "white":
        clean, name = _clip(config, number, seconds or config.seconds)
        return clean, add_noise(clean, snr_db=config.snr_db, seed=number), name
    files = demand_files()
    if number >= len(files):
        raise InputError(f"there are {len(files)} pairs in noisy_speech of LIGEIA_DATA, none of number {number}")
    stem = files[number]
    folder = data_folder()
    assert folder is not None
    clean, noisy = (read_audio(folder / "noisy_speech" / f"{stem}_{role}.flac") for role in ("clean", "noisy"))
    return clean, noisy, stem


def demand_files() -> list[str]:
    """Return the names of the pairs of VoiceBank-DEMAND, none where there are no recordings."""
    folder = data_folder()
    found = [] if folder is None else sorted((folder / "noisy_speech").glob("*_clean.flac"))
    return [path.name.removesuffix("_clean.flac") for path in found]


@lru_cache(maxsize=16)
def _clip(config: Config, number: int, seconds: float) -> tuple[Audio, str]:
    """Return a clip and its name; a made one where there are no recordings, and the name says so."""
    try:
        clip = read_suite(config.suite)[number]
    except InputError:
        return sound("speech", number, rate=config.rate, seconds=min(seconds, MADE_SECONDS))
    audio = resample(read_audio(clip.path).mono(), config.rate)
    first = int(np.argmax(np.abs(audio.samples[0]) >= QUIET * np.abs(audio.samples).max()))
    return Audio(audio.samples[:, first : first + round(seconds * config.rate)], config.rate), clip.name


# --- methods ------------------------------------------------------------------------------------------


def _denoised(config: Config, cell: Cell, clean: Audio, noisy: Audio, name: str) -> tuple[Audio, Row]:
    """Return what the method of a cell makes of a clip, and what it reports."""
    method = cell["method"]
    if method == "noisy":
        return noisy, {}
    if method == "cmgan":
        folder = data_folder()
        assert folder is not None
        return read_audio(folder / "noisy_speech" / f"{name}_cmgan.flac"), {}
    if method == "wiener with the true spectrum of the noise":
        return _wiener(noisy, Audio(noisy.samples - clean.samples, noisy.rate)), {}
    base, _, variant = method.partition(", ")
    if base in ("dnp", "siren-paper"):
        outputs, facts = _slowly(config, cell.get("recipe"), cell["steps"], _Clip(noisy, name))
        return outputs[variant], facts
    if method in VARIANTS:
        prepared = VARIANTS[method](noisy)
        return Audio(prepared.process(noisy.samples), noisy.rate), prepared.findings
    result = denoise(noisy, method)
    return result.audio, dict(result.report)


def _wiener(noisy: Audio, noise: Audio) -> Audio:
    """Return the textbook's Wiener filter: gain S / (S + N) in each bin, with the noise's true mean power N.

    S is what is left of the bin's power without N, smoothed over time by the decision-directed rule with 0.98
    (Ephraim and Malah 1984, equation 51). Frames of 32 ms, a quarter apart.
    """
    from scipy.signal import istft, stft

    size = round(0.032 * noisy.rate)
    spectra, noises = (stft(audio.samples[0], nperseg=size, noverlap=size * 3 // 4)[2] for audio in (noisy, noise))
    power = np.mean(np.abs(noises) ** 2, axis=1)
    posterior = np.abs(spectra) ** 2 / power[:, None]
    before, gains = np.ones(len(power)), np.empty_like(posterior)
    for frame in range(posterior.shape[1]):
        prior = 0.98 * before + 0.02 * np.maximum(posterior[:, frame] - 1, 0)
        gains[:, frame] = prior / (1 + prior)
        before = gains[:, frame] ** 2 * posterior[:, frame]
    samples = istft(gains * spectra, nperseg=size, noverlap=size * 3 // 4)[1][: noisy.sample_count]
    return Audio(samples[None].astype(np.float32), noisy.rate)


def _siren(**changes: Any) -> Callable[[Audio], Prepared]:
    """Return the method siren with other settings, ready for a clip."""

    def prepared(noisy: Audio) -> Prepared:
        from ligeia.enhance.denoising import siren

        config = siren.SirenConfig()
        if changes.get("evaluations") is not None:
            config = replace(config, fit=replace(config.fit, evaluations=changes["evaluations"]))
        config = replace(config, **{name: value for name, value in changes.items() if name != "evaluations"})
        return siren.prepare(noisy, DenoiseSettings(method="siren"), config)

    return prepared


def _one_pass(noisy: Audio) -> Prepared:
    from ligeia.enhance.denoising import hypersound

    return hypersound.prepare(noisy, DenoiseSettings(method="hypersound"), passes=1)


def _gated_twins(noisy: Audio) -> Prepared:
    from ligeia.enhance.denoising import twin

    return twin.gated(noisy, DenoiseSettings(method="siamese", steps=300))


VARIANTS: dict[str, Callable[[Audio], Prepared]] = {
    "siren, whiteness": _siren(rule="whiteness"),
    "siren, noise level": _siren(rule="noise-level"),
    "siren, one network": _siren(networks=1, folds=1),
    "siren, not stopped": _siren(evaluations=0),
    "siamese, one trunk and a gate": _gated_twins,
    "hypersound, one pass": _one_pass,
}
"""Methods with other settings than their own."""


@dataclass(frozen=True)
class _Clip:
    """A noisy clip that is known by its name: fits of it are kept."""

    noisy: Audio
    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Clip) and (self.name, self.noisy.sample_count) == (
            other.name,
            other.noisy.sample_count,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.noisy.sample_count))


@lru_cache(maxsize=4)
def _slowly(config: Config, recipe: str | None, steps: int, clip: _Clip) -> tuple[dict[str, Audio], Row]:
    """Return all outputs for a clip of a recipe's SIREN, or of the deep prior, by the variant's name, and facts."""
    noisy = clip.noisy
    if recipe is None:
        from ligeia.enhance.denoising import dnp, dnp_fit

        settings = DenoiseSettings(method="dnp")
        training = replace(dnp_fit.TRAINING, precision=config.precision)
        made = dnp.run(noisy.samples[0], steps=steps, settings=settings, config=training)
        outputs = {"": made["lsa"], "wiener": made["wiener"], "network": made["net"]}
        return {name: Audio(value[None].astype(np.float32), noisy.rate) for name, value in outputs.items()}, {
            "steps": steps,
            "seconds": made["seconds"],
        }
    from ligeia.enhance.denoising import siren_paper
    from ligeia.fitting.recipes import recipe_named

    named = recipe_named(recipe)
    chosen = replace(named, config=replace(named.config, precision=config.precision))
    prepared = siren_paper.prepare(noisy, DenoiseSettings(method="siren-paper", steps=steps), chosen)
    samples = prepared.process(noisy.samples)
    full = samples / np.abs(samples).max()
    return {"": Audio(samples, noisy.rate), "saved at full scale": Audio(full, noisy.rate)}, prepared.findings


# --- the table ----------------------------------------------------------------------------------------


def lines(rows: list[Row]) -> list[Row]:
    """Return a line for each method of each table: means over its clips."""
    counts = {
        tuple(group[0]["cell"][name] for name in ("noise", "method")): len(group)
        for group in grouped(rows, "cell.noise", "cell.method")
    }
    found = averaged(rows, "cell.noise", "cell.method")
    return [{**row, "clips": counts[row["cell"]["noise"], row["cell"]["method"]]} for row in found]


def published_gains(row: Row) -> str | None:
    """Return the gains of segmental SNR, STOI and PESQ in print."""
    values = PUBLISHED.get(row["cell"]["method"])
    if values is None or row["cell"]["noise"] != "white" or row["cell"]["method"] == "noisy":
        return None
    ours = [values[place] - PUBLISHED["noisy"][place] for place in (0, 1, 4)]
    return "{:+.2f} / {:+.3f} / {:+.3f}".format(*ours)


STUDY = Study(
    name="denoise_table",
    question="how well do functions denoise, beside filters?",
    source="INR denoising 2024, Table 1",
    sizes=CONFIG,
    selecting=frozenset(
        {
            "clips",
            "methods",
            "aside",
            "aside_clips",
            "slow",
            "slow_clips",
            "slow_seconds",
            "dnp_steps",
            "siren_recipe",
            "siren_steps",
            "demand",
            "pairs",
        }
    ),
    cells=cells,
    measure=measure,
    lines=lines,
    columns=(
        Column("noise", "cell.noise"),
        Column("method", "cell.method"),
        Column("clips", "clips"),
        Column("seconds each", "seconds", ".1f"),
        Column("", "metrics", ".3f", "undefined"),
        Column("", "gains", "+.3f", "undefined"),
        Column("published gain of segmental_snr / stoi / pesq_wb", published_gains, published=True),
        Column("seconds of the core for each of sound", lambda row: row["core_seconds"] / row["seconds"], ".2g"),
    ),
    figures=(
        Chart(
            lambda row: f"gains-{row['cell']['noise']}",
            "cell.method",
            x=Column("gain of segmental SNR in dB", lambda row: row["gains"].get("gain segmental_snr")),
            y=Column("gain of PESQ", lambda row: row["gains"].get("gain pesq_wb")),
            log="",
            joined=False,
            rows=lines,
        ),
    ),
)
