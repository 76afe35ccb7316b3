"""Training of LISA: `ligeia train extend lisa` (torch).

As the published program trains its published configuration: stretches of a second at the input rate; targets are the
sound resampled to a rate drawn between that of the input and the highest, in steps of 100 Hz; L1 at instants drawn
among its samples. In training an instant is decoded from one sample only, the first behind it once it is moved by
(n - 1) / 2 intervals with n from a standard normal, so that the decoder learns distances beyond its own interval.
(Adam 1e-3 and gradients clipped to a norm of 0.001, which makes a step of any gradient one of about the same length.)

What differs: the sampling is by soxr, not by torchaudio's short sinc; stretches and batches are shorter, and the
learning rate falls as a cosine instead of by halves, because the budget is minutes instead of days.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.enhance.extension.lisa import CHANNELS, HIDDEN, KERNELS, LAYERS
from ligeia.enhance.extension.material import Choice, Recordings
from ligeia.errors import SettingsError
from ligeia.training.objective import Objective, Step

RATE_STEP = 100
"""Hz between the rates of targets."""
Drawn = tuple[Tensor, Tensor, Tensor]
"""Samples `[n, time]`, places of instants in input intervals `[n, queries]`, and amplitudes there."""


@dataclass(frozen=True, kw_only=True)
class LisaTask(Choice):
    """The recordings and the batches: the table `[lisa]` of a configuration.

    Raises:
        InputError: a setting is out of range.
    """

    rate: int = 8000
    """Rate of the input in Hz."""
    highest: int = 16000
    """Highest rate of a target in Hz."""
    crop_seconds: float = 1.0
    """Duration of a stretch."""
    batch: int = 8
    """Stretches of a step."""
    queries: int = 2000
    """Instants of a stretch at which the loss is taken."""

    def __post_init__(self) -> None:
        if not 1000 <= self.rate < self.highest <= 192_000:
            raise SettingsError(f"rates must satisfy 1000 <= rate < highest <= 192000, got {self.rate}, {self.highest}")
        if not 0.1 <= self.crop_seconds <= 60 or min(self.batch, self.queries) < 1:
            raise SettingsError("crop_seconds must lie between 0.1 and 60, batch and queries must be positive")


class LisaModule(nn.Module):
    """The trainable form of `lisa.Lisa`: the same arrays under the same names."""

    def __init__(self) -> None:
        super().__init__()
        convolutions = zip(pairwise(CHANNELS), KERNELS, strict=True)
        self.encoder = nn.ModuleList(nn.Conv1d(*pair, taps, padding=taps // 2) for pair, taps in convolutions)
        sizes = [1 + 3 * CHANNELS[-1], *[HIDDEN] * LAYERS, 1]
        layers = [nn.Linear(*pair) for pair in pairwise(sizes)]
        for k, layer in enumerate(layers):  # the initialisation of a SIREN with frequency 1, as published
            bound = 1 / layer.in_features if k == 0 else (6 / layer.in_features) ** 0.5
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.uniform_(layer.bias, -bound, bound)
        self.decoder = nn.ModuleList(layers)

    def codes(self, samples: Tensor) -> Tensor:
        """Return latent codes `[n, time, 32]` of `samples [n, time]`."""
        values = samples[:, None]
        for k, layer in enumerate(self.encoder):
            values = layer(values)
            if k < len(self.encoder) - 1:
                values = torch.tanh(values)
        return values.transpose(1, 2)

    def decoded(self, codes: Tensor, index: Tensor, distance: Tensor) -> Tensor:
        """Return amplitudes `[n, queries]` at a distance from samples, in intervals."""
        last = codes.shape[1] - 1
        rows = torch.arange(len(codes), device=codes.device)[:, None]
        around = [codes[rows, (index + step).clamp(0, last)] for step in (-1, 0, 1)]
        values = torch.cat([2 * distance[..., None], *around], dim=-1)
        for k, layer in enumerate(self.decoder):
            values = layer(values)
            if k < LAYERS:
                values = torch.relu(values)
        return values[..., 0]

    def forward(self, samples: Tensor, places: Tensor, moves: Tensor | None) -> Tensor:
        """Return amplitudes at `places [n, queries]`, from the sample behind each once moved; None: cross-faded."""
        codes = self.codes(samples)
        if moves is not None:
            index = torch.ceil(places + moves).long().clamp(0, codes.shape[1] - 1)
            return self.decoded(codes, index, places - index)
        index = torch.floor(places).long()
        fraction = places - index
        before, after = self.decoded(codes, index, fraction), self.decoded(codes, index + 1, fraction - 1)
        return (1 - fraction) * before + fraction * after


class Interpolation(Objective):
    """The samples between samples."""

    name = "learning LISA"
    memory = "batch or queries"
    judge = "loss"

    def __init__(self, device: torch.device, task: LisaTask, recordings: Recordings) -> None:
        self.task, self.recordings, self.device = task, recordings, device
        self.module: LisaModule = LisaModule().to(device)
        seconds = np.array([len(recording.samples) for recording in recordings.learned], np.float64)
        self._chances = seconds / seconds.sum()
        random = np.random.default_rng(0)
        judged = recordings.judged or recordings.learned[:16]
        self._judged = [self._drawn(recording.samples, random, task.highest) for recording in judged]

    def batch(self, step: Step) -> tuple[Drawn, Tensor]:
        """Draw stretches of the recordings, each as probable as its duration, and how far each instant is moved."""
        random, count = step.random(), max(self.task.batch // step.processes.count, 1)
        low, high = (rate // RATE_STEP for rate in (self.task.rate, self.task.highest))
        rates = random.integers(low, high + 1, count) * RATE_STEP
        numbers = random.choice(len(self._chances), count, p=self._chances)
        drawn = [
            self._drawn(self.recordings.learned[number].samples, random, int(rate))
            for number, rate in zip(numbers, rates, strict=True)
        ]
        samples, places, targets = (torch.cat(values) for values in zip(*drawn, strict=True))
        moves = torch.from_numpy(((random.standard_normal(places.shape) - 1) / 2).astype(np.float32))
        return (samples, places, targets), moves.to(self.device)

    def _drawn(self, samples: NDArray[np.float32], random: np.random.Generator, rate: int) -> Drawn:
        """Return a stretch at the input rate, instants in it, and the amplitudes there of the sound at `rate`."""
        size = round(self.task.crop_seconds * self.task.highest)
        first = int(random.integers(0, max(len(samples) - size, 0) + 1))
        stretch = samples[first : first + size]
        audio = Audio(np.pad(stretch, (0, size - len(stretch)))[None], self.task.highest)
        target = resample(audio, rate).samples[0]
        chosen = random.choice(len(target), min(self.task.queries, len(target)), replace=False)
        chosen = np.resize(chosen, self.task.queries)
        places = (chosen * (self.task.rate / rate)).astype(np.float32)
        given = resample(audio, self.task.rate).samples
        return self._tensor(given), self._tensor(places[None]), self._tensor(target[chosen][None])

    def _tensor(self, values: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(np.array(values)).to(self.device)

    def loss(self, batch: tuple[Drawn, Tensor]) -> Tensor:
        """Return the L1 distance of a batch."""
        (samples, places, targets), moves = batch
        distance: Tensor = (self.module(samples, places, moves) - targets).abs().mean()
        return distance

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float]:
        """Return L1 and SNR at the highest rate, on the recordings kept for it; on ones learned from if none."""
        error = signal = absolute = 0.0
        for samples, places, targets in self._judged:
            difference = self.module(samples, places, None) - targets
            error += float(difference.square().sum())
            signal += float(targets.square().sum())
            absolute += float(difference.abs().mean()) / len(self._judged)
        return {"loss": absolute, "judged_snr_db": 10 * float(np.log10(signal / max(error, 1e-30)))}

    def identity(self) -> str:
        """Return a digest of the material, with the settings that are not the loop's."""
        digest = hashlib.sha256(repr((self.task.rate, self.task.highest, self.task.batch, self.task.queries)).encode())
        for recording in [*self.recordings.learned, *self.recordings.judged]:
            digest.update(recording.samples.data)
        return f"lisa {digest.hexdigest()}"
