"""Writing a sound in few numbers: the INR as a sum of atoms, shapes of a learned dictionary at places with values.

The function of a sound is the windowed-sine network (`networks.lapped`), whose output weights are MDCT coefficients.
In closed form the best choice of k of them is the k largest, and each costs two numbers: its value and its place. Here
a number can say more, because the writer knows sounds: an atom sets all coefficients of a patch of the plane of frames
and coefficients at once. It costs three numbers, the place of the patch, the shape in it, and the value, and does the
work of more than those would do in closed form, for the shapes are those that speech has: partials with their phase,
their rise and fall, their glide.

    dictionary = load_dictionary("atoms")
    numbers = write_atoms(ligeia.read_audio("speech.wav"), dictionary, ratio=16)
    numbers.inr().render(rate=48000)

Numbers are not bits: see `Written.bits`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, log2
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.audio.resample import Resampled
from ligeia.audio.signal import Sound, check_sound, snr_from_energies
from ligeia.codec.decode import decoded_snr
from ligeia.codec.encode import encode_with_report
from ligeia.codec.settings import EncodeReport, EncodeSettings
from ligeia.codec.transform.analysis import MAX_SAMPLE
from ligeia.dsp.mdct import Reals, WindowSequence, mdct, window_sequence
from ligeia.dsp.pursuit import Atoms, Floats, pursue, synthesise
from ligeia.dsp.threads import one_blas_thread
from ligeia.errors import InputError, SettingsError
from ligeia.hypersound.dictionary import Dictionary
from ligeia.inr import INR
from ligeia.networks.lapped import Lapped
from ligeia.progress import OnProgress, Reporter

NUMBERS_PER_ATOM = 3
"""Place, shape, value. (Of a single coefficient there are two, place and value.)"""
RATIO = 16.0
"""Samples per number, all channels together, unless something else is asked for."""
MOST_FRAMES = 4096
"""Frames of a block: longer sounds are written block by block, each with its share of the numbers."""
BELOW = 15.0
"""Error of a stream in dB below that of the atoms."""
MOST_DB = 80.0
"""SNR of atoms beyond which a stream gets no finer."""
AROUND = (4, 12)
"""Frames and bins to both sides over which the level is measured for the emphasis."""
FLOOR = 1e-5
"""Level below which nothing gains by emphasis, as a part of the mean energy of a coefficient."""
VALUE_BITS = 8
"""Bits of a value in the estimate of `Written.bits`."""
STEPS = 8
"""Steps of an octave in which values are rounded there."""


@dataclass(frozen=True, eq=False)
class Written:
    """A sound in numbers: atoms of a dictionary for each block of frames."""

    dictionary: Dictionary
    segments: Segments
    """Blocks of the sound at the dictionary's rate."""
    channels: int
    atoms: tuple[Atoms, ...]
    """Atoms of each block. Their places lie in the planes of all channels, one behind the other (`plane_of`)."""
    report: dict[str, Any]
    """SNR at the dictionary's rate ("snr_db"), "ratio", "numbers", "atoms", "seconds" taken."""

    @property
    def numbers(self) -> int:
        """Numbers that say everything: three for each atom."""
        return NUMBERS_PER_ATOM * sum(map(len, self.atoms))

    @property
    def bits(self) -> float:
        """Bits of all numbers in plain codes: a place among all places, a shape among all, a value of `rounded`.

        No stream is written here: for the same error the transform codec needs about half of them.
        """
        spec, (_, height, width) = self.spec, self.dictionary.shapes.shape
        places = (self.channels * (spec.frames + height - 1)) * (spec.frame_size + width - 1)
        return sum(map(len, self.atoms)) * (ceil(log2(places)) + ceil(log2(len(self.dictionary))) + VALUE_BITS)

    def rounded(self) -> "Written":
        """Return the same with values of `VALUE_BITS` bits: a sign, and a size in steps of an eighth of an octave."""
        atoms = tuple(replace(part, values=_rounded(part.values)) for part in self.atoms)
        return replace(self, atoms=atoms)

    @property
    def spec(self) -> Lapped:
        """The network whose coefficients the atoms set, for one channel."""
        return self.dictionary.spec(self.segments.hop // self.dictionary.frame_size)

    def inr(self) -> INR:
        """Return the function that the numbers stand for."""
        spec, (_, height, _) = self.spec, self.dictionary.shapes.shape
        rows = self.channels * (spec.frames + height - 1)
        planes = [synthesise(atoms, self.dictionary.shapes, (rows, spec.frame_size)) for atoms in self.atoms]
        weight = np.stack([_channels_of(plane, self.channels, height) for plane in planes])
        return _network(np.moveaxis(weight, 1, -1), spec, self.segments, self.dictionary.rate, self.report)


def write_atoms(
    sound: Sound,
    dictionary: Dictionary,
    *,
    ratio: float = RATIO,
    emphasis: float = 0.0,
    on_progress: OnProgress | None = None,
) -> Written:
    """Write a sound with at most one number for `ratio` samples at the dictionary's rate, all channels together.

    Without `emphasis` the atoms are those of the best SNR. With it, up to 1, quiet parts of the plane count for more:
    an atom counts by its value divided by the level around it to this power, as loud sounds mask what is near them.

    A sound of another rate is resampled: what lies above half the dictionary's rate is not in the function. Where a
    sound is so short that its share is less than an atom, it has none, and its function is silence.

    Raises:
        InputError: the sound has no samples, the ratio is below 1, a sample is beyond what a stream can
            hold, or the emphasis is not between 0 and 1.
    """
    check_sound(sound)
    if sound.sample_count < 1:
        raise InputError("the sound has no samples")
    if not 1 <= ratio < np.inf:
        raise SettingsError(f"the ratio of samples to numbers must be at least 1, got {ratio}")
    if not 0 <= emphasis <= 1:
        raise SettingsError(f"the emphasis must lie between 0 and 1, got {emphasis}")
    started, report = monotonic(), Reporter(on_progress)
    report.stage("writing", 0.0, 1.0)
    adapted = sound if sound.rate == dictionary.rate else Resampled(sound, dictionary.rate)
    samples = adapted.read(0, adapted.sample_count)
    if (peak := np.abs(samples).max()) > MAX_SAMPLE:
        raise InputError(f"samples beyond {MAX_SAMPLE:g} cannot be stored, and one is {peak:g}: scale the sound down")
    segments, coefficients = analysed(samples, dictionary)
    found, lost = [], 0.0
    for block, part in enumerate(coefficients):
        size = (segments.stop(block) - block * segments.hop) * sound.channels
        on_share = partial(_within, report, block / segments.count, 1 / segments.count)
        with one_blas_thread():
            count = int(size / ratio) // NUMBERS_PER_ATOM
            atoms, residual = _block_atoms(part, dictionary, count, emphasis, on_share)
        found.append(atoms)
        lost += float(np.square(residual, dtype=np.float64).sum())
    report.finish()
    signal, count = float(np.square(samples, dtype=np.float64).sum()), sum(map(len, found))
    facts = {"model": "atoms", "digest": dictionary.digest, "ratio": ratio, "atoms": count}
    facts |= {"numbers": NUMBERS_PER_ATOM * count, "snr_db": snr_from_energies(signal, lost)}
    return Written(dictionary, segments, sound.channels, tuple(found), facts | {"seconds": monotonic() - started})


def atoms_stream(
    sound: Sound,
    dictionary: Dictionary,
    *,
    ratio: float = RATIO,
    emphasis: float = 0.0,
    on_progress: OnProgress | None = None,
) -> tuple[bytes, EncodeReport, Written]:
    """Return a stream of the function that `write_atoms` gives, what was done, and the numbers.

    The transform codec stores the function, with an error that is `BELOW` dB under what the atoms leave of the sound;
    it is decoded without the dictionary.

    Raises:
        InputError: as `write_atoms`.
    """
    started = monotonic()
    written = write_atoms(sound, dictionary, ratio=ratio, emphasis=emphasis, on_progress=on_progress)
    target = float(np.clip(written.report["snr_db"], 0, MOST_DB)) + BELOW if written.numbers else None
    stream, report = encode_with_report(written.inr().render(), EncodeSettings(preset="waveform", snr_db=target))
    adapted = sound if sound.rate == dictionary.rate else Resampled(sound, dictionary.rate)
    notes = () if sound.rate <= dictionary.rate else (_cut_off(dictionary.rate),)
    took = monotonic() - started
    return stream, replace(report, snr_db=decoded_snr(stream, adapted), seconds=took, notes=notes), written


def _rounded(values: Floats) -> Floats:
    sizes = np.exp2(np.round(STEPS * np.log2(np.maximum(np.abs(values), 1e-30))) / STEPS)
    largest = float(sizes.max(initial=0.0))
    return np.where(sizes > largest * 2.0 ** (-(2 ** (VALUE_BITS - 1)) / STEPS), np.sign(values) * sizes, 0).astype(
        np.float32
    )


def _cut_off(rate: int) -> str:
    return f"the atoms are of sound at {rate} Hz: what lies above {rate / 2:g} Hz is not in the function"


def analysed(samples: NDArray[np.float32], dictionary: Dictionary) -> tuple[Segments, Reals]:
    """Return the blocks of `samples [channels, time]`, and coefficients `[blocks, channels, frames, frame_size]`."""
    size = dictionary.frame_size
    frames = min(-(-samples.shape[1] // size), MOST_FRAMES)
    segments = Segments(samples.shape[1], hop=frames * size)
    padded = np.zeros((samples.shape[0], segments.count * segments.hop), np.float32)
    padded[:, : samples.shape[1]] = samples
    transformed = mdct(padded.reshape(len(samples), -1, size), _windows(dictionary.spec(frames), segments.count))
    return segments, transformed.reshape(len(samples), segments.count, frames, size).swapaxes(0, 1)


def plane_of(coefficients: Reals, height: int) -> Floats:
    """Return `[channels, frames, bins]` as one plane: channels one behind the other, apart by a shape of `height`."""
    apart = np.pad(coefficients, ((0, 0), (0, height - 1), (0, 0)))
    return np.ascontiguousarray(apart.reshape(-1, coefficients.shape[2]), np.float32)


def _block_atoms(
    coefficients: Reals, dictionary: Dictionary, count: int, emphasis: float, on_share: Callable[[float], None]
) -> tuple[Atoms, Floats]:
    """Return the atoms of a block, and what they leave of its channels."""
    height = dictionary.shapes.shape[1]
    plane = plane_of(coefficients, height)
    weights = None if emphasis == 0 else _weights(plane, emphasis)
    atoms, _ = pursue(plane, dictionary.shapes, count, index=dictionary.index, weights=weights, on_share=on_share)
    rows = len(coefficients) * (coefficients.shape[1] + height - 1)
    estimate = synthesise(atoms, dictionary.shapes, (rows, coefficients.shape[2]))
    return atoms, (coefficients - _channels_of(estimate, len(coefficients), height)).astype(np.float32)


def _weights(plane: Floats, emphasis: float) -> Floats:
    """Return weights that fall with the level around each coefficient."""
    energies = np.square(plane, dtype=np.float64)
    floor = FLOOR * float(energies.mean()) + 1e-30
    weights = (_smoothed(energies, *AROUND) + floor) ** (-emphasis / 2)
    return np.asarray(weights, np.float32)


def _smoothed(values: NDArray[np.float64], frames: int, bins: int) -> NDArray[np.float64]:
    """Return means over boxes that reach so many frames and bins to both sides; zeros lie beyond the edges."""
    padded = np.pad(values, ((frames + 1, frames), (bins + 1, bins))).cumsum(0).cumsum(1)
    height, width = 2 * frames + 1, 2 * bins + 1
    sums = padded[height:, width:] - padded[:-height, width:] - padded[height:, :-width] + padded[:-height, :-width]
    means: NDArray[np.float64] = np.maximum(sums / (height * width), 0)
    return means


def _channels_of(plane: Floats, channels: int, height: int) -> Floats:
    """Return a plane as `[channels, frames, bins]`: the inverse of `plane_of`."""
    stacked: Floats = plane.reshape(channels, -1, plane.shape[1])
    return stacked[:, : stacked.shape[1] - (height - 1)]


def _within(report: Reporter, begin: float, size: float, share: float) -> None:
    report(begin + size * share)


def _windows(spec: Lapped, blocks: int) -> WindowSequence:
    return window_sequence(spec, np.zeros((blocks, spec.frames), np.int64))


def _network(weight: Floats, spec: Lapped, segments: Segments, rate: int, report: dict[str, Any]) -> INR:
    """Return the INR of coefficients `[blocks, frames, frame_size, channels]`."""
    edges = np.ones((segments.count, 2), np.float32)
    edges[0, 0] = edges[-1, 1] = 0
    whole = Lapped(channels=weight.shape[3], frame_size=spec.frame_size, frames=spec.frames, sine=spec.sine)
    switching = np.zeros((segments.count, spec.frames), np.float32)
    parameters = {"switching": switching, "edges": edges, "weight": np.ascontiguousarray(weight, np.float32)}
    gains = np.array(weight.any(axis=(1, 2, 3)), np.float32)
    return INR(whole, parameters, rate, segments, gains, {"network": whole.name, **report})
