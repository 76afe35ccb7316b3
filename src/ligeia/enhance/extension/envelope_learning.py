"""Training of the envelopes of missing bands: `ligeia train extend narrow` (torch).

From the known bands of real recordings at the full rate, the mean squared error of the logarithms of the powers of the
bands above: the distance that a listener's loudness and the log-spectral distance share. Recordings are brought to one
level, give or take some decibels, and heard through a tilt, as other volumes and microphones would have it. Bands above
half of the rate at which a recording was made, and above where it was cut (by MP3, say), say nothing and do not count.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from ligeia.enhance.extension.envelope import (
    DILATIONS,
    FLOOR,
    LAYOUTS,
    LEVEL,
    MIDDLE,
    REACH,
    SCALE,
    Layout,
    Values,
    log_powers,
)
from ligeia.enhance.extension.material import Choice, Recording, Recordings
from ligeia.errors import SettingsError
from ligeia.training.config import require, require_choice
from ligeia.training.objective import Objective, Step

SILENT = (float(np.log10(FLOOR)) - MIDDLE) * SCALE
"""A scaled log power of the floor."""
EDGE = 0.96
"""Part of the band of a recording that counts."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeTask(Choice):
    """The recordings, the network and its batches: the table `[envelope]` of a configuration.

    Raises:
        InputError: a setting is out of range.
    """

    layout: str = "narrow"
    """The bands: "narrow" (up to 8 kHz) or "wide" (up to 24 kHz)."""
    width: int = 128
    """Units of the network."""
    speeds: tuple[float, ...] = (1.0,)
    """Speeds at which recordings are heard, pitch and formants moving along."""
    level_db: float = 6.0
    """Standard deviation of the levels at which stretches are heard."""
    tilt_db: float = 3.0
    """Standard deviation of a tilt, from the lowest frequency to the highest, through which they are heard."""
    dropout: float = 0.1
    """Share of the units of each convolution that a step leaves out."""
    frames: int = 128
    """Transforms of an example (8 ms each)."""
    batch: int = 24
    """Examples of a step."""

    def __post_init__(self) -> None:
        require_choice("layout", self.layout, tuple(LAYOUTS))
        require(1 <= self.width <= 4096, f"width must lie between 1 and 4096, got {self.width}")
        require(min(self.frames, self.batch) >= 1, "frames and batch must be positive")
        require(0 <= self.dropout < 1, f"dropout must lie between 0 and 1, got {self.dropout}")
        if not self.speeds or not all(0.5 <= speed <= 2 for speed in self.speeds):
            raise SettingsError(f"speeds must lie between 0.5 and 2, got {self.speeds}")


class EnvelopeModule(nn.Module):
    """The trainable form of `envelope.Envelope`: the same arrays under the same names, less the layout's."""

    def __init__(self, inputs: int, width: int, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.enter = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=dilation) for dilation in DILATIONS)
        self.leave = nn.Linear(width, outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Return scaled log powers `[n, frames - 2 REACH, bands]` of `features [n, frames, bands]`."""
        values = nn.functional.gelu(self.enter(features), approximate="tanh").transpose(1, 2)
        for block, dilation in zip(self.blocks, DILATIONS, strict=True):
            added = self.dropout(nn.functional.gelu(block(values), approximate="tanh"))
            values = values[..., dilation:-dilation] + added
        out: Tensor = self.leave(values.transpose(1, 2))
        return out


@dataclass(frozen=True)
class Seen:
    """A recording as the network sees it."""

    features: Values
    """`[frames, bands]`, silence of `REACH` transforms before and after."""
    targets: Values
    """`[frames, bands]` of the missing band."""
    counts: Values
    """1 for the bands that count, `[bands]`."""


def seen(recording: Recording, layout_name: str) -> Seen:
    """Return a recording as the network of a layout sees it."""
    layout = LAYOUTS[layout_name]
    samples = recording.samples
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    padding = (REACH + 2) * layout.hop
    spectra = layout.spectra(np.pad(samples * np.float32(LEVEL / level), padding))
    targets = log_powers(spectra, layout.outputs)
    top = min(recording.band * EDGE, layout.rate / 2) / (layout.rate / layout.size)
    within = np.array(layout.outputs[1:]) <= top + 1
    return Seen(layout.features(spectra), targets, within.astype(np.float32))


class MissingBand(Objective):
    """The powers of the bands above, from those below."""

    memory = "batch or frames"
    judge = "loss"

    def __init__(self, device: torch.device, task: EnvelopeTask, recordings: Recordings) -> None:
        layout = LAYOUTS[task.layout]
        self.task, self.device, self.name = task, device, f"learning {task.layout} envelopes"
        self.module: EnvelopeModule = EnvelopeModule(
            len(layout.inputs) - 1, task.width, len(layout.outputs) - 1, task.dropout
        )
        self.module.to(device)
        self._heights = tuple(heights(edges, layout) for edges in (layout.inputs, layout.outputs))
        self._learned = [seen(recording, task.layout) for recording in recordings.learned]
        self._judged = [seen(recording, task.layout) for recording in recordings.judged] or self._learned[:16]
        frames = np.array([len(part.features) for part in self._learned], np.float64)
        self._chances = frames / frames.sum()
        with torch.no_grad():  # start from the mean envelope
            counted = sum(part.targets.sum(axis=0) * part.counts for part in self._learned)
            weights = sum(len(part.targets) * part.counts for part in self._learned)
            self.module.leave.weight.mul_(0.1)
            self.module.leave.bias.copy_(torch.from_numpy(np.asarray(counted / np.maximum(weights, 1), np.float32)))

    def batch(self, step: Step) -> tuple[Tensor, Tensor, Tensor]:
        """Draw stretches of the recordings, each as probable as its duration, at drawn levels."""
        random, count = step.random(), max(self.task.batch // step.processes.count, 1)
        examples = []
        for number in random.choice(len(self._chances), count, p=self._chances):
            part, need = self._learned[number], self.task.frames + 2 * REACH
            first = int(random.integers(0, max(len(part.features) - need, 0) + 1))
            gain, tilt = random.normal(0, np.array([self.task.level_db, self.task.tilt_db]) / 10)
            gains = tuple(np.asarray(gain + tilt * height, np.float32) for height in self._heights)
            examples.append(self._stretch(part, first, need, gains))
        features, targets, counts = (torch.from_numpy(np.stack(values)) for values in zip(*examples, strict=True))
        return features.to(self.device), targets.to(self.device), counts.to(self.device)

    @staticmethod
    def _stretch(part: Seen, first: int, need: int, gains: tuple[Values, ...]) -> tuple[Values, Values, Values]:
        """Return features, targets and which of them count, at gains of the bands in powers of ten of power."""
        pairs = zip((part.features, part.targets), gains, strict=True)
        features, targets = (louder(values[first : first + need], gain) for values, gain in pairs)
        missing = need - len(features)
        counts = np.repeat(part.counts[None], need, axis=0)
        if missing:
            features = np.pad(features, ((0, missing), (0, 0)), constant_values=SILENT)
            targets = np.pad(targets, ((0, missing), (0, 0)))
            counts[need - missing :] = 0
        return features, targets[REACH:-REACH], counts[REACH:-REACH]

    def loss(self, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Return the mean squared error of a batch."""
        features, targets, counts = batch
        squares = (self.module(features) - targets).square() * counts
        mean: Tensor = squares.sum() / counts.sum().clamp_min(1)
        return mean

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float]:
        """Return loss and root mean square error in dB on the recordings kept for it."""
        total = weight = 0.0
        for part in self._judged:
            out = self.module(torch.from_numpy(part.features)[None].to(self.device))[0].cpu().numpy()
            squares = np.square(out - part.targets[REACH:-REACH]) * part.counts
            total += float(squares.sum())
            weight += float(part.counts.sum()) * len(out)
        mean = total / max(weight, 1.0)
        return {"loss": mean, "judged_rms_db": 10 * float(np.sqrt(mean)) / SCALE}

    def identity(self) -> str:
        """Return a digest of the material, with the settings that are not the loop's."""
        digest = hashlib.sha256(repr(replace(self.task, data=None)).encode())
        for part in [*self._learned, *self._judged]:
            digest.update(part.features.data)
        return f"envelope {digest.hexdigest()}"


def heights(edges: tuple[int, ...], layout: Layout) -> Values:
    """Return where bands lie between the lowest frequency, -1/2, and half the rate, 1/2."""
    return np.asarray((np.array(edges[:-1]) + np.array(edges[1:])) / layout.size - 0.5, np.float32)


def louder(values: Values, gains: Values) -> Values:
    """Return scaled log powers at gains of the bands, in powers of ten of power; none falls below the floor's."""
    return np.asarray(np.maximum(values + gains * np.float32(SCALE), np.float32(SILENT)))
