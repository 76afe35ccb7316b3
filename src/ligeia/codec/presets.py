"""Presets: how small and how patient. A preset is plain data; `recipe_for` turns settings into a recipe."""

from dataclasses import dataclass, replace
from math import prod

from ligeia.audio.signal import Sound
from ligeia.codec.blocks import GAIN_BYTES
from ligeia.codec.container import Bits
from ligeia.codec.quantise import layout
from ligeia.errors import InputError
from ligeia.fitting.plan import cut
from ligeia.fitting.recipes import LIGEIA, Recipe, Shape, local_siren
from ligeia.networks.siren import Siren

MIN_KBPS, MAX_KBPS = 0.1, 100_000.0
OVERLAP_SECONDS = 0.005
"""Cross-fade between blocks."""
MARGIN_DB = 1.0
"""How much better than a target SNR a fit gets before it stops: quantisation will cost some of it."""
HEADER_BYTES = 32
"""Header of a stream, at most, for the networks that are designed here."""
FRAMING_BYTES = 10
"""Marker, number, length and checksum of a block, at most."""

HIDDEN_BITS = ((2.0, 5), (4.0, 6), (8.0, 7))
"""Bits of hidden weights below so many stream bits per sample; 8 above."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A point between small and good, quick and patient."""

    name: str
    """The name on the command line."""
    summary: str
    """What it is for."""
    quality: float
    """Size, 0 to 10 (see `bits_per_sample`)."""
    steps: int
    """Optimiser steps."""


PRESETS: tuple[Preset, ...] = (
    Preset(name="draft", summary="a quick look: few steps, small", quality=5, steps=300),
    Preset(name="standard", summary="the default", quality=7, steps=1500),
    Preset(name="fine", summary="larger, and four times the patience", quality=9, steps=6000),
)
BY_NAME = {preset.name: preset for preset in PRESETS}


@dataclass(frozen=True, kw_only=True)
class EncodeSettings:
    """What `encode` is asked for, as plain data.

    Raises:
        InputError: a value is out of range, or two of them contradict each other.
    """

    preset: str = "standard"
    """Name of the preset that decides what nothing else says."""
    kbps: float | None = None
    """Rate in 1000 bit/s that the stream stays below, as far as the smallest network allows."""
    quality: float | None = None
    """Size as bits per sample, 0 to 10 (see `bits_per_sample`)."""
    snr_db: float | None = None
    """Signal-to-noise ratio to reach with the smallest size on a ladder."""
    width: int | None = None
    """Units per layer, instead of the widest that the rate allows."""
    steps: int | None = None
    """Optimiser steps, instead of the preset's."""
    seed: int = 0
    """Where the random numbers start."""
    device: str = "auto"
    """"auto", "cpu" or "cuda"."""
    quantisation_aware: bool = True
    """Let the last steps of the fit see its numbers as they will be stored (`fitting.quantised`); no: round at the end.

    These steps take a quarter to a third longer: 3 to 5 % of the fit. In equal time two clips of speech neither gained
    nor lost with "draft" and "standard", and gained 0.4 dB with "fine"; a clip of Bach gained 1.4, 2.4 and 2.0 dB.
    """

    def __post_init__(self) -> None:
        preset_named(self.preset)
        if sum(value is not None for value in (self.kbps, self.quality, self.snr_db)) > 1:
            raise InputError("give one of kbps, quality and snr")
        if self.width is not None and (self.kbps, self.quality, self.snr_db) != (None, None, None):
            raise InputError("the width decides the size: give no kbps, quality or snr with it")
        if self.kbps is not None and not MIN_KBPS <= self.kbps <= MAX_KBPS:
            raise InputError(f"kbps must lie between {MIN_KBPS:g} and {MAX_KBPS:g}, got {self.kbps:g}")
        if self.quality is not None:
            bits_per_sample(self.quality)
        if self.snr_db is not None and not -100 <= self.snr_db <= 200:
            raise InputError(f"snr must lie between -100 and 200 dB, got {self.snr_db:g}")

    def rate_for(self, sound: Sound) -> float:
        """Rate in 1000 bit/s that these settings stand for (the target SNR aside)."""
        if self.kbps is not None:
            return self.kbps
        quality = preset_named(self.preset).quality if self.quality is None else self.quality
        return bits_per_sample(quality) * sound.rate * sound.channels / 1000


def preset_named(name: str) -> Preset:
    """The preset called `name`, or `InputError` that lists what there is."""
    if name not in BY_NAME:
        raise InputError(f"unknown preset {name!r}; there are: {', '.join(BY_NAME)}")
    return BY_NAME[name]


def bits_per_sample(quality: float) -> float:
    """Stream bits per sample and channel at a quality of 0 to 10: 1/4 at 0, doubling every 2, 8 at 10."""
    if not 0 <= quality <= 10:
        raise InputError(f"quality must lie between 0 and 10, got {quality}")
    return 0.25 * float(2.0 ** (quality / 2))


def bits_for(sound: Sound, kbps: float) -> Bits:
    """Bits per number at a rate: few where there are few bits for a sample, because more parameters then gain more.

    Measured on three recordings at 1.5, 3 and 6 bits per sample, where 5, 6 and 7 bits gave the highest SNR.
    """
    wanted = kbps * 1000 / (sound.rate * sound.channels)
    hidden = next((bits for limit, bits in HIDDEN_BITS if wanted < limit), 8)
    return Bits(first=18, hidden=hidden, output=hidden + 4)


def block_bytes(spec: Siren, bits: Bits) -> float:
    """Most bytes that a block of this network takes: every number at its full width, and the frame."""
    tensors = layout(spec, bits)
    numbers = sum(tensor.bits * prod(tensor.shape) for tensor in tensors)
    scales = sum(4 * (tensor.rows + 1) for tensor in tensors)
    tables = sum(tensor.tables for tensor in tensors)
    return FRAMING_BYTES + GAIN_BYTES + 4 + tables + (numbers + scales) / 8


def recipe_for(settings: EncodeSettings, sound: Sound, kbps: float) -> Recipe:
    """The recipe whose streams stay below `kbps` for a sound."""
    preset, bits = preset_named(settings.preset), bits_for(sound, kbps)
    steps = preset.steps if settings.steps is None else settings.steps
    target = None if settings.snr_db is None else settings.snr_db + MARGIN_DB
    config = replace(LIGEIA.config, steps=steps, seed=settings.seed, device=settings.device, snr_db=target)
    recipe = replace(
        LIGEIA, config=config, block_seconds=block_seconds(kbps, sound.rate), overlap_seconds=OVERLAP_SECONDS
    )
    # Shared among the blocks as they will be: neighbours overlap, so their lengths add up to more than the sound.
    count = cut(max(sound.frames, 1), sound.rate, recipe).count
    budget = (kbps * 125 * sound.frames / sound.rate - HEADER_BYTES) / count

    def fits(spec: Siren, shape: Shape) -> bool:
        return block_bytes(spec, bits) <= budget

    return replace(recipe, design=local_siren(fits)).resized(width=settings.width)


def block_seconds(kbps: float, rate: int) -> float:
    """Duration of blocks: 1/6 s, longer where that would hold fewer than about 600 parameters.

    Shorter ones, as in the recipe for fitting, gain nothing here: their frames and scales cost what they bring.
    """
    return min(max(1 / 6, 5.0 / kbps), 16.0, 2**20 / rate)
