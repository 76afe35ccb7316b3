"""The family of notes: what a code and a pitch say about the partials and the noise of a note, in numpy.

A small network gives for each partial how loud it is over time,

    level(t) = a + sum over k of b_k exp(-t / tau_k) - d t      (dB, d >= 0),

so that a note may last as long as it likes: what is of the onset fades, and what remains is a level that stays, or
falls evenly as a string's does. A second network does the same for bands of noise, and a third one gives inharmonicity
and how the pitch settles. All three see the timbre, the first numbers of a code; the others correct a note that
was embedded (`playing.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.settings import DecoderSettings, require_range
from ligeia.dsp.noise_bands import band_hz
from ligeia.errors import InputError

Reals = NDArray[np.floating[Any]]

ONSETS = (0.003, 0.008, 0.02, 0.05, 0.12, 0.3)
"""Time constants tau of what is of the onset, in seconds."""
SETTLING = (0.02, 0.05, 0.12, 0.3)
"""Time constants with which the pitch settles."""
SETTLED = 0.5
"""Seconds after which it has, whatever they say: from there on a note is in tune."""
DB = 20.0
"""Decibels in a unit of a network's output."""
DECAY = 40.0
"""Decibels per second in a unit of decay."""
CENTS = 30.0
"""Cents in a unit."""
QUIETEST_DB, LOUDEST_DB = -120.0, 6.0
"""Levels are held between these, relative to the note's loudest."""
STIFF_LOG, STIFF_SPAN = -4.5, 1.5
"""Logarithms to base 10 of inharmonicity: the middle, and the most to either side."""
NUMBERED = 24
"""The first partials are told apart by number, others by frequency alone."""
FORMANTS = 6
"""Sines and cosines of log frequency."""
WHOLE = 0.2
"""A number that is no further from a whole one is that one, as streams round it."""
MIDDLE_PITCH, PITCH_SPAN = 60.0, 24.0


@dataclass(frozen=True, kw_only=True)
class PartialsSettings(DecoderSettings):
    """Settings of the family of notes; `code` is `timbre` + `settling` + 3 + `corrections` numbers."""

    kind: ClassVar[str] = "partials"

    code: int = 480
    timbre: int = 16
    """The numbers of a code that say how an instrument sounds; all others are 0 unless a sound was embedded."""
    curve: int = 13
    """Numbers of a code for the curve of pitch."""
    corrections: int = 448
    """Numbers of a code for the envelopes of partials."""
    width: int = 128
    """Units in each hidden layer."""
    layers: int = 2
    """Hidden layers of each network."""
    bands: int = 24
    """Bands of the noise."""
    rate: int = 16000
    """Samples per second."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range."""
        require_range("timbre", self.timbre, 1, 256)
        require_range("curve", self.curve, 2, 1024)
        require_range("corrections", self.corrections, 0, 2**12)
        require_range("width", self.width, 1, 4096)
        require_range("layers", self.layers, 1, 16)
        require_range("bands", self.bands, 4, 80)
        require_range("rate", self.rate, 1000, 384_000)
        if self.code != (numbers := self.timbre + self.curve + 3 + self.corrections):
            raise InputError(f"code must be timbre + curve + 3 + corrections = {numbers}, got {self.code}")

    def shapes(self, samples: int) -> dict[str, tuple[int, ...]]:
        """`tone_`, `noise_` and `pitch_` `weight_k [inputs, outputs]` and `bias_k [outputs]`."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, (inputs, outputs) in self.networks().items():
            sizes = [self.timbre + inputs, *[self.width] * self.layers, outputs]
            for k in range(self.layers + 1):
                shapes[f"{name}_weight_{k}"] = (sizes[k], sizes[k + 1])
                shapes[f"{name}_bias_{k}"] = (sizes[k + 1],)
        return shapes

    @staticmethod
    def networks() -> dict[str, tuple[int, int]]:
        """Return features (beside the timbre) and outputs of each network."""
        terms = len(ONSETS) + 2
        features = 2 + 2 * FORMANTS + 1
        return {
            "tone": (features + NUMBERED + 2, terms + 1),
            "noise": (features, terms),
            "pitch": (2, 1 + len(SETTLING)),
        }


@dataclass(frozen=True)
class Code:
    """The numbers of a code by meaning."""

    timbre: Reals
    stiffness: float
    """Added to the logarithm of the inharmonicity, in units of `STIFF_SPAN`."""
    noise: float
    """Added to the level of the noise, in units of `DB`."""
    layout: int
    """Layout of the corrections; 0: there are none."""
    curve: Reals
    """Curve of pitch, in units of `CENTS`."""
    corrections: Reals


def code_parts(code: Reals, settings: PartialsSettings) -> Code:
    """Return the numbers of a code `[numbers]` by meaning."""
    numbers = code.astype(np.float64)
    timbre, rest = np.split(numbers, [settings.timbre])
    scalars, curve, corrections = np.split(rest, [3, 3 + settings.curve])
    layout = round(float(scalars[2]))
    if abs(scalars[2] - layout) > WHOLE:  # between two embedded notes there is no layout
        layout = 0
    return Code(timbre, float(scalars[0]), float(scalars[1]), layout, curve, corrections)


def code_of(parts: Code) -> NDArray[np.float32]:
    """Return the code of its parts: the inverse of `code_parts`."""
    scalars = [parts.stiffness, parts.noise, float(parts.layout)]
    return np.concatenate([parts.timbre, scalars, parts.curve, parts.corrections]).astype(np.float32)


# --- what the networks see ----------------------------------------------------------------------------


def tone_features(pitch: Reals, number: Reals, hz: Reals) -> Reals:
    """Return the features of partials with these numbers (1 ...) and frequencies, all `[n]`, as `[n, features]`."""
    numbered = (number[:, None] == np.arange(1, NUMBERED + 1)).astype(np.float64)
    more = np.stack([np.log2(number) / 4, np.cos(np.pi * number)], axis=1)
    return np.concatenate([_frequency_features(pitch, hz), numbered, more], axis=1)


def noise_features(pitch: Reals, hz: Reals) -> Reals:
    """Return the features of bands around these frequencies, both `[n]`, as `[n, features]`."""
    return _frequency_features(pitch, hz)


def pitch_features(pitch: Reals) -> Reals:
    """Return the features of notes with these pitches `[n]`, as `[n, 2]`."""
    height = (pitch - MIDDLE_PITCH) / PITCH_SPAN
    return np.stack([height, np.square(height)], axis=1)


def _frequency_features(pitch: Reals, hz: Reals) -> Reals:
    octaves = np.log2(hz / 1000) / 4
    angles = np.pi * np.multiply.outer(octaves, np.arange(1, FORMANTS + 1))
    return np.concatenate([pitch_features(pitch), octaves[:, None], np.sin(angles), np.cos(angles)], axis=1)


def onset_terms(seconds: Reals) -> Reals:
    """Return what the outputs of a network are multiplied by at instants `[n]`, as `[n, terms]`: dB."""
    fades = np.exp(-np.multiply.outer(seconds, 1 / np.array(ONSETS)))
    ones, falls = np.full((len(seconds), 1), DB), -DECAY * seconds[:, None]
    return np.concatenate([ones, DB * fades, falls], axis=1)


def settling_terms(seconds: Reals) -> Reals:
    """Return what the outputs of the pitch network are multiplied by at instants `[n]`, as `[n, terms]`: cents."""
    left = np.square((1 - seconds / SETTLED).clip(min=0))[:, None]
    return np.asarray(CENTS * left * np.exp(-np.multiply.outer(seconds, 1 / np.array(SETTLING))))


# --- what they say ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Networks:
    """The three networks of a family, in numpy."""

    settings: PartialsSettings
    arrays: Mapping[str, NDArray[np.float32]]

    def tone(self, timbre: Reals, pitch: Reals, number: Reals, hz: Reals) -> tuple[Reals, Reals]:
        """Return terms `[n, terms]` of partials, and flutter in dB `[n]`, of `timbre [n, numbers]` and others `[n]`."""
        outputs = self._outputs("tone", timbre, tone_features(pitch, number, hz))
        return _with_decay(outputs[:, :-1]), DB * _softplus(outputs[:, -1])

    def noise(self, timbre: Reals, pitch: Reals) -> Reals:
        """Return terms `[n, bands, terms]` of the bands of notes, `timbre [n, numbers]` and `pitch [n]`."""
        bands = self.settings.bands
        hz = np.tile(band_hz(self.settings.rate, bands), len(pitch))
        features = noise_features(np.repeat(pitch, bands), hz)
        terms = _with_decay(self._outputs("noise", np.repeat(timbre, bands, axis=0), features))
        return terms.reshape(len(pitch), bands, -1)

    def pitch(self, timbre: Reals, pitch: Reals) -> tuple[Reals, Reals]:
        """Return the logarithm to base 10 of inharmonicity `[n]`, and how pitches settle `[n, terms]`."""
        outputs = self._outputs("pitch", timbre, pitch_features(pitch))
        return STIFF_LOG + STIFF_SPAN * np.tanh(outputs[:, 0]), outputs[:, 1:]

    def _outputs(self, name: str, timbre: Reals, features: Reals) -> Reals:
        values = np.concatenate([timbre, features], axis=1).astype(np.float32)
        for k in range(self.settings.layers + 1):
            values = values @ self.arrays[f"{name}_weight_{k}"] + self.arrays[f"{name}_bias_{k}"]
            if k < self.settings.layers:
                values = _silu(values)
        return values.astype(np.float64)


def _with_decay(outputs: Reals) -> Reals:
    """Return terms whose last one, the decay, is not negative."""
    return np.concatenate([outputs[:, :-1], _softplus(outputs[:, -1:])], axis=1)


def _softplus(values: Reals) -> Reals:
    return np.asarray(np.logaddexp(0, values))


def _silu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(values / (1 + np.exp(-values.clip(min=-80))))


def amplitude(level_db: Reals) -> Reals:
    """Return the amplitudes of sines of these levels: their power is half the square."""
    return np.asarray(np.sqrt(2) * np.exp(level_db.clip(QUIETEST_DB, LOUDEST_DB) * (log(10) / 20)))
