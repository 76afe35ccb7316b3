"""HyperSound: a training step, and writing functions, beside a plain PyTorch statement of the paper's loop.

The plain statement does what the program of HyperSound 2023 does, with as many PyTorch operations: the encoder on the
whole batch, the dense layers, then encoding and layers of all target networks in `torch.bmm`, a bias added, an
activation; mean absolute error and, of five resolutions, mel magnitudes by `torch.stft` and a matrix; `backward()`
and `torch.optim.AdamW` as it comes. All in float32. (The paper's program has no loop over sounds; where one has it, the
networks one after another in `torch.nn.functional.linear`, that is the side "loop".)

Both sides have the same modules for encoder and dense layers, start from the same numbers and see the same waveforms:
nothing but ours' own order of work, and its evaluation of target networks, can make a difference. Nothing is timed
before the losses of both agree over CHECKED steps.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import pi, prod
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d, l1_loss, linear, mse_loss

from benchmarks.rows import Rows
from benchmarks.step import THREADS, compared, interleaved
from ligeia.dsp.mel import mel_filters
from ligeia.hypersound.config import HyperSoundConfig, executed
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.losses import LossConfig, ReconstructionLoss
from ligeia.networks import Siren
from ligeia.records.journal import Row
from ligeia.records.tables import fixed, markdown, table
from ligeia.training.config import TrainingConfig
from ligeia.training.optimisers import make_optimiser
from ligeia.training.processes import pick_precision, thread_count

BATCH = 16
"""Sounds of a batch, as in the paper."""
TRAINING = TrainingConfig(optimiser="adamw", learning_rates=(1e-6,), betas=(0.95, 0.999), weight_decay=0.01)
"""Settings as executed, but for the rate: at 1e-4 the first losses diverge, by rounding alone, too far to compare."""
SIZES = (2048, 1024, 512, 256, 128)
BANDS = 128
CHECKED = 3
"""Steps whose losses must agree."""
TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 3e-2}
"""Largest distance of the losses, relative to the plain one: as in `step`, after a hundred times as many products."""

Work = Literal["training step", "writing"]
Precision = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
Numbers = dict[str, Tensor]


@dataclass(frozen=True)
class Case:
    """A model, what it does, and in which precision ours does it."""

    name: str
    config: HyperSoundConfig
    work: Work = "training step"
    precision: Precision = "float32"
    plain: Literal["batched", "loop"] = "batched"
    """The plain statement of the target networks."""


def cases() -> Iterator[Case]:
    """Give the paper's models as executed; bfloat16 where the machine is fast in it."""
    halves = pick_precision("auto", torch.device("cpu")) == torch.bfloat16
    for precision in PRECISIONS if halves else PRECISIONS[:1]:
        yield Case("FMLP 5 x 90", executed(), "writing", precision)
        yield Case("FMLP 5 x 90", executed(), precision=precision)
    yield Case("FMLP 5 x 26 (CR 10)", executed(target={"width": 26}))
    yield Case("SIREN 5 x 90", executed(network="siren"))
    yield Case("FMLP 5 x 90", executed(), plain="loop")


def run() -> None:
    """Add the rows that are missing; all cases with one thread first."""
    rows = Rows("hypersound")
    for threads in sorted(THREADS):
        for case in cases():
            key = {"benchmark": "hypersound", "case": case.name, "work": case.work, "precision": case.precision}
            key |= {"plain": case.plain, "device": "cpu", "threads": threads}
            with thread_count(threads):  # the row says with how many it was measured
                rows.add_once(key, lambda case=case: measured(case))


def measured(case: Case) -> Row:
    """Check a case, then time it."""
    sides = Sides(case)
    apart = sides.check()
    found = compared(interleaved({"ours": sides.ours, "plain": sides.plain}, torch.device("cpu")), "plain")
    seconds = BATCH * case.config.samples / case.config.rate
    facts = {"numbers": case.config.numbers, "batch": BATCH, "sound_seconds": seconds, "apart": apart}
    return {**facts, "speed": 1000 * seconds / found["ours_ms"], **found}


class Sides:
    """Ours and the plain one: call `ours` or `plain` to do the work once; both return a number to check."""

    def __init__(self, case: Case) -> None:
        self.case = case
        generator = torch.Generator().manual_seed(1)
        walk = torch.randn(BATCH, case.config.samples, generator=generator).cumsum(1)
        # Levels that fall by 6 dB per octave and a peak of 1, about as speech has them.
        sound = walk - avg_pool1d(walk, 101, 1, 50, count_include_pad=False)
        self.waveforms = sound / sound.abs().amax(1, keepdim=True)
        training = case.work == "training step"
        self.ours = self._side(_OurStep if training else _OurWriting)
        self.plain = self._side(_PlainStep if training else _PlainWriting)

    def _side(self, kind: Callable[[HyperSound, Tensor, Case], Callable[[], float]]) -> Callable[[], float]:
        return kind(HyperSound(self.case.config, seed=0), self.waveforms, self.case)

    def check(self) -> float:
        """Return how far what the plain side gives is from ours at most, relative to it.

        Raises:
            RuntimeError: too far.
        """
        ours = [self.ours() for _ in range(CHECKED)]
        plain = [self.plain() for _ in range(CHECKED)]
        apart = max(abs(a - b) / abs(b) for a, b in zip(ours, plain, strict=True))
        if not apart <= TOLERANCE[getattr(torch, self.case.precision)]:  # so that NaN fails too
            raise RuntimeError(f"{self.case.name}, {self.case.plain}: {ours} and {plain}")
        return apart


# --- ours -----------------------------------------------------------------------------------------------


class _OurWriting:
    """`HyperSound.write`, without derivatives."""

    def __init__(self, model: HyperSound, waveforms: Tensor, case: Case) -> None:
        self.model, self.waveforms, self.case = model, waveforms, case

    def autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.case.precision == "bfloat16")

    @torch.no_grad()
    def __call__(self) -> float:
        with self.autocast():
            return _size_of(self.model.write(self.waveforms))


class _OurStep(_OurWriting):
    """A step as the trainer takes it: the model under autocast, the loss in single precision."""

    def __init__(self, model: HyperSound, waveforms: Tensor, case: Case) -> None:
        super().__init__(model, waveforms, case)
        self.loss = ReconstructionLoss(LossConfig(), case.config.rate, case.config.samples)
        self.optimiser = make_optimiser([list(model.parameters())], TRAINING)

    @torch.enable_grad()
    def __call__(self) -> float:
        self.optimiser.zero_grad()
        with self.autocast():
            estimate = self.model(self.waveforms)
        loss = self.loss(estimate.float(), self.waveforms)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())


# --- plain ----------------------------------------------------------------------------------------------


class _PlainWriting:
    """Encoder, dense layers, and a slice of their output for each parameter."""

    def __init__(self, model: HyperSound, waveforms: Tensor, case: Case) -> None:
        self.model, self.waveforms, self.config, self.loop = model, waveforms, case.config, case.plain == "loop"

    def write(self) -> Numbers:
        """Return the parameters of all target networks."""
        code = self.model.trunk(self.model.encoder(self.waveforms).flatten(1))
        numbers, first, parameters = self.model.head(code), 0, {}
        for name, shape in self.config.spec().shapes().items():
            parameters[name] = numbers[:, first : first + prod(shape)].reshape(-1, *shape)
            first += prod(shape)
        return parameters

    @torch.no_grad()
    def __call__(self) -> float:
        return _size_of(self.write())


class _PlainStep(_PlainWriting):
    """Forward, loss, backward, AdamW."""

    def __init__(self, model: HyperSound, waveforms: Tensor, case: Case) -> None:
        super().__init__(model, waveforms, case)
        self.optimiser = torch.optim.AdamW(
            model.parameters(),
            lr=TRAINING.learning_rates[0],
            betas=TRAINING.betas,
            weight_decay=TRAINING.weight_decay,
        )
        rate = self.config.rate
        self.filters = [torch.from_numpy(mel_filters(rate, size, BANDS)).float() for size in SIZES]
        self.windows = [torch.hann_window(size) for size in SIZES]

    @torch.enable_grad()
    def __call__(self) -> float:
        self.optimiser.zero_grad()
        loss = self.loss(self.render(self.write()))
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())

    def render(self, parameters: Numbers) -> Tensor:
        """Return the amplitudes `[batch, n]` of all target networks."""
        times = torch.linspace(-1, 1, self.config.samples)
        if self.loop:
            each = [{name: values[k : k + 1] for name, values in parameters.items()} for k in range(BATCH)]
            return torch.cat([_network(self.config, one, times.view(1, -1, 1), alone=True) for one in each])
        return _network(self.config, parameters, times.repeat(BATCH, 1).unsqueeze(-1), alone=False)

    def loss(self, estimate: Tensor) -> Tensor:
        """Return the loss as executed: L1, and of mel magnitudes the mean error and the root of its mean square."""
        total = torch.zeros(())
        for size, window, filters in zip(SIZES, self.windows, self.filters, strict=True):
            found, true = (_mel(sound, size, window, filters) for sound in (estimate, self.waveforms))
            total = total + l1_loss(found, true) + torch.sqrt(mse_loss(found, true))
        return l1_loss(estimate, self.waveforms) + total / len(SIZES)


def _mel(sound: Tensor, size: int, window: Tensor, filters: Tensor) -> Tensor:
    spectrum = torch.stft(sound, size, size // 4, size, window, return_complex=True)
    return torch.matmul(filters, torch.sqrt(torch.clamp(spectrum.real**2 + spectrum.imag**2, min=1e-8)))


def _network(config: HyperSoundConfig, parameters: Numbers, t: Tensor, *, alone: bool) -> Tensor:
    """The target networks, layer by layer, at `t [batch, n, 1]`."""
    spec, x = config.spec(), t
    siren = isinstance(spec, Siren)
    if not siren:
        phases = t * (pi * 2.0 ** torch.arange(10))
        x = torch.cat([torch.sin(phases), torch.cos(phases)], dim=-1)
    names = list(parameters)
    for k, (weight, bias) in enumerate(zip(names[0::2], names[1::2], strict=True)):
        x = spec.omega(min(k, 1)) * x if isinstance(spec, Siren) else x
        x = _dense(x, parameters[weight], parameters[bias], alone=alone)
        if k < len(names) // 2 - 1:
            x = torch.sin(x) if siren else torch.relu(x)
    return x.squeeze(-1)


def _dense(x: Tensor, weight: Tensor, bias: Tensor, *, alone: bool) -> Tensor:
    if alone:
        return linear(x, weight[0].t(), bias[0])
    return torch.bmm(x, weight) + bias.unsqueeze(1)


def _size_of(parameters: Numbers) -> float:
    """A number that stands for all parameters: the root of their mean square."""
    return float(torch.cat([values.flatten() for values in parameters.values()]).square().mean().sqrt())


# --- the table ------------------------------------------------------------------------------------------


def hypersound_table() -> str:
    """Return our seconds of sound per second, and the ratio of our time to the plain statement's, with its rows."""
    rows = Rows("hypersound").rows
    by_key = {(row["case"], row["work"], row["precision"], row["plain"], row["threads"]): row for row in rows}
    header = ["work", "target network", "ours in", "beside"]
    for threads in THREADS:
        where = f"{threads} thread{'s' if threads > 1 else ''}"
        header += [f"ours ms, {where}", f"× real time, {where}", f"ours / plain, {where}"]
    lines = []
    for case, work, precision, plain in dict.fromkeys(key[:4] for key in by_key):
        cells = [text for count in THREADS for text in _cells(by_key.get((case, work, precision, plain, count)))]
        lines.append([work, case, precision, BESIDE[plain], *cells])
    measured_on = sorted({f"{row['machine']}, torch {row['torch']}" for row in rows})
    shown = markdown(table(header, lines, texts=(0, 1, 2, 3)))
    return f"{shown}\nMeasured on: {'; '.join(measured_on)}.\n" if lines else ""


BESIDE = {"batched": "bmm over all sounds", "loop": "a loop over sounds"}


def _cells(row: dict[str, Any] | None) -> list[str]:
    if row is None:
        return ["", "", ""]
    ratio = f"{row['ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
    return [fixed(row["ours_ms"], None), fixed(row["speed"], None), ratio]
