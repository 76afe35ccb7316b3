"""Families: a training step of an autodecoder beside a plain PyTorch statement of the thesis's loop.

The plain statement does what the program of Zuiderveld 2021 does with each batch: the coordinates repeated for each
sound, an evenly spaced subset of each; pi-GAN layer by layer, sin((omega + gamma) (W x + b) + beta) with normalised
weights; the summed squared errors of samples and of their differences; one backward pass for the codes
(`create_graph=True`), a second one through the same graph for the networks; a step of gradient descent with the codes,
and AdaBelief, parameter by parameter. All in float32.

Ours is `Trainer.advance` of a `FamilyObjective`: the very method that a training calls, with its schedules and
counters. Both sides start from the same numbers and see the same samples of the same sounds, which the plain one is
told for nothing. Nothing is timed before their losses and codes agree over CHECKED steps.

Predicted before the two sides were timed: products of matrices take 4 passes on the plain side (forward, backward to
the codes, and backward twice as much to weights and codes again) and 3 on ours, a ratio of 1.33; what is left must come
from arrays that stay in the caches, fewer passes over them, and the optimiser. Where products are wide (256) that was
put at 1.8 in all, at widths of 64 to 128 at 2.3. Sines and cosines, a quarter of our time, were forgotten in that:
they cost both sides the same. What halves the time once more are products in bfloat16 (`precision = "auto"`).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import leaky_relu, linear

from benchmarks.rows import Rows
from benchmarks.step import compared, interleaved
from ligeia.latent.configuration import Configuration, named
from ligeia.latent.learning import FamilyObjective
from ligeia.latent.material import Material, Recording
from ligeia.records.journal import Row
from ligeia.records.tables import fixed, markdown, table
from ligeia.training.loop import Trainer
from ligeia.training.objective import Step
from ligeia.training.processes import Processes, pick_precision, thread_count

THREADS = (1,)
"""Threads on the CPU."""
CHECKED = 2
"""Steps whose losses must agree."""
TOLERANCE = {"float32": (1e-3, 0.05), "bfloat16": (1e-2, 0.2)}
"""Largest distance of losses, relative to the plain one's, and of codes, relative to the largest change of one.

Phases of some thousand radians have errors of 1e-4 in single precision on the plain side (ours drops full turns in
double precision), and every step starts from the codes of the one before. `tests/test_benchmarks.py` compares all
gradients where phases are small. bfloat16 keeps 8 bits, 4e-3, of what goes through the hidden layers.
"""
SAMPLES = 16000
RATE = 1e-9
"""Learning rate of the networks: AdaBelief makes a full step of a derivative that is mere rounding; losses diverge."""


@dataclass(frozen=True)
class Case:
    """A pi-GAN, and what a step sees."""

    name: str
    widths: tuple[int, ...]
    points: int
    batch: int
    first_omega: float = 1760.0
    hidden_omega: float = 245.0
    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of our hidden products (`precision` in `[training]`); the plain side is always float32."""

    def configuration(self) -> Configuration:
        """The thesis's training with this network, at a constant rate."""
        decoder = {"widths": self.widths, "first_omega": self.first_omega, "hidden_omega": self.hidden_omega}
        training = {"schedule": "constant", "learning_rates": [RATE], "device": "cpu", "log_every": 10**6}
        training |= {"precision": self.precision}
        changes = {"decoder": decoder, "codes": {"batch": self.batch}, "loss": {"points": self.points}}
        return named("pi_gan", {**changes, "training": training})


SIZES = (
    Case("8 x 256, 2000 of 16000 points, 16 sounds", (256,) * 8, 2000, 16),
    Case("4 x 128, 1000 of 16000 points, 32 sounds", (128,) * 4, 1000, 32),
    Case("4 x 64, 500 of 16000 points, 32 sounds", (64,) * 4, 500, 32),
)


def cases() -> Iterator[Case]:
    """Give the sizes in float32, and in bfloat16 where the machine is fast in it."""
    halves = pick_precision("auto", torch.device("cpu")) == torch.bfloat16
    for size in SIZES:
        yield size
        if halves:
            yield replace(size, precision="bfloat16")


def run() -> None:
    """Add the rows that are missing; all cases with one thread first."""
    rows = Rows("latent")
    for threads in sorted(THREADS):
        for case in cases():
            key = {"benchmark": "latent", "case": case.name, "precision": case.precision}
            key |= {"device": "cpu", "threads": threads}
            with thread_count(threads):
                rows.add_once(key, lambda case=case: measured(case))


def measured(case: Case) -> Row:
    """Check a case, then time it."""
    sides = Sides(case)
    apart = sides.check()
    found = compared(interleaved({"ours": sides.ours, "plain": sides.plain}, torch.device("cpu")), "plain")
    numbers = sum(value.numel() for value in sides.objective.module.decoder.parameters())
    speeds = {"ours_steps": 1000 / found["ours_ms"], "plain_steps": 1000 / found["plain_ms"]}
    return {"numbers": numbers, "apart": apart, **speeds, **found}


class Sides:
    """Ours and the plain one: call `ours` or `plain` to take a step; both return its loss."""

    def __init__(self, case: Case) -> None:
        self.case, self.config = case, case.configuration()
        random = np.random.default_rng(0)
        sounds = random.standard_normal((case.batch, SAMPLES)).cumsum(1).astype(np.float32) / 500
        self.objective = FamilyObjective(self.config, _material(self.config, sounds), torch.device("cpu"))
        self.trainer = Trainer(self.objective, self.config.training, keep_best=False)
        self.plain = PlainLoop(self.objective, self.config)

    def ours(self) -> float:
        """Take one step of ours."""
        self.trainer.advance(0.0)
        return self.trainer.loss

    def check(self) -> float:
        """Return how far the losses of the two are apart at most, relative to the plain one's.

        Raises:
            RuntimeError: they, or the codes after them, are too far apart.
        """
        codes = self.objective.module.codes
        assert codes is not None
        start = codes.values.clone()
        ours = [self.ours() for _ in range(CHECKED)]
        plain = [self.plain() for _ in range(CHECKED)]
        apart = max(abs(a - b) / abs(b) for a, b in zip(ours, plain, strict=True))
        moved = float((codes.values - start).abs().max())
        codes_apart = float((codes.values - self.plain.codes).abs().max()) / moved
        most, codes_most = TOLERANCE[self.case.precision]
        if not (apart <= most and codes_apart <= codes_most):  # so that NaN fails too
            raise RuntimeError(f"{self.case.name}: {ours} and {plain}, codes apart by {codes_apart:.2g}")
        return apart


def _material(config: Configuration, sounds: np.ndarray[Any, Any]) -> Material:
    items = tuple(Recording(name=str(number)) for number in range(len(sounds)))
    facts: dict[str, Any] = {"left_out": {}, "changed": Counter(), "others": Counter()}
    gains = np.ones(len(sounds), np.float32)
    return Material(waveforms=sounds, items=items, gains=gains, settings=config.data, **facts)


class PlainLoop:
    """The thesis's loop, written down: call it for a step."""

    def __init__(self, objective: FamilyObjective, config: Configuration) -> None:
        self.config, self.step = config, 0
        decoder, codes = objective.module.decoder, objective.module.codes
        assert codes is not None
        self.codes = codes.values.clone()
        self.numbers = {name: value.detach().clone().requires_grad_() for name, value in decoder.named_parameters()}
        self.optimiser = PlainAdaBelief(list(self.numbers.values()), config.training.learning_rates[0])
        self.waveforms = objective.waveforms
        times = torch.arange(SAMPLES) * (2 / SAMPLES) - 1
        self.times = times.repeat(len(self.waveforms), 1)
        self.told = [self._told(number) for number in range(8)]

    def _told(self, number: int) -> tuple[Tensor, Tensor]:
        """Return the sounds of a step, and the phase of each one's subset."""
        step = Step(number, 0.0, self.config.training.seed, Processes(), torch.Tensor.backward, torch.enable_grad)
        items = step.indices(len(self.waveforms), self.config.codes.batch)
        random = np.random.default_rng([self.config.training.seed, number])
        phases = random.integers(SAMPLES // self.config.loss.points, size=len(items))
        return torch.from_numpy(items), torch.from_numpy(phases)

    def __call__(self) -> float:
        """Take a step; return the loss before it."""
        items, phases = self.told[self.step % len(self.told)]
        self.step += 1
        stride = SAMPLES // self.config.loss.points
        subset = phases[:, None] + stride * torch.arange(self.config.loss.points)
        targets = self.waveforms[items].gather(1, subset)
        times = self.times[items].gather(1, subset).unsqueeze(-1)
        codes = self.codes[items].detach().requires_grad_()
        found = self.network(codes, times).squeeze(-1)
        squares = (found - targets).square().sum(1).mean()
        loss = squares + (found.diff(dim=1) - targets.diff(dim=1)).square().sum(1).mean()
        (slope,) = torch.autograd.grad(loss, codes, create_graph=True, retain_graph=True)
        self.codes[items] = (codes - self.config.codes.learning_rate * slope).detach()
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())

    def network(self, codes: Tensor, times: Tensor) -> Tensor:
        """Pi-GAN: codes `[items, numbers]` and times `[items, n, 1]` to amplitudes `[items, n, 1]`."""
        n, w = self.numbers, codes
        last = self.config.decoder.mapping_layers  # type: ignore[attr-defined]
        for k in range(last + 1):
            w = linear(w, n[f"map_weight_{k}"].t(), n[f"map_bias_{k}"])
            w = leaky_relu(w, 0.2) if k < last else w
        gamma, beta = w.chunk(2, dim=1)
        x, depth = times, len(self.config.decoder.widths)  # type: ignore[attr-defined]
        for k in range(depth):
            omega = self.config.decoder.omega(k)  # type: ignore[attr-defined]
            x = linear(x, self._weight(k), n[f"bias_{k}"])
            x = torch.sin((omega + gamma.unsqueeze(1)) * x + beta.unsqueeze(1))
        return linear(x, self._weight(depth), n[f"bias_{depth}"])

    def _weight(self, layer: int) -> Tensor:
        """Return the normalised weight of a layer, `[outputs, inputs]`."""
        direction, length = self.numbers[f"weight_{layer}"].t(), self.numbers[f"length_{layer}"].unsqueeze(1)
        return direction * (length / direction.norm(dim=1, keepdim=True))


class PlainAdaBelief:
    """AdaBelief, one parameter after another."""

    def __init__(self, parameters: list[Tensor], rate: float) -> None:
        self.parameters, self.rate, self.count = parameters, rate, 0
        self.means = [torch.zeros_like(value) for value in parameters]
        self.variances = [torch.zeros_like(value) for value in parameters]

    def zero_grad(self) -> None:
        """Drop the gradients."""
        for value in self.parameters:
            value.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Take a step."""
        self.count += 1
        for value, mean, variance in zip(self.parameters, self.means, self.variances, strict=True):
            gradient = value.grad
            assert gradient is not None
            mean.mul_(0.9).add_(gradient, alpha=0.1)
            deviation = gradient - mean
            variance.mul_(0.999).addcmul_(deviation, deviation, value=0.001)
            root = (variance.add_(1e-16).sqrt() / sqrt(1 - 0.999**self.count)).add_(1e-16)
            value.addcdiv_(mean, root, value=-self.rate / (1 - 0.9**self.count))


# --- the table ------------------------------------------------------------------------------------------


def latent_table() -> str:
    """Return steps per second of both sides, and how many times as many ours takes."""
    rows = Rows("latent").rows
    header = ["pi-GAN", "ours in"]
    for threads in THREADS:
        where = f"{threads} thread{'s' if threads > 1 else ''}"
        header += [f"ours, steps/s, {where}", f"plain, {where}", f"ours is faster, {where}"]
    by_key = {(row["case"], row["precision"], row["threads"]): row for row in rows}
    lines = []
    for case, precision in dict.fromkeys(key[:2] for key in by_key):
        cells = [text for count in THREADS for text in _cells(by_key.get((case, precision, count)))]
        lines.append([case, precision, *cells])
    measured_on = sorted({f"{row['machine']}, torch {row['torch']}" for row in rows})
    shown = markdown(table(header, lines, texts=(0, 1)))
    return f"{shown}\nMeasured on: {'; '.join(measured_on)}.\n" if lines else ""


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return ["", "", ""]
    ratio = f"{1 / row['ratio']:.2f} × [{1 / row['high']:.2f}, {1 / row['low']:.2f}]"
    return [fixed(row["ours_steps"], None), fixed(row["plain_steps"], None), ratio]
