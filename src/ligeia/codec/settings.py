"""Settings and report of `encode`, as plain data: which settings there are, and which go together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from ligeia.arguments import check_fields
from ligeia.audio.signal import Sound
from ligeia.codec.transform import presets as lapped
from ligeia.errors import SettingsError
from ligeia.networks import spec_named


@dataclass(frozen=True, kw_only=True)
class DensePreset:
    """A point between small and good, quick and patient."""

    name: str
    """The name on the command line."""
    summary: str
    """Its purpose."""
    quality: float
    """Size, 0 to 10 (see `bits_per_sample`)."""
    steps: int
    """Optimiser steps."""


DENSE_PRESETS: tuple[DensePreset, ...] = (
    DensePreset(name="draft", summary="a quick look: few steps, small", quality=5, steps=300),
    DensePreset(name="standard", summary="the usual one", quality=7, steps=1500),
    DensePreset(name="fine", summary="larger, and four times the patience", quality=9, steps=6000),
)
DENSE_BY_NAME = {preset.name: preset for preset in DENSE_PRESETS}
DENSE_DEFAULT = "standard"


def bits_per_sample(quality: float) -> float:
    """Return the stream's bits per sample and channel at a quality of 0 to 10: 1/4 at 0, doubling every 2, 8 at 10."""
    if not 0 <= quality <= 10:
        raise SettingsError(f"quality must lie between 0 and 10, got {quality}")
    return 0.25 * float(2.0 ** (quality / 2))


NETWORKS: Mapping[str, tuple[str, ...]] = {
    "lapped": tuple(lapped.BY_NAME),
    "siren": (),
    "dense": tuple(DENSE_BY_NAME),
}
"""The networks that `encode` knows, the default first, and their presets."""
DENSE_ONLY = ("width", "steps", "quantisation_aware")
"""Settings of a network that is fitted by gradient descent; they mean nothing to the others."""
MIN_KBPS, MAX_KBPS = 0.1, 100_000.0
SIZES = {"kbps": (MIN_KBPS, MAX_KBPS), "quality": (0.0, 10.0), "snr_db": (-100.0, 200.0)}
"""The settings that decide the size of a stream, at most one of which is given, and their ranges."""


class EncodeOptions(TypedDict, total=False):
    """The fields of `EncodeSettings` other than the preset, as arguments of `encode`."""

    network: str | None
    kbps: float | None
    quality: float | None
    snr_db: float | None
    width: int | None
    steps: int | None
    seed: int
    device: str
    quantisation_aware: bool | None


@dataclass(frozen=True, kw_only=True)
class EncodeSettings:
    """Settings of `encode`.

    Raises:
        TypeError: a value is of another type.
        SettingsError: a value is out of range, or two of them contradict each other.
    """

    network: str | None = None
    """"lapped", "siren" (sines of a phase that is fitted to the sound, for the least error) or "dense" (a SIREN of full
    matrices for each block, fitted by gradient descent); None: that of the preset, "lapped" where none is named."""
    preset: str | None = None
    """Name of the preset that decides what nothing else says: "speech", "music" or "waveform" of the lapped network
    (None: "waveform" for an SNR, else speech or music, see `likely_preset`), "draft", "standard" or "fine" of the dense
    one (None: "standard"); the siren has none."""
    kbps: float | None = None
    """Rate in 1000 bit/s: both networks come to within 2 % of it in sounds of 5 s or more, or a note says why not. The
    dense one stays below it, as far as the smallest network allows."""
    quality: float | None = None
    """Size, 0 to 10: how fine the steps of lapped and siren are (see `step_at`), or the dense network's bits per sample
    (see `bits_per_sample`)."""
    snr_db: float | None = None
    """Signal-to-noise ratio to reach, with the smallest size that does (of the dense network: on a ladder of sizes)."""
    width: int | None = None
    """Dense: units per layer, instead of the widest that the rate allows."""
    steps: int | None = None
    """Dense: optimiser steps, instead of the preset's."""
    seed: int = 0
    """Dense: where the random numbers start. (The other networks need none.)"""
    device: str = "auto"
    """Dense: "auto", "cpu" or "cuda"."""
    quantisation_aware: bool | None = None
    """Dense: let the last steps of the fit see its numbers as they will be stored (`fitting.quantised`; None: yes), or
    round them at the end.

    These steps take a quarter to a third longer: 3 to 5 % of the fit. In equal time two clips of speech neither gained
    nor lost with "draft" and "standard", and gained 0.4 dB with "fine"; a clip of Bach gained 1.4, 2.4 and 2.0 dB.
    """

    def __post_init__(self) -> None:
        check_fields(self)
        self._check_network()
        sizes = [name for name in SIZES if getattr(self, name) is not None]
        if len(sizes) > 1:
            raise SettingsError("give one of kbps, quality and snr")
        for name in sizes:
            value, (low, high) = getattr(self, name), SIZES[name]
            if not low <= value <= high:
                raise SettingsError(f"{name.removesuffix('_db')} must lie between {low:g} and {high:g}, got {value:g}")
        if self.width is not None and sizes:
            raise SettingsError("the width decides the size: give no kbps, quality or snr with it")

    @property
    def chosen_network(self) -> str:
        """ "lapped", "siren" or "dense".

        A siren with settings of descent is the dense one: before it was fitted otherwise, that was its only form.
        """
        if self.network == "siren" and self.of_descent:
            return "dense"
        return self.network or ("dense" if self.preset in DENSE_BY_NAME else "lapped")

    @property
    def of_descent(self) -> tuple[str, ...]:
        """Names of the settings given that only a network fitted by gradient descent has."""
        given = [name for name in DENSE_ONLY if getattr(self, name) is not None]
        given += ["preset"] if self.preset in DENSE_BY_NAME else []
        return (*given, *(["device"] if self.device not in ("auto", "cpu") else []))

    def lapped_preset(self, sound: Sound) -> lapped.Choice:
        """Return the preset of the lapped network for a sound; "waveform" reaches an SNR with the fewest bits."""
        if self.preset is not None:
            return lapped.Choice(lapped.BY_NAME[self.preset], "as asked for")
        if self.snr_db is not None:
            return lapped.Choice(lapped.BY_NAME["waveform"], "it reaches an SNR with the fewest bits")
        return lapped.likely_preset(sound)

    @property
    def dense_preset(self) -> DensePreset:
        """The preset of the dense network."""
        return DENSE_BY_NAME[self.preset or DENSE_DEFAULT]

    def dense_rate(self, sound: Sound) -> float:
        """Return the dense network's rate in 1000 bit/s by these settings (a target SNR aside)."""
        if self.kbps is not None:
            return self.kbps
        quality = self.dense_preset.quality if self.quality is None else self.quality
        return bits_per_sample(quality) * sound.rate * sound.channels / 1000

    def _check_network(self) -> None:
        """Raise `SettingsError` unless network, preset and settings are known, and belong together."""
        presets = [name for names in NETWORKS.values() for name in names]
        if self.preset is not None and self.preset not in presets:
            raise SettingsError(f"unknown preset {self.preset!r}; there are: {', '.join(presets)}")
        network = self.chosen_network
        if network not in NETWORKS:
            name = spec_named(network).name
            raise SettingsError(
                f"encode knows the networks {', '.join(NETWORKS)}; `fit` makes a {name}, which is stored exactly"
            )
        if self.preset is not None and self.preset not in NETWORKS[network]:
            raise SettingsError(
                f"the preset {self.preset} is not one of the network {network}, whose presets are "
                f"{', '.join(NETWORKS[network]) or 'none'}; leave the network out, and the preset decides"
            )
        if network != "dense" and self.device not in ("auto", "cpu"):
            raise SettingsError(
                f"the {network} network runs on the CPU, got the device {self.device!r}: name the network dense, or "
                "leave the device out"
            )
        for name in DENSE_ONLY:
            if network != "dense" and getattr(self, name) is not None:
                raise SettingsError(
                    f"{name} is a setting of the dense network, and the {network} one has no optimiser: "
                    "name the network dense, or leave the setting out"
                )


@dataclass(frozen=True)
class EncodeReport:
    """Results of encoding."""

    snr_db: float
    """SNR of the decoded stream."""
    seconds: float
    fit_snr_db: float | None = None
    """Dense: SNR of the blocks as fitted: before cross-fading, and before quantisation unless the fit knew it."""
    steps: int | None = None
    """Dense: optimiser steps of the slowest group of blocks."""
    attempts: int = 1
    """Dense: how many sizes were tried for a target SNR."""
    step: int | None = None
    """Lapped and siren: exponent of the (finest) quantisation steps, in sixteenths of an octave."""
    coefficients: int | None = None
    """Lapped and siren: coefficients other than 0."""
    preset: str | None = None
    """The preset that was taken, where one was."""
    preset_reason: str | None = None
    """The reason, in words."""
    speech_likelihood: float | None = None
    """Lapped network: how speech-like the sound is, 0 to 1, where that chose the preset; above 1/2 is speech."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The tags that the stream holds."""
    notes: tuple[str, ...] = ()
    """Remarks for the user, such as a rate that was out of reach."""
