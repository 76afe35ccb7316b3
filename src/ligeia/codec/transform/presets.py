"""Presets of the transform codec, and the decision between speech and music.

Two old and simple features tell speech. It comes in syllables: many short frames are far softer than the second around
them (the low short-time energy ratio of Lu, Jiang & Zhang 2002). And it alternates between voice and hiss, so that its
spectral centroid jumps.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, log2

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.codec.transform.analysis import BLOCK_SECONDS
from ligeia.codec.transform.quantiser import Rounding
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP, PROFILES, Profile
from ligeia.errors import InputError

DEFAULT_QUALITY = 6.0
EXPONENTS_PER_QUALITY = 9
"""By how many sixteenths of an octave steps are finer for each point of quality: 3.4 dB."""
USUAL_LEVEL = -4.0
"""log2 of an RMS: -24 dB below full scale, as recordings of speech and of music often have."""
SAMPLES_AT_ONCE = 2**20
VOLUME_STEP = 4
"""Exponents by which steps follow the volume at once: a copy that is a little less loud should get the same steps."""
SPEECH_RATE = 24000
"""Highest sampling rate in Hz at which one channel is probably speech."""


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
    profile_name: str | None = None
    """Name of its profile, where it is not its own."""
    longer_must_save: float = 0.0
    """Part of the bits that longer frames have to save at least: errors before an attack are audible."""

    @property
    def profile(self) -> Profile:
        """The rule for its steps that decoders know."""
        return next(profile for profile in PROFILES.values() if profile.name == (self.profile_name or self.name))


# At quality 5, six clips of speech (16 kHz, mono) took 16 kbit/s on average, five of music (44.1 kHz, stereo) 96.
PRESETS: tuple[TransformPreset, ...] = (
    TransformPreset(
        name="speech", summary="perceptual: voices",
        frame_seconds=(0.02,), rounding=Rounding(dead_zone=0.045), coarsest=121,
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
LOW_RATE_KBPS = 8.0
"""Rates below this for each channel, in 1000 bit/s, are low for speech."""
PRICED_KBPS, PRICES = (4.0, 6.0), (0.5, 0.25)
"""Prices of a bit at two rates; between them it falls. Of .12, .25, .5 these had the best PESQ after the synthesis."""
LEARNED_FROM = BY_NAME | {"speech_low": LOW_RATE_SPEECH}
"""Presets by the names of their profiles: each profile has contexts of its own."""


def for_rate(preset: TransformPreset, kbps: float | None, sound: Sound) -> TransformPreset:
    """Return `LOW_RATE_SPEECH` instead of "speech" where a low rate is the target, up to `SPEECH_RATE`.

    The higher the rate, the less scale factors have to save.
    """
    if kbps is None or kbps >= LOW_RATE_KBPS * sound.channels or sound.rate > SPEECH_RATE:
        return preset
    if preset is not BY_NAME["speech"]:
        return preset
    return replace(LOW_RATE_SPEECH, price=float(np.interp(kbps / sound.channels, PRICED_KBPS, PRICES)))


def likely_preset(sound: Sound) -> TransformPreset:
    """Return the preset that probably suits a sound: "speech" for one channel that seems to be speech, else "music".

    Up to 24 kHz one sign of speech is enough, above that it takes both.
    """
    is_speech = sound.channels == 1 and seems_speech(sound, surely=sound.rate > SPEECH_RATE)
    return BY_NAME["speech" if is_speech else "music"]


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
    """Return log2 of the RMS of a sound, `USUAL_LEVEL` where there is none; `on_share` gets the share that is read."""
    energy = 0.0
    for start in range(0, sound.sample_count, SAMPLES_AT_ONCE):
        energy += float(np.square(sound.read(start, start + SAMPLES_AT_ONCE), dtype=np.float64).sum())
        if on_share is not None:
            on_share(start / sound.sample_count)
    mean = energy / max(sound.sample_count * sound.channels, 1)
    return log2(mean) / 2 if 0 < mean < inf else USUAL_LEVEL


EXAMINED_SECONDS = 20.0
FRAME_SECONDS = 0.02
SECOND = 50
"""Frames of a second."""
LEAST_LOUDNESS = 1e-3
"""Frames softer than this part of the mean are ignored."""
SOFT_SHARE, CENTROID_SPREAD = 0.25, 0.72
"""Thresholds: of 101 recordings of speech 99 exceed one of the two, 92 both; of 26 of music 11, and one (in stereo)."""


def seems_speech(sound: Sound, *, surely: bool) -> bool:
    """Return whether a sound seems to be speech: by both signs (`surely`), or by one of them at least.

    Less than a second of sound shows neither sign.
    """
    if sound.sample_count < sound.rate:
        return not surely
    signs = [soft_share(sound) > SOFT_SHARE, centroid_spread(sound) > CENTROID_SPREAD]
    return all(signs) if surely else any(signs)


def soft_share(sound: Sound) -> float:
    """Return the share of frames that have less than half the mean RMS of their second, 0 to 1."""
    loudness = np.sqrt(np.square(_middle_frames(sound)).mean(axis=1))
    seconds = loudness[: len(loudness) // SECOND * SECOND].reshape(-1, SECOND)
    means = seconds.mean(axis=1, keepdims=True)
    heard = means[:, 0] > LEAST_LOUDNESS * loudness.mean() if len(loudness) else np.zeros(0, bool)
    return float((seconds < means / 2)[heard].mean()) if heard.any() else 0.0


def centroid_spread(sound: Sound) -> float:
    """Return the standard deviation of ln(spectral centroid in Hz + 50) over the frames that are heard."""
    frames = _middle_frames(sound)
    if frames.shape[1] < 2:
        return 0.0
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]), axis=1)))
    total = power.sum(axis=1)
    heard = total > 0.01 * total.mean() if len(total) else np.zeros(0, bool)
    if np.count_nonzero(heard) < SECOND:
        return 0.0
    hertz = np.fft.rfftfreq(frames.shape[1], 1 / sound.rate)
    return float(np.std(np.log(power[heard] @ hertz / total[heard] + 50)))


def _middle_frames(sound: Sound) -> NDArray[np.float64]:
    """The middle of the sound, its channels mixed, in frames `[frames, samples]`."""
    length = max(round(FRAME_SECONDS * sound.rate), 1)
    count = min(round(EXAMINED_SECONDS / FRAME_SECONDS), sound.sample_count // length)
    first = (sound.sample_count - count * length) // 2
    samples = sound.read(first, first + count * length).mean(axis=0, dtype=np.float64)
    return np.asarray(samples.reshape(count, length))
