"""Is a recording one of a voice that speaks? Two old and plain signs, from the middle of it.

Speech comes in syllables: many short stretches are far softer than the second around them (the low short-time energy
ratio of Lu, Jiang & Zhang 2002). And it alternates between voice and hiss, so that its spectral centroid jumps.
"""

from dataclasses import dataclass
from math import inf, log2

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.codec.transform.quantiser import Rounding
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP, PROFILES, Profile
from ligeia.errors import InputError

TRIED_SECONDS = 20.0
FRAME_SECONDS = 0.02
SECOND = 50
"""Frames of a second."""
LEAST = 1e-3
"""What is softer than this part of the mean is not looked at."""
SOFT_SHARE, CENTROID_SPREAD = 0.25, 0.72
"""Of 101 recordings of speech 99 are above one of the two, 92 above both; of 26 of music 11, and one (in stereo)."""


def spoken(sound: Sound, *, surely: bool) -> bool:
    """Whether a sound seems to be speech: by both signs (`surely`), or by one of them at least.

    In less than a second there is no sign, and nothing is sure.
    """
    if sound.frames < sound.rate:
        return not surely
    found = [soft_share(sound) > SOFT_SHARE, centroid_spread(sound) > CENTROID_SPREAD]
    return all(found) if surely else any(found)


def soft_share(sound: Sound) -> float:
    """How many frames have less than half the mean RMS of their second, 0 to 1."""
    loudness = np.sqrt(np.square(_frames(sound)).mean(axis=1))
    seconds = loudness[: len(loudness) // SECOND * SECOND].reshape(-1, SECOND)
    means = seconds.mean(axis=1, keepdims=True)
    heard = means[:, 0] > LEAST * loudness.mean() if len(loudness) else np.zeros(0, bool)
    return float((seconds < means / 2)[heard].mean()) if heard.any() else 0.0


def centroid_spread(sound: Sound) -> float:
    """Standard deviation of the natural logarithm of the spectral centroid (Hz, plus 50), of frames that are heard."""
    frames = _frames(sound)
    if frames.shape[1] < 2:
        return 0.0
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]), axis=1)))
    total = power.sum(axis=1)
    heard = total > 0.01 * total.mean() if len(total) else np.zeros(0, bool)
    if np.count_nonzero(heard) < SECOND:
        return 0.0
    hertz = np.fft.rfftfreq(frames.shape[1], 1 / sound.rate)
    return float(np.std(np.log(power[heard] @ hertz / total[heard] + 50)))


def _frames(sound: Sound) -> NDArray[np.float64]:
    """The middle of the sound, its channels mixed, in frames `[frames, samples]`."""
    length = max(round(FRAME_SECONDS * sound.rate), 1)
    count = min(round(TRIED_SECONDS / FRAME_SECONDS), sound.frames // length)
    first = (sound.frames - count * length) // 2
    samples = sound.read(first, first + count * length).mean(axis=0, dtype=np.float64)
    return np.asarray(samples.reshape(count, length))


DEFAULT_QUALITY = 6.0
FINER = 9
"""By how many sixteenths of an octave steps are finer for each point of quality: 3.4 dB."""
USUAL_LEVEL = -4.0
"""log2 of an RMS: -24 dB below full scale, as recordings of speech and of music often have."""
AT_ONCE = 2**20
"""Samples that are read together."""
VOLUME_STEP = 4
"""Exponents by which steps follow the volume at once: a copy that is a little less loud should get the same steps."""
SPEECH_RATE = 24000
"""Highest sampling rate in Hz at which one channel is probably speech."""


@dataclass(frozen=True, kw_only=True)
class LappedPreset:
    """A kind of sound, and how it is stored."""

    name: str
    """The name on the command line; also that of its profile."""
    summary: str
    """What it is for."""
    frame_seconds: tuple[float, ...]
    """Durations of a superframe, about: the first, or a longer one that takes fewer bits."""
    rounding: Rounding
    """How weights are rounded."""
    coarsest: int
    """Exponent of the steps at quality 0."""
    patience: float = 0.0
    """Which part of the bits a longer superframe has to save at least: the ear minds errors before an attack."""

    @property
    def profile(self) -> Profile:
        """The rule for its steps that decoders know."""
        return next(profile for profile in PROFILES.values() if profile.name == self.name)


# At quality 5, six clips of speech (16 kHz, mono) took 16 kbit/s on average, five of music (44.1 kHz, stereo) 96.
PRESETS: tuple[LappedPreset, ...] = (
    LappedPreset(
        name="speech", summary="as it is heard: voices",
        frame_seconds=(0.02,), rounding=Rounding(dead_zone=0.045), coarsest=121,
    ),
    LappedPreset(
        name="music", summary="as it is heard: anything",
        frame_seconds=(0.0232, 0.0464, 0.0929), rounding=Rounding(dead_zone=0.0), coarsest=171, patience=0.08,
    ),
    LappedPreset(
        name="waveform", summary="the least error",
        frame_seconds=(0.02, 0.0464, 0.0929), rounding=Rounding(dead_zone=0.08, lagrangian=0.07), coarsest=331,
    ),
)  # fmt: skip
BY_NAME = {preset.name: preset for preset in PRESETS}


def likely_preset(sound: Sound) -> LappedPreset:
    """The preset that probably suits a sound: "speech" for one channel that seems to be speech, "music" for all else.

    Up to 24 kHz one sign of speech is enough, above that it takes both (see `kind.spoken`).
    """
    return BY_NAME["speech" if sound.channels == 1 and spoken(sound, surely=sound.rate > SPEECH_RATE) else "music"]


def step_at(preset: LappedPreset, quality: float, level: float = USUAL_LEVEL) -> int:
    """Exponent of the steps at a quality of 0 to 10: `FINER` less for each point.

    `level` is that of the whole sound, log2 of its RMS: at another volume the same sound takes about as many bits.
    Sizes follow the sound. At quality 0, 5 and 10 clips of speech (16 kHz, mono) took about 4, 16 and 50 kbit/s with
    "speech", clips of music (44.1 kHz, stereo) about 26, 96 and 300 with "music".

    Raises:
        InputError: the quality is out of range.
    """
    if not 0 <= quality <= 10:
        raise InputError(f"quality must lie between 0 and 10, got {quality}")
    profile = preset.profile
    followed = profile.slope + profile.loud  # sixteenths of an octave by which steps follow the volume anyway
    louder = round((16 - followed) * (level - USUAL_LEVEL) / VOLUME_STEP) * VOLUME_STEP
    return min(max(round(preset.coarsest - FINER * quality) + louder, MIN_STEP), MAX_STEP)


def level_of(sound: Sound) -> float:
    """log2 of the RMS of a sound; `USUAL_LEVEL` where there is none."""
    energy = 0.0
    for start in range(0, sound.frames, AT_ONCE):
        energy += float(np.square(sound.read(start, start + AT_ONCE), dtype=np.float64).sum())
    mean = energy / max(sound.frames * sound.channels, 1)
    return log2(mean) / 2 if 0 < mean < inf else USUAL_LEVEL
