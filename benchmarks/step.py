"""Step: time of one optimiser step beside a plain PyTorch statement of the same step.

The plain statement is what one would write by hand from the formula: `torch.nn.functional.linear` and an explicit
activation, one forward over the same points, the mean error, `backward()`, `torch.optim.Adam` as it comes, all in
float32. Where a recipe cuts the sound in blocks there are two: one network after another in a loop over blocks, and all
at once in `torch.baddbmm`. Both sides start from the same numbers and see the same points; the plain one gets them for
nothing, while ours draws its batch within its time, and where it sees everything keeps the best of each block too.

Nothing is timed before the losses of both sides, from the start to after CHECKED steps, agree to TOLERANCE.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from statistics import median
from time import perf_counter
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss

from benchmarks.plain_steps import NO_STEP, PLAIN, Numbers, prepared
from benchmarks.rows import ROOT, Rows
from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.fitting.batches import Batch, make_samples
from ligeia.fitting.config import FitConfig
from ligeia.fitting.group import PARTS, GroupFit
from ligeia.fitting.own_recipes import LIGEIA, OWN
from ligeia.fitting.plan import Recipe, block_levels, load_group, make_plan
from ligeia.fitting.recipes import recipe_named
from ligeia.records.statistics import median_interval
from ligeia.records.tables import fixed, markdown, table
from ligeia.training.processes import pick_precision, thread_count

THREADS = (2, 1)
"""Threads on the CPU."""
CHECKED = 3
"""Optimiser steps after which both sides must still have the same loss."""
TOLERANCE = {torch.float32: 3e-4, torch.bfloat16: 3e-3}
"""Largest distance of the losses, relative to the plain one, by the precision of our hidden products.

Single precision has 6e-8; phases of some thousand radians, and Adam, which makes a full step of a derivative that is
nothing but rounding, bring that to 3e-5. bfloat16 keeps 8 bits, 4e-3, of every number in the hidden layers, and errors
of many numbers partly cancel. In so few steps the losses themselves move by a hundredth and more.
"""
TURN_SECONDS = 0.02
"""A turn of one side has as many steps as take ours about so long."""
CASE_SECONDS = 6.0
"""Turns go on for so long, all sides together, within the bounds below."""
ROUNDS = (5, 200)
"""Turns of each side: at least, and at most."""


# --- what is timed ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A recipe, and how much sound it is given."""

    recipe: Recipe
    seconds: float
    """Seconds of sound; whole blocks are made of it, so that no error needs a mask."""
    precision: Literal["auto", "float32"] = "float32"
    """Precision of our hidden products (`FitConfig.precision`); the plain side is always float32."""
    plain: tuple[str, ...] = ("batched",)
    """Plain statements: "single" (one network), "loop" (over blocks) or "batched"."""

    @property
    def name(self) -> str:
        """Its name in rows."""
        as_it_runs = "" if self.precision == "float32" else ", bfloat16"
        return f"{self.recipe.name}, {self.seconds:g} s{as_it_runs}"


def cases(device: torch.device) -> Iterator[Case]:
    """Give the papers' recipes, ours, and ours for each network that has a step.

    Ours is there in bfloat16 too where that is its own choice on `device`.
    """
    for name in ("siren-notebook", "siamese-baseline", "siamese", "hypersound-fmlp"):
        yield Case(recipe_named(name), 10, plain=("single",))
    precisions: list[Literal["auto", "float32"]] = ["float32"]
    if pick_precision(LIGEIA.config.precision, device) == torch.bfloat16:
        precisions.append("auto")
    for seconds in (2, 10):
        yield from (Case(LIGEIA, seconds, precision, ("loop", "batched")) for precision in precisions)
    yield from (Case(recipe, 2) for name, recipe in OWN.items() if name not in NO_STEP and recipe is not LIGEIA)


def run() -> None:
    """Add the rows that are missing."""
    print(f"step: {left_out()}")
    rows = Rows("step")
    for device in ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]:
        threads = THREADS if device == "cpu" else (torch.get_num_threads(),)
        for case in cases(torch.device(device)):
            keys = [{"benchmark": "step", "case": case.name, "device": device, "threads": count} for count in threads]
            missing = [key for key in keys if not all(rows.has(**key, plain=plain) for plain in case.plain)]
            if missing:
                measure(rows, case, missing)


def left_out() -> str:
    """Return the networks that are not timed, and why."""
    return "; ".join(f"no step of `{name}`: it is {reason}" for name, reason in NO_STEP.items())


def measure(rows: Rows, case: Case, keys: list[dict[str, Any]]) -> None:
    """Check a case, then time it with the threads of each key, and add a row for each plain statement."""
    device = torch.device(keys[0]["device"])
    sides = Sides(case, device)
    with thread_count(max(key["threads"] for key in keys)):
        apart_by = sides.check()
    for key in keys:
        with thread_count(key["threads"]):
            times = interleaved({"ours": sides.ours, **sides.plain}, device)
            for plain in case.plain:
                named = {**key, "plain": plain}
                if not rows.has(**named):
                    rows.add({**named, **sides.facts, "apart": apart_by[plain], **compared(times, plain)})


def compared(times: dict[str, list[float]], plain: str) -> dict[str, Any]:
    """Return medians in milliseconds, and the ratio of our time to the plain one's: its median, and 95 % of it."""
    ratios = [ours / other for ours, other in zip(times["ours"], times[plain], strict=True)]
    ratio, low, high = median_interval(ratios)
    return {
        "ours_ms": 1000 * median(times["ours"]),
        "plain_ms": 1000 * median(times[plain]),
        "ratio": ratio,
        "low": low,
        "high": high,
        "rounds": len(ratios),
    }


def interleaved(sides: Mapping[str, Callable[[], object]], device: torch.device) -> dict[str, list[float]]:
    """Return seconds of a step of each side, turn by turn: A, B, C, A, B, C; the first turn of each is dropped."""
    first = {name: _turn(step, 1, device) for name, step in sides.items()}
    steps = max(ceil(TURN_SECONDS / _turn(sides["ours"], 1, device)), 1)
    rounds = CASE_SECONDS / (steps * sum(first.values()))
    rounds = int(min(max(rounds, ROUNDS[0]), ROUNDS[1]))
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, step in sides.items():
            times[name].append(_turn(step, steps, device))
    return times


def _turn(step: Callable[[], object], steps: int, device: torch.device) -> float:
    """Return the seconds that each of so many steps takes."""
    _finish(device)
    started = perf_counter()
    for _ in range(steps):
        step()
    _finish(device)
    return (perf_counter() - started) / steps


def _finish(device: torch.device) -> None:
    if device.type == "cuda":  # it works on while Python goes on
        torch.cuda.synchronize(device)


# --- both sides -------------------------------------------------------------------------------------


class Sides:
    """Our step and the plain ones, from the same numbers.

    Ours is `Trainer.advance` of a `GroupFit`, the very method that a fit calls, always where its schedule is at the
    peak of its rates.
    """

    def __init__(self, case: Case, device: torch.device) -> None:
        self.case = case
        self.config = replace(case.recipe.config, precision=case.precision)
        self.fit = started(replace(case.recipe, config=self.config), case.seconds, device)
        turns = 1 if self.config.full_batch else self.config.stride
        self.batches = [self._batch(step) for step in range(turns)]
        self.plain = {name: PlainFit(self, loop=name == "loop") for name in case.plain}

    def _batch(self, step: int) -> Batch:
        batch = self.fit.samples.step(step, self.config)
        assert batch.weights is None, "a case is made of whole blocks"
        return batch

    def ours(self) -> float:
        """Take one step of ours; return the loss before it."""
        self.fit.trainer.advance(self.config.warmup)
        return self.fit.trainer.loss

    def check(self) -> dict[str, float]:
        """Return how far the losses of each plain side are from ours at most, relative to them, over the first steps.

        Raises:
            RuntimeError: too far.
        """
        ours = [self.ours() for _ in range(CHECKED + 1)]
        apart_by = {}
        for name, plain in self.plain.items():
            losses = [float(plain()) for _ in ours]
            apart_by[name] = max(abs(a - b) / abs(b) for a, b in zip(ours, losses, strict=True))
            if not apart_by[name] <= TOLERANCE[self.fit.dtype]:  # so that NaN fails too
                raise RuntimeError(f"{self.case.name}, {name}: the losses are {ours} and {losses}")
        return apart_by

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Sizes, precision and processor of a step."""
        targets, device = self.batches[0].targets, self.fit.samples.targets.device
        return {
            "blocks": targets.shape[0],
            "points": targets.shape[1],
            "parameters": self.fit.spec.parameters,
            "precision": str(self.fit.dtype).removeprefix("torch."),
            "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        }


def started(recipe: Recipe, seconds: float, device: torch.device) -> GroupFit:
    """Return a fit of the demo clip, repeated, as `fit` would begin it; all blocks in one group."""
    clip = read_audio(ROOT / "examples" / "demo.flac")
    hop = round((recipe.block_seconds or seconds) * clip.rate)
    frames = round(seconds * clip.rate / hop) * hop + round(recipe.overlap_seconds * clip.rate)
    sound = Audio(np.resize(clip.samples, (1, frames)), clip.rate)
    plan = make_plan(sound, recipe)
    (blocks,) = plan.groups
    data, valid = load_group(plan, sound, blocks)
    gains = block_levels(plan, data, valid)
    samples = make_samples(plan, data, valid, gains, device)
    return GroupFit(plan.spec, samples, torch.from_numpy(gains).to(device), plan.config, plan.config.seed, plan.rate)


class PlainFit:
    """The plain statement of a step: call it for one."""

    def __init__(self, sides: Sides, *, loop: bool) -> None:
        self.spec, self.batches, self.turn = sides.fit.spec, sides.batches, 0
        self.statement = PLAIN[self.spec.name]
        self.error = l1_loss if sides.config.loss == "l1" else mse_loss
        module, blocks = sides.fit.module, len(self.batches[0].targets)
        stacked = prepared(self.spec, dict(module.named_parameters()))
        self.alone = loop or blocks == 1
        learned = [_alone(stacked, k) for k in range(blocks)] if self.alone else [_copied(stacked)]
        fixed = {name: value.float() for name, value in module.named_buffers()}
        fixed = _alone(fixed, 0) if self.alone else fixed
        self.networks = [numbers | fixed for numbers in learned]
        self.optimiser = plain_adam(self.spec, learned, sides.config)

    def __call__(self) -> Tensor:
        """Take one step; return the loss before it, a mean over all numbers."""
        batch = self.batches[self.turn % len(self.batches)]
        self.turn += 1
        self.optimiser.zero_grad()
        loss = self._of_each(batch) if self.alone else self._of_all(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return loss.detach() / len(batch.targets)

    def _of_each(self, batch: Batch) -> Tensor:
        """Sum of the blocks' mean errors, one network after another."""
        t = batch.coordinates[0].unsqueeze(-1)
        pairs = zip(self.networks, batch.targets, strict=True)
        return torch.stack(
            [self._error(self.statement(self.spec, numbers, t), target) for numbers, target in pairs]
        ).sum()

    def _of_all(self, batch: Batch) -> Tensor:
        """The same of all networks at once."""
        outputs = self.statement(self.spec, self.networks[0], batch.coordinates.unsqueeze(-1))
        return len(batch.targets) * self._error(outputs, batch.targets)

    def _error(self, outputs: Tensor | list[Tensor], target: Tensor) -> Tensor:
        """Mean error; several heads are each compared with the sound."""
        if isinstance(outputs, Tensor):
            return self.error(outputs, target)
        return torch.stack([self.error(head, target) for head in outputs]).mean()


def plain_adam(spec: Any, networks: list[dict[str, Tensor]], config: FitConfig) -> torch.optim.Adam:
    """Return PyTorch's Adam over all numbers of all networks, with a rate for each part of a network, as ours."""
    groups: list[dict[str, Any]] = []
    for part, rate in zip(PARTS, config.learning_rates, strict=True):
        names = [name for name in networks[0] if spec.part(name.partition("/")[0]) == part]
        if names:
            members = [numbers[name].requires_grad_() for numbers in networks for name in names]
            groups.append({"params": members, "lr": rate})
    return torch.optim.Adam(groups, betas=config.betas, weight_decay=config.weight_decay)


def _copied(numbers: Numbers) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in numbers.items()}


def _alone(numbers: Numbers, block: int) -> dict[str, Tensor]:
    """Return those of one block, as `nn.Linear` keeps them: weights are `[outputs, inputs]`."""
    each = {name: value.detach()[block] for name, value in numbers.items()}
    return {name: (value.t() if value.dim() == 2 else value).contiguous().clone() for name, value in each.items()}


# --- the table --------------------------------------------------------------------------------------


def step_table() -> str:
    """Return our milliseconds, and their ratio to the plain statement's, for every case and machine that has rows."""
    rows = Rows("step").rows
    machines = list(dict.fromkeys((row["device"], row["threads"]) for row in rows))
    by_key = {(row["case"], row["plain"], row["device"], row["threads"]): row for row in rows}
    header = ["step", "blocks × points", "beside"]
    for device, threads in machines:
        where = "CUDA" if device == "cuda" else f"{threads} thread{'s' if threads > 1 else ''}"
        header += [f"ours ms, {where}", f"ours / plain, {where}"]
    lines = []
    for case, plain in dict.fromkeys((row["case"], row["plain"]) for row in rows):
        measured = [by_key.get((case, plain, *machine)) for machine in machines]
        row = next(row for row in measured if row)
        cells = [text for row in measured for text in _cells(row)]
        lines.append([case, f"{row['blocks']} × {row['points']}", BESIDE[plain], *cells])
    measured_on = sorted({f"{row['gpu'] or row['machine']}, torch {row['torch']}" for row in rows})
    shown = markdown(table(header, lines, texts=(0, 2)))
    return f"{shown}\nThere is {left_out()}. Measured on: {'; '.join(measured_on)}.\n" if lines else ""


BESIDE = {"single": "one network", "loop": "a loop over blocks", "batched": "baddbmm over all blocks"}


def _cells(row: dict[str, Any] | None) -> list[str]:
    if row is None:
        return ["", ""]
    return [fixed(row["ours_ms"], None), f"{row['ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"]
