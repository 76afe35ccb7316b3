"""MossFormer2_SR_48K (ClearerVoice-Studio): speech at 48 kHz from speech at a lower rate, from a local checkpoint.

The folder is that of `alibabasglab/MossFormer2_SR_48K` as published: the text file `last_best_checkpoint` and the two
files that it names, the mel-to-mel network and the generator. Only these networks are the package's. A vocoder writes
all of the sound anew; below half the old rate the recording itself is put back (their filters, fourth-order Butterworth
forwards and backwards). There the crossover is where 99 % of the energy lie, which is within the voice; here it is half
the old rate, `EDGE` of it, because that is what is known.
"""

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.resample import Resampled
from ligeia.audio.signal import Sound
from ligeia.dsp.mel import mel_filters
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.enhance.plugins.checkpoints import (
    listed_files,
    load_strictly,
    part_of_package,
    read_weights,
    weights_folder,
)
from ligeia.enhance.plugins.windows import Mono
from ligeia.errors import SettingsError

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE, SIZE, HOP, BANDS, HIGHEST_HZ = 48000, 1024, 256, 80, 8000.0
VARIABLE = "LIGEIA_MOSSFORMER2_SR"
INDEX = "last_best_checkpoint"
INSTALL = (
    "pip install --no-deps clearvoice && pip install torch einops rotary-embedding-torch torchinfo, "
    "with a torchaudio that fits your torch"
)
GENERATOR = {
    "resblock": "1",
    "upsample_rates": [8, 8, 2, 2],
    "upsample_kernel_sizes": [16, 16, 4, 4],
    "upsample_initial_channel": 1024,
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5]] * 3,
}
"""Sizes of the generator as published."""
EDGE = 0.95
"""The crossover, as a share of half the old rate: resamplers leave little above it."""
PIECE, CONTEXT, FADE = 14 * RATE, 2 * RATE, RATE // 20
"""Samples that are kept of one run of the networks, those around them, and those of the cross-fade: 18 s in all."""


class SuperResolved:
    """A sound at 48 kHz whose upper band the networks write: any part of it is made when it is read."""

    def __init__(self, sound: Sound, run: Any, folder: str) -> None:
        self._sound, self._run, self._edge = Resampled(sound, RATE), run, EDGE * sound.rate / 2
        self.rate, self.channels, self.sample_count = RATE, sound.channels, self._sound.sample_count
        self._made: dict[int, NDArray[np.float32]] = {}
        self.findings: dict[str, Any] = {
            "known_hz": self._edge,
            "added_hz": [self._edge, RATE / 2],
            "model": folder,
            "notes": [f"above {self._edge:g} Hz all is written by a vocoder trained on speech"],
        }

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound."""
        start, stop, _ = slice(start, stop).indices(self.sample_count)
        made = np.zeros((self.channels, max(stop - start, 0)), np.float32)
        for number in range(start // PIECE - 1, (max(stop, 1) - 1) // PIECE + 1):
            if number < 0:
                continue
            first = number * PIECE
            piece = self._piece(number)
            low, high = max(start, first), min(stop, first + piece.shape[1])
            if low < high:
                made[:, low - start : high - start] += piece[:, low - first : high - first]
        return made

    def _piece(self, number: int) -> NDArray[np.float32]:
        """Return piece `number` and the start of the next, faded in and out where there are neighbours."""
        if number not in self._made:
            first = number * PIECE
            begin = max(first - CONTEXT, 0)
            before = self._sound.read(begin, first + PIECE + FADE + CONTEXT)
            after = np.stack([self._whole(channel) for channel in before])
            piece = after[:, first - begin :][:, : PIECE + FADE].copy()
            rise = np.sin(np.pi / 2 * (np.arange(FADE) + 0.5) / FADE).astype(np.float32) ** 2
            if number > 0:
                count = min(FADE, piece.shape[1])
                piece[:, :count] *= rise[:count]
            if piece.shape[1] > PIECE:
                piece[:, PIECE:] *= 1 - rise[: piece.shape[1] - PIECE]
            self._made = {key: value for key, value in self._made.items() if key == number - 1} | {number: piece}
        return self._made[number]

    def _whole(self, channel: Mono) -> Mono:
        return crossed(channel, self._run(channel), self._edge)


def prepare(sound: Sound, settings: ExtendSettings) -> SuperResolved:
    """Return `sound` at 48 kHz by the networks in the folder `settings.model`.

    Raises:
        InputError: the rate that is asked for is not 48 kHz, or weights are missing or do not fit the networks.
        MissingPackage: clearvoice, or something that its networks need, is not installed.
    """
    if settings.rate != RATE:
        raise SettingsError(f"mossformer2_sr writes sound at {RATE} Hz, and {settings.rate} Hz was asked for")
    folder = weights_folder(settings.model, variable=VARIABLE, holding=f"{INDEX} and the two files that it names")
    paths = listed_files(folder, INDEX, 2)
    weights = [read_weights(path, key) for path, key in zip(paths, ("mossformer", "generator"), strict=True)]
    networks = built()
    for network, state, path in zip(networks, weights, paths, strict=True):
        load_strictly(network, state, path)
    return SuperResolved(sound, runner(networks), str(folder))


def built() -> "tuple[nn.Module, nn.Module]":
    """Return the mel-to-mel network and the generator with random weights.

    Raises:
        MissingPackage: as `prepare`.
    """
    module = part_of_package("clearvoice", "models/mossformer2_sr", "generator", install=INSTALL)
    return module.Mossformer(), module.Generator(SimpleNamespace(**GENERATOR))


def runner(networks: "tuple[nn.Module, nn.Module]") -> Any:
    """Return the function from sound to sound `[time]` at 48 kHz that the networks are."""
    import torch

    first, second = (network.eval() for network in networks)

    def run(samples: Mono) -> Mono:
        frames = max(-(-len(samples) // HOP), 2)
        padded = torch.zeros(frames * HOP)
        padded[: len(samples)] = torch.from_numpy(np.array(samples))
        with torch.inference_mode():
            made = second(first(log_mel(padded)[None])).reshape(-1)
        return np.asarray(made[: len(samples)].numpy(), np.float32)

    return run


def log_mel(samples: "Tensor") -> "Tensor":
    """Return the log mel spectrogram `[80, frames]` up to 8 kHz that the networks know: natural, 1e-5 at least."""
    import torch

    half = (SIZE - HOP) // 2
    padded = torch.nn.functional.pad(samples[None, None], (half, half), mode="reflect")[0, 0]
    spectra = torch.stft(padded, SIZE, HOP, window=torch.hann_window(SIZE), center=False, return_complex=True)
    magnitudes = torch.sqrt(spectra.real**2 + spectra.imag**2 + 1e-9)
    return torch.log(torch.clamp(torch.from_numpy(_mel_weights()) @ magnitudes, min=1e-5))


@cache
def _mel_weights() -> NDArray[np.float32]:
    return mel_filters(RATE, SIZE, BANDS, HIGHEST_HZ).astype(np.float32)


def crossed(low: Mono, high: Mono, edge: float) -> Mono:
    """Return `low` below `edge` (Hz) and `high` above it, both `[time]` at 48 kHz."""
    from scipy.signal import butter, sosfiltfilt

    kept, written = (
        sosfiltfilt(butter(4, 2 * edge / RATE, btype=kind, output="sos"), samples, padlen=min(len(samples) - 1, 100))
        for kind, samples in (("low", low), ("high", high))
    )
    return np.asarray(kept + written, np.float32)
