"""The code of a note that a family has not learned from, in closed form: `ligeia embed notes`.

Pitch and partials are found; the timbre is the one whose levels come closest (Gauss-Newton from the nearest voices, a
few products of small matrices each); and what is left is corrected by factors on the partials, linear between knots:
the sound is a linear function of them, so that the best ones solve one system of equations.
"""

from dataclasses import dataclass, replace
from math import log10, pi
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.codes import Member, storable_gain, storable_pitch
from ligeia.codec.family.model import FamilyModel, float_arrays
from ligeia.codec.family.partials import (
    CENTS,
    DB,
    STIFF_SPAN,
    Code,
    Networks,
    PartialsSettings,
    Reals,
    code_of,
    onset_terms,
)
from ligeia.codec.family.playing import (
    LAYOUTS,
    Score,
    correction_shape,
    knot_hats,
    leveled,
    partials_settings,
    perform,
    start_turn,
    tone_of,
)
from ligeia.dsp.noise_bands import band_levels
from ligeia.dsp.partials import Partials, add_partials, find_partials, find_pitch, frame_hop
from ligeia.errors import InputError
from ligeia.latent.partials.material import NOISE_MARGIN_DB, decibels, instants, loudest_rms

TRIED_VOICES = 3
"""The voices from which a timbre is searched."""
ROUNDS = 6
DIFFERENCE = 1e-2
"""Step of a difference quotient of a code."""
DAMPING = 2.0
"""Cost of the square of a code's distance from its voice, beside squared errors in dB² for each number."""
WEIGHED_DB = (-70.0, -15.0)
LARGEST_ERROR_DB = 12.0
RIDGE = 3e-4
"""Cost of the square of a correction, relative to the mean energy of a partial."""
CORRECTED_MARGIN_DB = 6.0
"""Noise is quieter by so much more beside corrected partials, where what it adds to the error counts."""
PIECE = 1 << 14
"""Samples of which equations are summed up at a time."""
CURVE_RIDGE = 1e-6
SHORTEST_SECONDS = 0.05


@dataclass(frozen=True)
class EmbeddedNote:
    """A note as a member of a family."""

    member: Member
    si_snr_db: float
    """SI-SNR of the member, before its numbers are rounded."""
    numbers: int
    """Numbers of the code that are used; pitch and gain are two more."""
    seconds: float
    """Time that it took."""


def embed_note(model: FamilyModel, samples: Reals, pitch: float | None = None) -> EmbeddedNote:
    """Return the member of a family of notes that is nearest to a note `[time]` at the model's rate.

    `pitch` is in semitones, known to 80 cents; None: it is found.

    Raises:
        InputError: the family is not one of notes, or the sound is silent or shorter than 50 ms.
    """
    started, settings = monotonic(), partials_settings(model)
    sound = np.asarray(samples, np.float64)
    if len(sound) < SHORTEST_SECONDS * model.rate:
        raise InputError(f"a note must last {SHORTEST_SECONDS} s at least, got {len(sound) / model.rate:.3f} s")
    loudest = loudest_rms(sound, model.rate)
    if loudest < 1e-7:
        raise InputError("there is no sound to embed: it is silent")
    note = _Heard.of(sound / loudest, settings, find_pitch(sound, model.rate) if pitch is None else pitch)
    networks = Networks(settings, float_arrays(model.arrays))
    parts = _timbre(networks, np.asarray(model.codes, np.float64)[:, : settings.timbre], note)
    parts = _corrected(networks, parts, note)
    code = code_of(parts)
    played = leveled(perform(networks, Score.of(code, note.pitch, settings), len(sound)), model.rate)
    gain = float(sound @ played) / max(float(played.astype(np.float64) @ played), 1e-20)
    gain = gain if gain > 0 else loudest / 0.1
    member = Member(code, storable_gain(gain), note.pitch)
    partials, knots = correction_shape(settings, parts.layout, len(sound))
    numbers = settings.timbre + 3 + settings.curve + 2 * partials * knots
    return EmbeddedNote(member, si_snr_db(sound, played), numbers, monotonic() - started)


def si_snr_db(reference: Reals, estimate: Reals) -> float:
    """Return the SNR after the best gain, in dB."""
    scaled = estimate * (float(reference @ estimate) / max(float(np.square(estimate, dtype=np.float64).sum()), 1e-20))
    error = float(np.square(reference - scaled).sum())
    return 10 * log10(max(float(np.square(scaled).sum()), 1e-20) / max(error, 1e-20))


# --- what is heard ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Heard:
    """A note, its loudest 50 ms at 0 dB, and what it consists of."""

    samples: Reals
    partials: Partials
    pitch: float
    """Pitch of the first partial, as streams can store it."""
    found: float
    """The same, exact."""
    seconds: Reals
    """Instants of the levels."""
    levels: Reals
    """Levels of partials in dB, `[partials, instants]`."""
    noise: Reals
    """Levels of bands, `[bands, instants]`."""

    @classmethod
    def of(cls, samples: Reals, settings: PartialsSettings, pitch: float) -> "_Heard":
        partials = find_partials(samples, settings.rate, pitch)
        hop, frames = frame_hop(settings.rate), len(partials.envelopes)
        seconds = instants(len(samples) / settings.rate)
        at = np.rint(seconds * settings.rate / hop).astype(np.int64).clip(max=frames - 1)
        levels = decibels(np.abs(partials.envelopes[at].T))
        residual = samples - add_partials(partials, len(samples))
        noise = band_levels(residual, settings.rate, settings.bands, hop)
        noise = noise[at.clip(max=len(noise) - 1)].T - NOISE_MARGIN_DB - CORRECTED_MARGIN_DB
        found = float(partials.pitch + 12 * np.log2(np.median(partials.ratio)))
        return cls(samples, partials, storable_pitch(found), found, seconds, levels, noise)


# --- timbre -------------------------------------------------------------------------------------------


def _timbre(networks: Networks, voices: Reals, note: _Heard) -> Code:
    """Return the code whose levels come nearest to a note's, without corrections of partials."""
    aim = _Aim.of(networks, note)
    errors = [float(np.square(aim.errors(voice)).mean()) for voice in voices]
    tried = [aim.nearest(voices[k]) for k in np.argsort(errors)[:TRIED_VOICES]]
    timbre = min(tried, key=lambda found: found[1])[0]
    settings, height = networks.settings, np.array([note.pitch])
    stiff = float(networks.pitch(timbre[None], height)[0][0])
    wanted = log10(max(note.partials.inharmonicity, 1e-8))
    curve = _curve(note, settings)
    corrections = np.zeros(settings.corrections)
    return Code(timbre, (wanted - stiff) / STIFF_SPAN, aim.noise_offset(timbre) / DB, 0, curve, corrections)


def _curve(note: _Heard, settings: PartialsSettings) -> Reals:
    """Return the knots of the curve of pitch, by which phases are off least where the note is loud."""
    ratio = note.partials.ratio / np.median(note.partials.ratio)
    cents = 1200 * np.log2(ratio) - 100 * (note.pitch - note.found)
    hop = frame_hop(settings.rate)
    hats = knot_hats(settings.curve, (len(ratio) - 1) * hop + 1, np.arange(len(ratio)) * float(hop))
    loud = np.abs(note.partials.envelopes).sum(axis=1)[:, None]
    phases, wanted = np.cumsum(hats, axis=0) * loud, np.cumsum(cents)[:, None] * loud
    gram = phases.T @ phases
    knots = np.linalg.solve(gram + CURVE_RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram)), phases.T @ wanted)
    return np.asarray(knots[:, 0] / CENTS)


@dataclass(frozen=True, eq=False)
class _Aim:
    """Levels that a timbre should give."""

    networks: Networks
    note: _Heard
    basis: Reals
    weight: Reals
    """Weight of each level, `[partials, instants]`."""
    noise_weight: Reals

    @classmethod
    def of(cls, networks: Networks, note: _Heard) -> "_Aim":
        return cls(networks, note, onset_terms(note.seconds), _weight(note.levels), _weight(note.noise))

    def errors(self, timbre: Reals) -> Reals:
        """Return weighted errors of all levels in dB, `[n]`; large ones count less."""
        tone, noise = self._levels(timbre)
        errors = ((tone - self.note.levels) * self.weight, (noise - self.note.noise) * self.noise_weight)
        flat = np.concatenate([part.ravel() / np.sqrt(part.size) for part in errors]) * 10
        return np.asarray(LARGEST_ERROR_DB * np.tanh(flat / LARGEST_ERROR_DB))

    def noise_offset(self, timbre: Reals) -> float:
        """Return by how much the noise is louder than a timbre has it, in dB."""
        difference = self.note.noise - self._levels(timbre)[1]
        return float((difference * self.noise_weight).sum() / max(float(self.noise_weight.sum()), 1e-9))

    def nearest(self, voice: Reals) -> tuple[Reals, float]:
        """Return the timbre near a voice with the least errors, and what it costs (damped Gauss-Newton)."""
        timbre, cost = voice, float(np.square(self.errors(voice)).sum())
        damping = DAMPING
        for _ in range(ROUNDS):
            errors = self.errors(timbre)
            slopes = np.stack([(self.errors(timbre + step) - errors) / DIFFERENCE for step in self._steps()], axis=1)
            matrix = slopes.T @ slopes + damping * np.eye(len(timbre))
            tried = timbre - np.linalg.solve(matrix, slopes.T @ errors + DAMPING * (timbre - voice))
            reached = float(np.square(self.errors(tried)).sum()) + DAMPING * float(np.square(tried - voice).sum())
            if reached < cost:
                timbre, cost, damping = tried, reached, max(damping / 3, DAMPING / 10)
            else:
                damping *= 5
        return timbre, cost

    def _steps(self) -> Reals:
        return DIFFERENCE * np.eye(self.networks.settings.timbre)

    def _levels(self, timbre: Reals) -> tuple[Reals, Reals]:
        partials = len(self.note.levels)
        timbres, pitches = np.tile(timbre, (partials, 1)), np.full(partials, self.note.pitch)
        number = np.arange(1.0, partials + 1)
        tone, _ = self.networks.tone(timbres, pitches, number, self.note.partials.hz)
        noise = self.networks.noise(timbre[None], pitches[:1])[0]
        return tone @ self.basis.T, noise @ self.basis.T


def _weight(levels: Reals) -> Reals:
    low, high = WEIGHED_DB
    return ((levels - low) / (high - low)).clip(0.02, 1)


# --- corrections --------------------------------------------------------------------------------------


def _corrected(networks: Networks, parts: Code, note: _Heard) -> Code:
    """Return a code with the factors on partials that leave the least error."""
    waves = _Waves.of(networks, parts, note)
    best, left = parts, float("inf")
    for layout in sorted(range(1, len(LAYOUTS)), key=waves.expected)[:2]:
        solved = waves.solved(layout)
        if solved is not None and solved[1] < left:
            corrections = np.zeros(networks.settings.corrections)
            corrections[: solved[0].size] = solved[0].ravel()
            best, left = replace(parts, layout=layout, corrections=corrections), solved[1]
    return best


@dataclass(frozen=True, eq=False)
class _Waves:
    """The partials of a code as they would be played, analytic: `[partials, time]`."""

    settings: PartialsSettings
    note: _Heard
    waves: NDArray[np.complex64]

    @classmethod
    def of(cls, networks: Networks, parts: Code, note: _Heard) -> "_Waves":
        count, rate = len(note.samples), networks.settings.rate
        # Any layout says that the curve of the code holds; which one decides about flutter alone.
        score = Score.of(code_of(replace(parts, layout=len(LAYOUTS) - 1)), note.pitch, networks.settings)
        tone = tone_of(networks, score, count)
        at, frames = np.arange(count) / tone.hop, np.arange(tone.amplitudes.shape[1])
        bend = np.interp(at, frames, tone.bend)
        clock = np.concatenate([[0.0], np.cumsum((bend[1:] + bend[:-1]) / 2)]) / rate
        waves = np.empty((min(len(tone.amplitudes), LAYOUTS[-1]), count), np.complex64)
        for h in range(len(waves)):
            angle = 2 * pi * (tone.hz[h, 0] * clock + start_turn(h + 1))
            waves[h] = np.interp(at, frames, tone.amplitudes[h]) * np.exp(1j * angle)
        return cls(networks.settings, note, waves)

    def expected(self, layout: int) -> float:
        """Return about how much energy a layout leaves: each partial by itself."""
        partials, knots = correction_shape(self.settings, layout, len(self.note.samples))
        if not knots:
            return float("inf")
        hop = frame_hop(self.settings.rate)
        envelopes = self.note.partials.envelopes[: len(self.note.samples) // hop]
        places = np.arange(len(envelopes)) * float(hop)
        hats = knot_hats(knots, len(self.note.samples), places)
        heard = envelopes[:, : len(self.waves)]
        kept = heard[:, :partials]
        fitted = hats @ np.linalg.lstsq(hats, kept, rcond=1e-6)[0]
        return float(np.square(np.abs(kept - fitted)).sum() + np.square(np.abs(heard[:, partials:])).sum())

    def solved(self, layout: int) -> tuple[Reals, float] | None:
        """Return the corrections `[partials, knots, 2]` of a layout, and the energy that they leave."""
        partials, knots = correction_shape(self.settings, layout, len(self.note.samples))
        chosen = min(partials, len(self.waves))
        if not knots:
            return None
        gram, aim, energy = self._equations(chosen, knots)
        ridge = np.diag(gram).reshape(chosen, 2, knots).mean(axis=(1, 2))
        damped = gram + np.diag(RIDGE * np.repeat(ridge, 2 * knots) + 1e-12 * float(ridge.max()))
        found = np.linalg.solve(damped, aim)
        values = np.zeros((partials, knots, 2))
        values[:chosen] = found.reshape(chosen, 2, knots).swapaxes(1, 2)
        return values, float(energy - 2 * found @ aim + found @ gram @ found)

    def _equations(self, partials: int, knots: int) -> tuple[Reals, Reals, float]:
        """Return the matrix of the normal equations, their right side, and the energy that is to be explained."""
        count, size = len(self.note.samples), 2 * partials * knots
        gram, aim, energy = np.zeros((size, size)), np.zeros(size), 0.0
        for first in range(0, count, PIECE):
            part = slice(first, min(first + PIECE, count))
            places = np.arange(float(part.start), float(part.stop))
            hats = knot_hats(knots, count, places).astype(np.float32)
            waves = self.waves[:, part]
            columns = [factor[:, None] * hats for wave in waves[:partials] for factor in (wave.real, -wave.imag)]
            matrix = np.concatenate(columns, axis=1)
            wanted = self.note.samples[part] - waves.real.sum(axis=0, dtype=np.float64)
            gram += matrix.T @ matrix
            aim += matrix.T @ wanted
            energy += float(np.square(wanted).sum())
        return gram, aim, energy
