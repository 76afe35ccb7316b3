"""Contestants of the study `families_beyond`: the faithful networks, remedies for their noise, and windowed sines.

All have at most as many numbers as pi-GAN with weights that are not normalised, and codes of its length.
"""

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.errors import InputError
from ligeia.networks.siren import siren2_noise
from ligeia.records.journal import Row
from ligeia.studies.family_setups import Changes, family_configuration, merged
from ligeia.studies.hypersound_rows import made_folder
from ligeia.training.config import MAX_STEPS

if TYPE_CHECKING:
    from ligeia.codec.family.settings import DecoderSettings
    from ligeia.latent.configuration import Configuration
    from ligeia.latent.material import DataSettings


TUNED: Changes = {
    "codes": {"optimiser": "adam", "learning_rate": 3e-3},
    "training": {"learning_rates": (3e-4,), "clip_gradient": 1.0},
}
"""Settings of all remedies: Adam for the codes too, three times the rate, and clipping: the best of four in a trial."""
CORE_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"),
)
"""The words that Speech Commands' speakers say most often."""
RUN: Changes = {"loss": {"places": "run", "points": 512}}
"""Spectra need neighbouring samples, and more of them."""
SPECTRAL = 10.0
"""Weight of a spectral distance beside a sum over samples."""
FAMOUS_SAMPLES = 150_000
"""Samples of the clips for which SIREN²'s noise was tuned."""
WAVEGAN_MORE = 1.2
"""WaveGAN's widths are few: it may have so many times the numbers of pi-GAN."""
LABELS = {
    "pi_gan": "π-GAN, faithful",
    "wavegan": "WaveGAN, faithful",
    "tuned": "π-GAN, Adam for codes, rate 3e-4, clipping",
    "siren2": "the same, SIREN² start",
    "spectral": "the same, spectral loss",
    "complex": "the same, phase-aware spectral loss",
    "multiplicative": "multiplicative filter network",
    "parallel": "parallel sub-networks",
    "wavegan_tuned": "WaveGAN, Adam for codes, clipping",
    "lapped": "windowed sines, closed form",
}
SETUPS = tuple(LABELS)
PROTOCOLS: dict[str, Changes] = {
    "laptop": {},
    "second": {
        "data": {"seconds": 1.0, "rate": 16000, "items": 64},
        "decoder": {"code": 128, "widths": (64,) * 8, "mapping_width": 64},
        "codes": {"batch": 64, "learning_rate": 0.3},
        "loss": {"points": 500},
    },
}
"""The laptop's sounds (half a second or one, 8 kHz, codes of 4 numbers), and 64 of a second at 16 kHz, codes of 128."""
SECOND_DATA: dict[str, Changes] = {
    "keyboard": {"data": {"lowest_pitch": 21, "highest_pitch": 108}},
    "keywords": {"data": {"words": CORE_WORDS}},
}
"""More of the sounds that there are: pianos of all pitches, and all words."""
UNSEEN: dict[str, dict[str, Any]] = {
    "keyboard": {"folder": "notes", "families": ("keyboard",), "unseen_by": "midi"},
    "keywords": {"folder": "keywords", "unseen_by": "speaker"},
    "notes": {"folder": "notes", "unseen_by": "midi"},
    "instruments": {"folder": "notes", "unseen_by": "speaker"},
}
"""Sounds of a second at 16 kHz, and what a quarter of them have of their own: pitch, speaker, pitch, instrument."""
UNSEEN_SHARE = 0.25


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Trainings of the same duration on one core."""

    setups: tuple[str, ...]
    seconds: float
    """Time of each training, at most; windowed sines take what they need."""
    protocol: str = "laptop"
    data: tuple[str, ...] = ("keyboard", "keywords")
    seeds: tuple[int, ...] = (0,)


def label_of(row: Row) -> str:
    """Return what a table calls a row."""
    name: str = row["cell"]["setup"]
    return LABELS.get(name, "windowed sines with details")


def beyond_configuration(setup: str, data: str, protocol: str, seconds: float, seed: int) -> "Configuration":
    """Return the configuration of a contestant; that of "lapped" names the budget's decoder, pi-GAN's.

    Raises:
        InputError: there is no such setup, data set or protocol.
    """
    if setup not in LABELS or protocol not in PROTOCOLS:
        raise InputError(f"unknown setup {setup!r} or protocol {protocol!r}")
    size = merged(PROTOCOLS[protocol], SECOND_DATA[data] if protocol == "second" else {})
    plain = family_configuration("pi_gan", data, seed=seed, changes=size)
    changes = merged(_changes(setup, plain), {"training": {"seconds": seconds, "evaluations": 8, "log_every": 1000}})
    if "kind" in changes.get("decoder", {}):
        size.pop("decoder", None)  # pi-GAN's
    base = "wavegan" if setup.startswith("wavegan") else "pi_gan"
    found = family_configuration(base, data, seed=seed, changes=merged(size, changes))
    return replace(found, training=replace(found.training, steps=MAX_STEPS))


def _changes(setup: str, plain: "Configuration") -> Changes:
    """Return what a setup changes in pi-GAN's configuration, or in WaveGAN's."""
    limit, samples = numbers_of(plain), plain.data.samples
    if setup.startswith("wavegan"):
        factors = (4,) * 4 if samples < 10_000 else (4, 4, 4, 4, 8)
        base = {"kind": "wavegan", "code": plain.decoder.code, "factors": factors, "filter": 256}
        base["first"] = -(-samples // prod(factors))
        widest = {"decoder": _widest(base, samples, round(limit * WAVEGAN_MORE))}
        return merged(widest, {"codes": TUNED["codes"], "training": {"clip_gradient": 1.0}} if "tuned" in setup else {})
    if setup in ("pi_gan", "lapped"):
        return {}
    if setup in ("multiplicative", "parallel"):
        mapping = getattr(plain.decoder, "mapping_width")  # noqa: B009 - pi-GAN's
        base = {"kind": setup, "code": plain.decoder.code, "mapping_width": mapping}
        base |= {"depth": 4, "reach": 12000.0 * plain.data.seconds} if setup == "multiplicative" else {}
        base |= {"networks": 4, "first_omega": 6000.0 * plain.data.seconds} if setup == "parallel" else {}
        rate = {"learning_rates": (1e-3,)} if setup == "multiplicative" else {}
        return merged(TUNED, {"decoder": _widest(base, samples, limit), "training": rate})
    more: dict[str, Changes] = {
        "tuned": {},
        "siren2": {"decoder": {"noise": _noise(plain) if setup == "siren2" else ()}},
        "spectral": merged(RUN, {"loss": {"spectral": SPECTRAL}}),
        "complex": merged(RUN, {"loss": {"complex": SPECTRAL}}),
    }
    return merged(TUNED, more[setup])


def numbers_of(setting: "Configuration") -> int:
    """Return the numbers of pi-GAN's decoder without the lengths of weight normalisation."""
    return replace(setting.decoder, weight_norm=False).numbers(setting.data.samples)  # type: ignore[call-arg]


def _widest(table: dict[str, Any], samples: int, limit: int) -> dict[str, Any]:
    """Return the table of a decoder with the largest width at which it has at most `limit` numbers."""
    from ligeia.codec.family.settings import settings_kind

    rest = {name: value for name, value in table.items() if name != "kind"}
    kind = settings_kind(table["kind"])
    fits = [width for width in range(1, 513) if _made(kind, rest, width).numbers(samples) <= limit]
    if not fits:
        raise InputError(f"no {table['kind']} decoder has at most {limit} numbers")
    return table | {"width": max(fits)}


def _made(kind: "type[DecoderSettings]", table: dict[str, Any], width: int) -> "DecoderSettings":
    return kind(width=width, **table)  # type: ignore[call-arg]


def _noise(plain: "Configuration") -> tuple[float, float]:
    """Return SIREN²'s noise for the mean spectral centroid of the sounds, its first part scaled to their length."""
    from ligeia.latent.material import read_material

    spectra = np.square(np.abs(np.fft.rfft(read_material(plain.data).waveforms)))
    centroid = float((spectra @ np.linspace(0, 1, spectra.shape[1])).sum() / spectra.sum())
    first, second = siren2_noise(centroid, getattr(plain.decoder, "first_omega"))  # noqa: B009 - pi-GAN's
    return first * plain.data.samples / FAMOUS_SAMPLES, second


def unseen_data(data: str) -> "tuple[tuple[DataSettings, DataSettings], str]":
    """Return the settings of the learned and of the unseen sounds of a data set, and "recorded" or "made".

    Raises:
        InputError: there is no such data set.
    """
    from ligeia.latent.material import DataSettings, chosen

    if data not in UNSEEN:
        raise InputError(f"unknown data set {data!r}; there are: {', '.join(UNSEEN)}")
    table, recorded = UNSEEN[data], "recorded"
    learned = DataSettings(**{**table, "folder": Path(table["folder"]), "unseen_share": UNSEEN_SHARE})
    try:
        chosen(learned)
    except InputError:
        learned = DataSettings(folder=made_folder(), seconds=0.5, unseen_share=UNSEEN_SHARE, unseen_by="id")
        recorded = "made"
    return (learned, replace(learned, part="unseen")), recorded
