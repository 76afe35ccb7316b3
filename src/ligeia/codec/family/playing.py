"""Notes of the family `partials` as samples: at any pitch and of any duration, and glides from one to another.

Every partial is one sine whose frequency and level move; what lies between two instruments, or two pitches, is again
one note and not two that sound together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import pi

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.model import FamilyModel, float_arrays
from ligeia.codec.family.partials import (
    CENTS,
    DB,
    MIDDLE_PITCH,
    STIFF_SPAN,
    Code,
    Networks,
    PartialsSettings,
    Reals,
    amplitude,
    code_parts,
    onset_terms,
    settling_terms,
)
from ligeia.dsp.noise_bands import shaped_noise
from ligeia.dsp.partials import HIGHEST, partial_count, partial_hz, pitch_hz
from ligeia.errors import InputError

FRAME_SECONDS = 0.0025
"""Levels are computed so often, and are linear in amplitude between."""
RISE_SECONDS = 0.002
"""Duration of the raised cosine with which a note begins: no click."""
RELEASE_SECONDS = 0.08
"""Duration of the one with which it ends, at most a quarter of the note."""
LEVEL, LEVEL_SECONDS = 0.1, 0.05
"""Root mean square of the loudest 50 ms."""
HIGHEST_PEAK = 0.95
FLUTTER_SECONDS = 0.09
"""Distance of the random numbers between which levels flutter."""
FLUTTER_SEED = 20
GOLDEN = 0.6180339887498949
LAYOUTS = (0, 1, 2, 4, 7, 14, 28, 56, 112)
"""Partials that are corrected, by the layout of a code."""
KNOT_BEND = 1.5
"""Knots lie at the duration times (k / (K - 1)) to this power: denser behind the onset."""
LEAST_PITCH, MOST_PITCH = 0.0, 130.0
MOST_CENTS = 1200.0
STIFF_LOGS = (-9.0, -2.0)
"""Range of the logarithm to base 10 of inharmonicity; a code may say anything."""
HELD_SECONDS = 0.4
"""Moment after the onset of a glide at which what falls gradually stands still."""
NUMBERS_PER_SECOND = 512
"""Numbers of a code at most for a second of sound, beside the timbre: shorter notes have fewer corrections."""


def notes(model: FamilyModel, codes: Reals, pitches: Reals | None, count: int) -> NDArray[np.float32]:
    """Return `count` samples of members of a family of notes, `[n, count]`; see `play`.

    Raises:
        InputError: the model's settings are not valid.
    """
    settings = partials_settings(model)
    return play(settings, float_arrays(model.arrays), codes, pitches, count)


def glide(model: FamilyModel, codes: Reals, pitches: Reals | None, count: int) -> NDArray[np.float32]:
    """Return one note whose code and pitch move over evenly spaced instants, `[count]`.

    `codes [instants, numbers]` and `pitches [instants]` in semitones (None: 60). What falls stands still after
    `HELD_SECONDS`, so that the end of the path is heard; corrections of single notes are left out.

    Raises:
        InputError: the model's settings are not valid.
    """
    settings = partials_settings(model)
    parts = replace(code_parts(codes.mean(axis=0), settings), layout=0)
    heights = np.full(len(codes), MIDDLE_PITCH) if pitches is None else pitches.astype(np.float64)
    timbres = codes[:, : settings.timbre].astype(np.float64)
    score = Score(timbres, heights.clip(LEAST_PITCH, MOST_PITCH), parts, held=HELD_SECONDS)
    return leveled(perform(Networks(settings, float_arrays(model.arrays)), score, count), model.rate)


def partials_settings(model: FamilyModel) -> PartialsSettings:
    """Return the settings of a family of notes.

    Raises:
        InputError: it is a family of another kind, or its settings are not valid.
    """
    settings = model.decoder
    if not isinstance(settings, PartialsSettings):
        raise InputError(f"the family {model.name} is not one of notes: its kind is {model.kind!r}")
    if settings.rate != model.rate:
        raise InputError(f"the family {model.name} has two rates: {model.rate} and, in its decoder, {settings.rate} Hz")
    return settings


def play(
    settings: PartialsSettings,
    arrays: Mapping[str, NDArray[np.float32]],
    codes: Reals,
    pitches: Reals | None,
    count: int,
) -> NDArray[np.float32]:
    """Return `count` samples of notes, `[n, count]`: `codes [n, numbers]`, `pitches [n]` in semitones (None: 60)."""
    networks = Networks(settings, arrays)
    heights = np.full(len(codes), MIDDLE_PITCH) if pitches is None else pitches
    notes = [Score.of(code, pitch, settings) for code, pitch in zip(codes, heights, strict=True)]
    return np.stack([leveled(perform(networks, note, count), settings.rate) for note in notes])


@dataclass(frozen=True, eq=False)
class Score:
    """The notes to play: timbre and pitch at evenly spaced instants from the first sample to the last."""

    timbres: Reals
    """`[instants, timbre]`."""
    pitches: Reals
    """Semitones, `[instants]`."""
    parts: Code
    """The code, for all that does not move."""
    held: float = 0.0
    """Seconds behind the onset at which a string's fall stands still; 0: it falls as it does."""

    @classmethod
    def of(cls, code: Reals, pitch: float, settings: PartialsSettings) -> "Score":
        """Return the score of one note."""
        parts = code_parts(code, settings)
        parts = replace(parts, layout=min(max(parts.layout, 0), len(LAYOUTS) - 1))
        return cls(parts.timbre[None], np.array([float(np.clip(pitch, LEAST_PITCH, MOST_PITCH))]), parts)


def perform(networks: Networks, score: Score, count: int) -> Reals:
    """Return `count` samples of a score, `[count]`, before they are leveled."""
    total = perform_tone(networks, score, count) + perform_noise(networks, score, count)
    if not score.parts.layout:  # a note that was embedded begins and ends as it did
        total *= _edges(count, networks.settings.rate)
    return total


def leveled(samples: Reals, rate: int) -> NDArray[np.float32]:
    """Return samples `[time]` with the loudest 50 ms at `LEVEL`, and no peak above `HIGHEST_PEAK`."""
    size = min(round(LEVEL_SECONDS * rate), len(samples))
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    loudest = np.sqrt(max(float((sums[size:] - sums[:-size]).max()) / size, 1e-20)) if size else 1.0
    peak = float(np.abs(samples).max(initial=1e-10))
    return (samples * min(LEVEL / loudest, HIGHEST_PEAK / peak)).astype(np.float32)


# --- partials -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tone:
    """The partials of a note over frames."""

    amplitudes: Reals
    """`[partials, frames]`."""
    hz: Reals
    """`[partials, frames]`, or `[partials, 1]` where it does not move."""
    bend: Reals
    """Relative pitch, `[frames]`."""
    hop: int
    """Samples from one frame to the next."""


def perform_tone(networks: Networks, score: Score, count: int) -> Reals:
    """Return the sum of the partials, `[count]`."""
    rate = networks.settings.rate
    tone = tone_of(networks, score, count)
    corrections = correction_curves(score.parts, networks.settings, count)
    total = np.zeros(count)
    at = np.arange(count) / tone.hop
    frames = np.arange(float(tone.amplitudes.shape[1]))
    clock = _clock(np.interp(at, frames, tone.bend), rate)
    for h in range(len(tone.amplitudes)):
        amplitudes = np.interp(at, frames, tone.amplitudes[h])
        turned = tone.hz[h, 0] * clock if tone.hz.shape[1] == 1 else _clock(_moving(tone, h, at, frames), rate)
        angle = 2 * pi * (turned + start_turn(h + 1))
        if h < len(corrections):
            factor = corrections[h]
            total += amplitudes * (factor.real * np.cos(angle) - factor.imag * np.sin(angle))
        else:
            total += amplitudes * np.cos(angle)
    return total


def tone_of(networks: Networks, score: Score, count: int) -> Tone:
    """Return the partials of a note of `count` samples."""
    rate = networks.settings.rate
    hop = max(round(FRAME_SECONDS * rate), 1)
    seconds = np.arange(-(-count // hop) + 1) * (hop / rate)
    stiff, settling = networks.pitch(score.timbres, score.pitches)
    inharmonicity = 10 ** (stiff + STIFF_SPAN * score.parts.stiffness).clip(*STIFF_LOGS)
    f0 = np.array([pitch_hz(pitch) for pitch in score.pitches]) / np.sqrt(1 + inharmonicity)
    number = max(partial_count(f, b, rate) for f, b in zip(f0, inharmonicity, strict=True))
    hz = np.stack([partial_hz(f, b, number) for f, b in zip(f0, inharmonicity, strict=True)], axis=1)
    levels = _levels(networks, score, hz, seconds)
    path = _path(hz, len(seconds))
    bend = 2 ** (_cents(score, settling, seconds) / 1200)
    fade = ((HIGHEST * rate - path * bend.max()) / (0.01 * rate) + 1).clip(0, 1)  # what would alias is silent
    return Tone(amplitude(levels) * fade, path, bend, hop)


def _levels(networks: Networks, score: Score, hz: Reals, seconds: Reals) -> Reals:
    """Return the levels of partials in dB, `[partials, frames]`; `hz [partials, instants]`."""
    partials, instants = hz.shape
    number = np.repeat(np.arange(1.0, partials + 1), instants)
    timbre = np.tile(score.timbres, (partials, 1))
    terms, flutter = networks.tone(timbre, np.tile(score.pitches, partials), number, hz.ravel())
    basis = onset_terms(_held(seconds, score.held))
    if instants == 1:
        levels, depth = terms @ basis.T, flutter[:, None]
    else:
        moving = _path(terms.reshape(partials, instants, -1).swapaxes(1, 2), len(seconds))
        levels = np.einsum("ptf,ft->pf", moving, basis)
        depth = _path(flutter.reshape(partials, instants), len(seconds))
    fluttering = depth * flutter_curves(partials, seconds)
    fluttering[: LAYOUTS[score.parts.layout]] = 0  # the corrections say how these move
    return np.asarray(levels + fluttering)


def _held(seconds: Reals, held: float) -> Reals:
    return seconds if held <= 0 else held * (1 - np.exp(-seconds / held))


def _path(values: Reals, frames: int) -> Reals:
    """Return values `[..., instants]` at `frames` places from the first instant to the last, linear between them."""
    instants = values.shape[-1]
    if instants == 1:
        return values
    places = np.linspace(0, instants - 1, frames)
    first = places.astype(np.int64).clip(max=instants - 2)
    part = places - first
    return np.asarray(values[..., first] * (1 - part) + values[..., first + 1] * part)


def _cents(score: Score, settling: Reals, seconds: Reals) -> Reals:
    """Return the deviation of the pitch, `[frames]`: how it settles, or the curve of the code where there is one."""
    if score.parts.layout:
        hats = knot_hats(len(score.parts.curve), len(seconds), np.arange(float(len(seconds))))
        return np.asarray((CENTS * (hats @ score.parts.curve)).clip(-MOST_CENTS, MOST_CENTS))
    return np.asarray((settling_terms(seconds) @ settling.T)[:, 0].clip(-100, 100))


def _moving(tone: Tone, h: int, at: Reals, frames: Reals) -> Reals:
    return np.asarray(np.interp(at, frames, tone.hz[h] * tone.bend))


def _clock(pace: Reals, rate: int) -> Reals:
    """Return the integral of `pace` per second at each sample: trapezoids, from 0."""
    return np.asarray(np.concatenate([[0.0], np.cumsum((pace[1:] + pace[:-1]) / 2)]) / rate)


def start_turn(number: int) -> float:
    """Return the phase of a partial at the onset, in turns: spread evenly, so that partials do not peak together."""
    return (number * number * GOLDEN) % 1


def flutter_curves(partials: int, seconds: Reals) -> Reals:
    """Return slow random curves of about unit variance, `[partials, frames]`; the first does not depend on how many."""
    knots = int(seconds[-1] / FLUTTER_SECONDS) + 3
    curves = np.empty((partials, len(seconds)))
    places = seconds / FLUTTER_SECONDS
    first = places.astype(np.int64)
    part = 0.5 - 0.5 * np.cos(pi * (places - first))
    for h in range(partials):
        bits = np.random.PCG64(FLUTTER_SEED + h).random_raw(knots) >> np.uint64(11)
        random = (bits.astype(np.float64) / 2**53 - 0.5) * 12**0.5
        random[0] = 0
        curves[h] = random[first] * (1 - part) + random[first + 1] * part
    return curves


# --- corrections --------------------------------------------------------------------------------------


def correction_shape(settings: PartialsSettings, layout: int, count: int) -> tuple[int, int]:
    """Return partials and knots of a layout for a note of `count` samples; (0, 0) where it has none."""
    if not 0 < layout < len(LAYOUTS):
        return 0, 0
    beside = settings.timbre + 3 + settings.curve
    numbers = min(settings.corrections, round(NUMBERS_PER_SECOND * count / settings.rate) - beside)
    partials = LAYOUTS[layout]
    knots = max(numbers, 0) // (2 * partials)
    return (partials, knots) if knots else (0, 0)


def knot_hats(knots: int, count: int, places: Reals) -> Reals:
    """Return the knots' weights at `places [n]` of a note of `count` of them, `[n, knots]`: linear between knots."""
    if knots == 1:
        return np.ones((len(places), 1))
    at = np.linspace(0, 1, knots) ** KNOT_BEND * max(count - 1, 1)
    return np.stack([np.interp(places, at, row) for row in np.eye(knots)], axis=1)


def correction_curves(parts: Code, settings: PartialsSettings, count: int) -> NDArray[np.complex128]:
    """Return the complex factors on partials, `[partials, count]`: 1 and the corrections."""
    partials, knots = correction_shape(settings, parts.layout, count)
    values = parts.corrections[: 2 * partials * knots].reshape(partials, knots, 2)
    hats = knot_hats(knots, count, np.arange(float(count))) if knots else np.zeros((count, 0))
    return np.asarray(1 + (values[..., 0] + 1j * values[..., 1]) @ hats.T)


# --- noise, and both ends -----------------------------------------------------------------------------


def perform_noise(networks: Networks, score: Score, count: int) -> Reals:
    """Return the noise of a note, `[count]`."""
    rate = networks.settings.rate
    hop = 2 * max(round(FRAME_SECONDS * rate), 1)
    seconds = np.arange(count // hop + 2) * (hop / rate)
    terms = networks.noise(score.timbres, score.pitches)
    moving = _path(np.moveaxis(terms, 0, -1), len(seconds))
    basis = onset_terms(_held(seconds, score.held))
    levels = moving[..., 0] @ basis.T if moving.shape[-1] == 1 else np.einsum("btf,ft->bf", moving, basis)
    return shaped_noise((levels + DB * score.parts.noise).T.clip(-120, 6), hop, rate, count)


def _edges(count: int, rate: int) -> Reals:
    """Return the rise and the release, `[count]`."""
    gain = np.ones(count)
    rise = min(round(RISE_SECONDS * rate), count)
    gain[:rise] = 0.5 - 0.5 * np.cos(pi * np.arange(rise) / max(rise, 1))
    release = min(round(RELEASE_SECONDS * rate), count // 4)
    gain[count - release :] *= 0.5 + 0.5 * np.cos(pi * (np.arange(release) + 1) / max(release, 1))
    return gain
