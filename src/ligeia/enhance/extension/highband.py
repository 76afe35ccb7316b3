"""Ligeia's own extension: what was given stays, and a guess of the missing band is added above it (numpy).

Two parts are needed of a band that is not there. Its envelope is guessed by a small network (`envelope`). Its fine
structure is copied from below, as in spectral band replication (Dietz et al. 2002): the transform of the known band,
whitened and moved up by a multiple of four bins, by which the transforms of successive hops keep their phases, and
mixed with noise. It keeps the rhythm of the voice, which noise alone lacks.

Nothing is changed below 0.92 of half the rate of the sound, where resamplers begin to cut. Above it as much is added as
the guess exceeds what is there. Sounds from 8 kHz on are extended to 8 kHz by the network NARROW, and from there on to
24 kHz by WIDE; nothing is added above that.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ligeia.audio.resample import Resampled
from ligeia.audio.signal import Sound
from ligeia.enhance.extension.envelope import BIN_HZ, LEVEL, NARROW, REACH, WIDE, Envelope, Layout, Spectra, Values
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.enhance.weights import Arrays, read_arrays, shipped
from ligeia.errors import InputError

CUT = 0.922
"""Part of half its rate up to which a sound counts as known."""
LOWEST_RATE = 7900
"""The networks know nothing of sounds below this rate in Hz."""
LOWEST_COPIED = {"narrow": 24, "wide": 80}
"""Bins below these are never copied: 750 and 2500 Hz."""
SMOOTH = 6
"""Bins to both sides over which the known band is whitened."""
NOISE = 0.5
"""Share of noise in the amplitude of the fine structure."""
GAIN_DB = 1.0
"""Added to the guessed levels: the mean of logarithms lies below the logarithm of the mean."""
NOISE_BLOCK = 2**14
"""Samples of noise that are drawn together: any part is the same wherever reading begins."""
BLOCK = 2**18
"""Samples that are read at a time to measure the level."""
TINY = 1e-12


@dataclass(frozen=True)
class Sum:
    """The sum of sounds of one rate and length."""

    sounds: tuple[Sound, ...]

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.sounds[0].rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.sounds[0].channels

    @property
    def sample_count(self) -> int:
        """Number of samples in each channel."""
        return self.sounds[0].sample_count

    def read(self, start: int, stop: int) -> Values:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound."""
        total = np.array(self.sounds[0].read(start, stop), np.float32)
        for sound in self.sounds[1:]:
            part = sound.read(start, stop)[:, : total.shape[1]]  # its length may be rounded up twice
            total[:, : part.shape[1]] += part
        return total


class AddedBand:
    """The missing band of a sound at the rate of a layout; to be added to it.

    `level` is the RMS of the sound; the band begins at bin `first`.
    """

    def __init__(self, sound: Sound, network: Envelope, first: int, level: float, seed: int) -> None:
        self._sound, self._network, self._level, self._seed = sound, network, level, seed
        self.layout: Layout = network.layout
        self.rate, self.channels, self.sample_count = sound.rate, sound.channels, sound.sample_count
        self._bins = np.arange(first, self.layout.size // 2 + 1)
        step = (first - LOWEST_COPIED[self.layout.name]) // 4 * 4
        self._source = self._bins - ((self._bins - first) // step + 1) * step
        centres = (np.array(self.layout.outputs[:-1]) + np.array(self.layout.outputs[1:]) - 1) / 2
        # Above what was learned the level of the last band stays: what the network says there is where it began.
        self._place = np.minimum(np.interp(self._bins, centres, np.arange(len(centres))), self.layout.learned - 1)

    def read(self, start: int, stop: int) -> Values:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound."""
        start, stop, _ = slice(start, stop).indices(self.sample_count)
        if stop <= start or self._level <= TINY:
            return np.zeros((self.channels, max(stop - start, 0)), np.float32)
        size, hop = self.layout.size, self.layout.hop
        first, last = (start - size) // hop + 1, (stop - 1) // hop
        begin, end = (first - REACH) * hop, (last + REACH) * hop + size
        inside = self._sound.read(max(begin, 0), end)
        before = max(-begin, 0)
        samples = np.pad(inside, ((0, 0), (before, end - begin - before - inside.shape[1])))
        kept = slice(start - first * hop, stop - first * hop)
        return np.stack([self._added(row, begin, channel)[kept] for channel, row in enumerate(samples)])

    def _added(self, samples: Values, begin: int, channel: int) -> Values:
        """Return the band of samples, from `REACH` hops after their start on."""
        spectra = self.layout.spectra(samples * np.float32(LEVEL / self._level))
        guessed = self._network(self.layout.features(spectra))
        spectra = spectra[REACH : len(spectra) - REACH]
        powers = self._on_bins(guessed) * np.float32(10 ** (GAIN_DB / 10))
        missing = np.sqrt(np.maximum(powers - smoothed(spectra)[:, self._bins], 0))
        noise = self.layout.spectra(self._noise(begin + REACH * self.layout.hop, len(samples), channel))[: len(spectra)]
        fine = (1 - NOISE) * whitened(spectra)[:, self._source] + NOISE * whitened(noise)[:, self._bins]
        fine /= np.float32(np.hypot(1 - NOISE, NOISE))
        band = np.zeros_like(spectra)
        band[:, self._bins] = missing * fine
        return np.asarray(overlap_added(band, self.layout) * np.float32(self._level / LEVEL))

    def _on_bins(self, powers: Values) -> Values:
        """Return powers of bands on bins, interpolated in their logarithms."""
        logs = np.log(np.maximum(powers, TINY))
        low = np.minimum(self._place.astype(np.int64), logs.shape[1] - 2)
        share = (self._place - low).astype(np.float32)
        return np.asarray(np.exp(logs[:, low] * (1 - share) + logs[:, low + 1] * share), np.float32)

    def _noise(self, start: int, count: int, channel: int) -> Values:
        """Return `count` samples of noise from sample `start` on, the same in whatever parts they are asked for."""
        blocks = range(start // NOISE_BLOCK, (start + count - 1) // NOISE_BLOCK + 1)
        drawn = [
            np.random.default_rng([self._seed % 2**63, channel, block + 2**40]).standard_normal(NOISE_BLOCK, np.float32)
            for block in blocks
        ]
        offset = start - blocks.start * NOISE_BLOCK
        return np.concatenate(drawn)[offset : offset + count]


def smoothed(spectra: Spectra) -> Values:
    """Return powers, averaged over `SMOOTH` bins to both sides."""
    powers = np.square(spectra.real) + np.square(spectra.imag)
    sums = np.cumsum(np.pad(powers, ((0, 0), (SMOOTH + 1, SMOOTH)), mode="reflect"), axis=1, dtype=np.float64)
    means = (sums[:, 2 * SMOOTH + 1 :] - sums[:, : -(2 * SMOOTH + 1)]) / (2 * SMOOTH + 1)
    return np.maximum(means, 0).astype(np.float32)


def whitened(spectra: Spectra) -> Spectra:
    """Return spectra with their fine structure alone: of power 1 around each bin."""
    return np.asarray(spectra / np.sqrt(smoothed(spectra) + np.float32(TINY)), np.complex64)


def overlap_added(spectra: Spectra, layout: Layout) -> Values:
    """Return the samples of transforms, from the start of the first to the end of the last."""
    parts = np.fft.irfft(spectra, layout.size).astype(np.float32) * (layout.window() / 2)
    hops = parts.reshape(len(parts), -1, layout.hop)
    total = np.zeros((len(parts) + hops.shape[1] - 1, layout.hop), np.float32)
    for k in range(hops.shape[1]):
        total[k : k + len(parts)] += hops[:, k]
    return total.ravel()


class Extended(Sum):
    """A sound at a higher rate with the bands that were added."""

    findings: dict[str, Any]

    def __init__(self, sounds: tuple[Sound, ...], findings: dict[str, Any]) -> None:
        super().__init__(sounds)
        object.__setattr__(self, "findings", findings)


def prepare(sound: Sound, settings: ExtendSettings) -> Extended:
    """Return `sound` at the rate of `settings`, with the missing bands guessed.

    Raises:
        InputError: the sound's rate is too low, or the model of `settings` is none for this.
    """
    if sound.rate < LOWEST_RATE:
        raise InputError(
            f"the method ligeia has learned from sounds at 8000 Hz and more, and this is at {sound.rate} Hz; "
            "method inr renders it without adding anything"
        )
    given = {} if settings.model is None else _given(settings.model)
    level = level_of(sound)
    known = CUT * sound.rate / 2
    bands: list[AddedBand] = []
    for layout in (NARROW, WIDE):
        top = layout.rate / 2
        reached = bands[-1].rate / 2 if bands else known
        if known < CUT * top and settings.rate / 2 > reached:
            bands.append(_added(sound, bands, layout, known, level, settings, given))
            known = CUT * top
    faded = [Scaled(Resampled(band, settings.rate), settings.strength) for band in bands]
    return Extended((Resampled(sound, settings.rate), *faded), _findings(sound, settings, bands))


def _given(path: Path) -> Arrays:
    """Return the arrays of a file of the user's: of one network, or of both."""
    arrays = read_arrays(path)
    if not arrays or any(name.partition(".")[0] not in LOWEST_COPIED for name in arrays):
        raise InputError(f"{path} is not a valid file of networks that extend; is it a model of another kind?")
    return arrays


def _added(
    sound: Sound,
    below: list[AddedBand],
    layout: Layout,
    known: float,
    level: float,
    settings: ExtendSettings,
    given: Arrays,
) -> AddedBand:
    parts = (Resampled(sound, layout.rate), *(Resampled(band, layout.rate) for band in below))
    own = {name: value for name, value in given.items() if name.startswith(f"{layout.name}.")}
    network = Envelope(layout, own or read_arrays(shipped(layout.name)))
    return AddedBand(Sum(parts), network, max(round(known / BIN_HZ), layout.known), level, settings.seed)


@dataclass(frozen=True)
class Scaled:
    """A sound, louder or softer."""

    sound: Sound
    factor: float

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sound, name)

    def read(self, start: int, stop: int) -> Values:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound."""
        return self.sound.read(start, stop) * np.float32(self.factor)


def level_of(sound: Sound) -> float:
    """Return the RMS of a sound over all channels."""
    energy = 0.0
    for start in range(0, sound.sample_count, BLOCK):
        energy += float(np.square(sound.read(start, start + BLOCK), dtype=np.float64).sum())
    return float(np.sqrt(energy / max(sound.sample_count * sound.channels, 1)))


def _findings(sound: Sound, settings: ExtendSettings, bands: list[AddedBand]) -> dict[str, Any]:
    known, top = CUT * sound.rate / 2, min(settings.rate / 2, WIDE.rate / 2)
    notes = []
    if settings.rate > WIDE.rate:
        notes.append(f"nothing is added above {WIDE.rate // 2} Hz")
    if any(band.layout is WIDE for band in bands):
        notes.append("what is added above 8000 Hz was learned from five minutes of sounds: docs/extend.md")
    added = [round(known, 1), top] if bands and settings.strength > 0 else None
    return {"known_hz": round(known, 1), "added_hz": added, "level": level_of(sound), "notes": notes}
