"""Presets of the transform codec, the decision between speech and music, and the steps of a quality."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, log2

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.codec.transform.analysis import BLOCK_SECONDS, ScaleFactorRule
from ligeia.codec.transform.empty_bands import EmptyBands
from ligeia.codec.transform.quantiser import Rounding
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP, PROFILES, Profile
from ligeia.codec.transform.speech import LOW_RATE, speech_likelihood
from ligeia.errors import InputError

DEFAULT_QUALITY = 6.0
EXPONENTS_PER_QUALITY = 9
"""Sixteenths of an octave by which steps are finer for each point of quality: 3.4 dB."""
USUAL_LEVEL = -4.0
"""log2 of an RMS: -24 dB below full scale, as recordings of speech and of music often have."""
SAMPLES_AT_ONCE = 2**20
VOLUME_STEP = 4
"""Exponents by which steps follow the volume at once: a copy that is a little less loud should get the same steps."""
NOISE, SOFT_NOISE = (0.92, 0.84), (0.67, 0.64)
"""Noise in low and high empty bands of speech, and soft noise: what a decoder makes of rounded scale factors."""
SOFT_KBPS = (8.0, 16.0)
"""Rates of a channel up to which it is soft, and from which on it is not: at low ones, formants are empty, too."""
DUAL_MONO = 1e-4
"""Largest energy of the difference of two channels, as a part of that of their sum, at which both count as one."""


@dataclass(frozen=True, kw_only=True)
class TransformPreset:
    """A kind of sound, and how it is stored."""

    name: str
    """The name on the command line; mostly that of its profile, too."""
    summary: str
    """Its purpose."""
    frame_seconds: tuple[float, ...]
    """Durations of a frame, about: the first, or a longer one that takes fewer bits."""
    rounding: Rounding
    coarsest: int
    """Exponent of the steps at quality 0."""
    block_seconds: float = BLOCK_SECONDS
    """Duration of a block at most."""
    price: float = 0.0
    """Squared octaves of error in a scale factor that a bit is worth; 0: they are rounded whatever they cost."""
    noise: tuple[float, float] | None = None
    """Amplitude of the noise in low and in high empty bands as a part of their own; None: as rounding has it."""
    profile_name: str | None = None
    """Name of its profile, where it is not its own."""
    longer_must_save: float = 0.0
    """Part of the bits that longer frames have to save at least: errors before an attack are audible."""

    @property
    def profile(self) -> Profile:
        """The rule for its steps that decoders know."""
        return next(profile for profile in PROFILES.values() if profile.name == (self.profile_name or self.name))

    @property
    def scale_factor_rule(self) -> ScaleFactorRule:
        """The rule by which its scale factors are chosen."""
        if self.noise is None:
            return ScaleFactorRule(price=self.price)
        low, high = self.noise
        empty = EmptyBands(low=low, high=high, least=0.5 + self.rounding.dead_zone)
        return ScaleFactorRule(price=self.price, empty=empty)


# At quality 5, six clips of speech (16 kHz, mono) took 16 kbit/s on average, five of music (44.1 kHz, stereo) 96.
PRESETS: tuple[TransformPreset, ...] = (
    TransformPreset(
        name="speech", summary="perceptual: voices",
        frame_seconds=(0.02,), rounding=Rounding(dead_zone=0.045), coarsest=121, noise=NOISE,
    ),
    TransformPreset(
        name="music", summary="perceptual: anything",
        frame_seconds=(0.0232, 0.0464, 0.0929), rounding=Rounding(dead_zone=0.0), coarsest=171, longer_must_save=0.08,
    ),
    TransformPreset(
        name="waveform", summary="the least error",
        frame_seconds=(0.02, 0.0464, 0.0929), rounding=Rounding(dead_zone=0.08, lagrangian=0.07), coarsest=331,
    ),
)  # fmt: skip
BY_NAME = {preset.name: preset for preset in PRESETS}

# With the preset "speech", 2.6 kbit/s were scale factors whatever the rate (16 kHz, mono): at 3 kbit/s hardly anything
# was left for coefficients. Longer blocks, and scale factors that change only where it matters, take 1.7.
LOW_RATE_SPEECH = TransformPreset(
    name="speech", summary="perceptual: voices at low rates", profile_name="speech_low",
    frame_seconds=(0.02,), rounding=Rounding(dead_zone=0.045), coarsest=148, block_seconds=3.0, price=0.5,
)  # fmt: skip
WAVEFORM_SPEECH = TransformPreset(
    name="waveform", summary="the least error: one voice", profile_name="waveform_speech",
    frame_seconds=(0.02,), rounding=Rounding(dead_zone=0.08, lagrangian=0.07), coarsest=333, block_seconds=3.0,
)  # fmt: skip
LOW_RATE_KBPS = 8.0
"""Rates below this for each channel, in 1000 bit/s, are low for speech."""
PRICED_KBPS, PRICES = (4.0, 6.0), (0.5, 0.25)
"""Prices of a bit at two rates; between them it falls. Of .12, .25, .5 these had the best PESQ after the synthesis."""

# Where time is bent longer frames pay; and blocks, too, of which three seconds are one, whatever the frames.
SIREN = TransformPreset(
    name="siren", summary="the least error, in bent time", frame_seconds=(0.028, 0.02, 0.036),
    rounding=Rounding(dead_zone=0.08, lagrangian=0.07), coarsest=331, block_seconds=3.05,
)  # fmt: skip
LEARNED_FROM = BY_NAME | {"speech_low": LOW_RATE_SPEECH, "siren": SIREN, "waveform_speech": WAVEFORM_SPEECH}
"""Presets by the names of their profiles: each profile has contexts of its own."""


def for_rate(preset: TransformPreset, kbps: float | None, sound: Sound) -> TransformPreset:
    """Return the preset that has learned from such sounds, and from such rates.

    That is `WAVEFORM_SPEECH` instead of "waveform" for one channel of speech, up to `LOW_RATE`; and `LOW_RATE_SPEECH`
    instead of "speech" where a low rate is the target, up to the same. There, the higher the rate, the less scale
    factors have to save, and the louder the noise in empty bands is.
    """
    if preset is BY_NAME["waveform"] and sound.channels == 1 and sound.rate <= min(LOW_RATE, sound.sample_count):
        return WAVEFORM_SPEECH if speech_likelihood(sound) > 0.5 else preset
    if kbps is None or preset is not BY_NAME["speech"]:
        return preset
    each = kbps / sound.channels
    if each < LOW_RATE_KBPS and sound.rate <= LOW_RATE:
        return replace(LOW_RATE_SPEECH, price=float(np.interp(each, PRICED_KBPS, PRICES)))
    if each <= SOFT_KBPS[0]:
        return replace(preset, noise=None)
    softer = [float(np.interp(each, SOFT_KBPS, parts)) for parts in zip(SOFT_NOISE, NOISE, strict=True)]
    return replace(preset, noise=(softer[0], softer[1]))


def lacks_low_rates(preset: TransformPreset, kbps: float, sound: Sound) -> bool:
    """True for speech at a rate that `LOW_RATE_SPEECH` is for, in a sound that it is not for."""
    return preset.name == "speech" and kbps < LOW_RATE_KBPS * sound.channels and sound.rate > LOW_RATE


@dataclass(frozen=True)
class Choice:
    """A preset, and why it was taken."""

    preset: TransformPreset
    reason: str
    speech: float | None = None
    """Likelihood of speech, 0 to 1, where that decided (see `speech_likelihood`)."""


def likely_preset(sound: Sound) -> Choice:
    """Return the preset that probably suits a sound: "speech" for what seems to be speech, else "music"."""
    likelihood = speech_likelihood(sound)
    name, seems = ("speech", "seems to be speech") if likelihood > 0.5 else ("music", "does not seem to be speech")
    if sound.sample_count < sound.rate:
        seems = "is too short to tell; its rate decides"
    return Choice(BY_NAME[name], f"the sound {seems}", likelihood)


def step_at(preset: TransformPreset, quality: float, level: float = USUAL_LEVEL) -> int:
    """Return the exponent of the steps at a quality of 0 to 10: `EXPONENTS_PER_QUALITY` less for each point.

    `level` is that of the whole sound, log2 of its RMS: at another volume the same sound takes about as many bits.
    Bytes follow the sound. At quality 0, 5 and 10 clips of speech (16 kHz, mono) took about 4, 16 and 50 kbit/s with
    "speech", clips of music (44.1 kHz, stereo) about 26, 96 and 300 with "music".

    Raises:
        InputError: the quality is out of range.
    """
    if not 0 <= quality <= 10:
        raise InputError(f"quality must lie between 0 and 10, got {quality}")
    profile = preset.profile
    followed = profile.slope + profile.loud  # sixteenths of an octave by which steps follow the volume anyway
    louder = round((16 - followed) * (level - USUAL_LEVEL) / VOLUME_STEP) * VOLUME_STEP
    return min(max(round(preset.coarsest - EXPONENTS_PER_QUALITY * quality) + louder, MIN_STEP), MAX_STEP)


def level_of(sound: Sound, on_share: Callable[[float], None] | None = None) -> float:
    """Return log2 of the RMS of a sound, `USUAL_LEVEL` where there is none; `on_share` gets the share that is read.

    Two channels that are (nearly) the same count as their sum, divided by sqrt(2), which is all that takes bits: steps
    that follow it give each of them the error that one channel alone would have.
    """
    energy = side = 0.0
    for start in range(0, sound.sample_count, SAMPLES_AT_ONCE):
        samples = sound.read(start, start + SAMPLES_AT_ONCE)
        energy += float(np.square(samples, dtype=np.float64).sum())
        if sound.channels == 2:
            side += float(np.square(np.subtract(*samples, dtype=np.float64)).sum()) / 2
        if on_share is not None:
            on_share(start / sound.sample_count)
    channels = 1 if sound.channels == 2 and side <= DUAL_MONO * (energy - side) else sound.channels
    mean = energy / max(sound.sample_count * channels, 1)
    return log2(mean) / 2 if 0 < mean < inf else USUAL_LEVEL
