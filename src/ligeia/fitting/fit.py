"""`fit`: a sound becomes an INR. `fit_groups`: the same, a bounded number of blocks at a time.

With a checkpoint a killed fit continues from the last state of the running group, to the same bytes.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any, Unpack

import numpy as np
import torch

from ligeia.arguments import checks_types
from ligeia.audio.given import Given, given_sound
from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.errors import FitError, SettingsError
from ligeia.fitting.batches import make_samples
from ligeia.fitting.group import GroupFit
from ligeia.fitting.options import FitOptions, chosen_recipe
from ligeia.fitting.own_loss import name_of
from ligeia.fitting.plan import FittedGroup, Plan, Recipe, block_levels, load_group, make_plan
from ligeia.fitting.reach import plan_warnings
from ligeia.inr import INR
from ligeia.networks.spec import NetworkSpec
from ligeia.progress import OnProgress, Progress
from ligeia.training.checkpoint import Checkpoint
from ligeia.training.loop import Trainer
from ligeia.training.optimisers import CAN_RESUME
from ligeia.training.processes import pick_device, thread_count, torch_errors

_SECONDS_BETWEEN_REPORTS = 0.1


@checks_types
def fit(
    sound: Given,
    recipe: Recipe | str | None = None,
    *,
    network: str | NetworkSpec | None = None,
    rate: float | None = None,
    checkpoint: Path | str | None = None,
    on_progress: OnProgress | None = None,
    **options: Unpack[FitOptions],
) -> INR:
    """Fit a function to a sound.

    `sound` is an `Audio`, an opened recording, a path, a binary file, or samples (an array or list, `[time]` or
    `[channels, time]`) with their `rate` in Hz. `recipe` is a `Recipe` or the name of one ("ligeia", or one of the
    papers'); or `network` names one that Ligeia's own recipe is for ("siren", "finer", ...), or is one with all its
    fields, such as `ligeia.Siren(width=128)`. `options` change what the recipe says:

    - `width`, `depth`: units in each hidden layer, and hidden layers; or `parameters`, an upper limit for the sound
    - `omega`: frequency factor of the first layer, radians per unit of the coordinate
    - `learning_rate`: one for all layers, or three for the first, the hidden and the output layers
    - `loss`: "mse", "l1", "smooth_l1", or a function of `estimate` and `target`, tensors `[blocks, channels, time]`,
      that returns a tensor (`fitting.own_loss`); every step then sees every sample, in order
    - `steps`, `seconds` or `snr_db`: when to end
    - `seed`, and `device`: "auto", "cpu" or "cuda"

    `checkpoint` names a folder in which the fit keeps its state: the same call after a crash continues from there, to
    the same result. `on_progress` is called about ten times a second; it may raise to stop.

    The INR's `report` says what was done: recipe, seconds, SNR in dB, steps, seed, versions; and, under "warnings",
    what speaks against this recipe for this sound.

    Raises:
        TypeError: an argument is of another type, or samples come without a rate.
        InputError: the sound cannot be read or has no samples.
        SettingsError: a setting is out of range or contradicts another, or there is no such device.
        FitError: torch failed, or the fit diverged; `error.best` is the best INR so far.

    Example:
        >>> import numpy as np
        >>> tone = np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
        >>> fit(tone, rate=8000, steps=200).report["snr_db"] > 10
        True
    """
    with given_sound(sound, rate) as opened:
        chosen = chosen_recipe(opened, recipe, network, options)
        pick_device(chosen.config.device)
        return _fit(opened, chosen, checkpoint, on_progress)


def _fit(sound: Sound, recipe: Recipe, checkpoint: Path | str | None, on_progress: OnProgress | None) -> INR:
    """Fit `sound` as `recipe` says."""
    plan = make_plan(sound, recipe)
    warnings = plan_warnings(plan, sound)
    started = plan.config.now()
    groups: list[FittedGroup] = []
    try:
        groups.extend(fit_groups(plan, sound, checkpoint=checkpoint, on_progress=on_progress))
    except FitError as error:
        if isinstance(error.best, FittedGroup):
            report = {"recipe": recipe.name, "error": str(error), "warnings": warnings}
            error.best = assemble(plan, [*groups, error.best], report)
        raise
    report = make_report(recipe, plan, groups, plan.config.now() - started)
    return assemble(plan, groups, {**report, "warnings": warnings})


def fit_groups(
    plan: Plan, sound: Sound, *, checkpoint: Path | str | None = None, on_progress: OnProgress | None = None
) -> Iterator[FittedGroup]:
    """Fit the blocks of `sound` group by group, in memory bounded by `plan.config.group`.

    With `plan.quantiser` the parameters that come are what that makes of the best ones, and the errors are theirs.

    Raises:
        FitError: torch failed, or a group diverged; then `error.best` is the `FittedGroup` so far.
    """
    if plan.solve is not None:  # in closed form, too quick for checkpoints and progress
        with torch_errors(f"recipe {plan.recipe!r}", "the length of the sound"):
            yield from plan.solve(plan, sound)
        return
    store = None if checkpoint is None else open_checkpoint(Path(checkpoint), plan, sound)
    watch = _Watch(plan, on_progress)
    for number, blocks in enumerate(plan.groups):
        watch.group = number
        saver = Saver(store, number)
        group = saver.finished(blocks)
        if group is not None:
            watch.account(group.seconds)
        else:
            with thread_count(plan.threads(len(blocks))):
                group = _fit_group(plan, sound, blocks, saver, watch)
            saver.finish(group)
        yield group


def assemble(plan: Plan, groups: list[FittedGroup], report: dict[str, Any]) -> INR:
    """One INR from its groups; blocks that were never reached are silent."""
    count = plan.segments.count
    gains = np.zeros(count, np.float32)
    parameters = {name: np.zeros((count, *shape), np.float32) for name, shape in plan.spec.shapes().items()}
    for group in groups:
        part = slice(group.blocks.start, group.blocks.stop)
        gains[part] = group.gains
        for name, value in group.parameters.items():
            parameters[name][part] = value
    return INR(plan.spec, parameters, plan.rate, plan.segments, gains, report)


def make_report(recipe: Recipe, plan: Plan, groups: list[FittedGroup], seconds: float) -> dict[str, Any]:
    """The report of an INR, as plain data."""
    signal, error = sum(group.signal for group in groups), sum(group.error for group in groups)
    return {
        "recipe": recipe.name,
        "network": plan.spec.name,
        **_counted(plan, groups),
        "blocks": plan.segments.count,
        "seconds": seconds,
        "steps": max(group.steps for group in groups),
        "snr_db": snr_from_energies(signal, error),
        "trace": [group.trace for group in groups],
        "config": asdict(plan.config) | {"loss": name_of(plan.config.loss)},
        "torch": torch.__version__,
        "threads": plan.threads(len(plan.groups[0])) or torch.get_num_threads(),
    }


def _counted(plan: Plan, groups: list[FittedGroup]) -> Counter[str]:
    """Parameters, and what else counts, of all groups together."""
    counts: Counter[str] = Counter()
    for group in groups:
        counts.update(plan.spec.counted(group.parameters, group.gains))
    return counts


# --- checkpoints ---------------------------------------------------------------------------------------


def open_checkpoint(folder: Path, plan: Plan, sound: Sound) -> Checkpoint:
    """The checkpoint in `folder` for this plan and sound.

    Raises:
        InputError: it belongs to another fit.
        SettingsError: the optimiser's state cannot be saved, or the loss is a function, which may have changed.
    """
    if callable(plan.config.loss):
        raise SettingsError("a fit with a loss of your own cannot be resumed: leave the checkpoint out")
    if plan.config.optimiser not in CAN_RESUME:
        raise SettingsError(
            f"the state of optimiser {plan.config.optimiser!r} cannot be saved; fit without a checkpoint"
        )
    return Checkpoint(folder, plan.identity(sound))


class Saver:
    """Saves one group into a checkpoint now and then; without a checkpoint it does nothing."""

    def __init__(self, store: Checkpoint | None, group: int) -> None:
        self.store, self.group, self.file = store, group, f"group-{group:06d}"
        self.last = monotonic()

    def step(self, trainer: Trainer) -> None:
        """Called after every step: save where the last save is long ago."""
        if monotonic() - self.last >= trainer.config.save_seconds:
            self.save(trainer)

    def save(self, trainer: Trainer) -> None:
        """Save a running group, between two steps."""
        if self.store is not None:
            tensors, facts = trainer.state()
            self.store.save("last", tensors, facts | {"group": self.group})
            self.last = monotonic()

    def restore(self, trainer: Trainer) -> None:
        """Bring a group to the state in which it was last seen running, if it was.

        Raises:
            InputError: the file is damaged, or no state of a fit.
        """
        state = None if self.store is None else self.store.load("last")
        if state is not None and state[1].get("group") == self.group:
            trainer.load_state(*state)

    def finished(self, blocks: range) -> FittedGroup | None:
        """The group, where an earlier run finished it."""
        state = None if self.store is None else self.store.load(self.file)
        if state is None:
            return None
        tensors, facts = state
        arrays = {name: value.numpy() for name, value in tensors.items()}
        return FittedGroup(blocks, parameters=arrays, gains=arrays.pop("gains"), trace=[], **facts)

    def finish(self, group: FittedGroup) -> None:
        """Save the finished group, and drop the running state."""
        if self.store is not None:
            facts = {"signal": group.signal, "error": group.error, "steps": group.steps, "seconds": group.seconds}
            arrays = {**group.parameters, "gains": group.gains}
            self.store.save(self.file, {name: torch.from_numpy(value) for name, value in arrays.items()}, facts)
            self.store.drop("last")


# --- a group -----------------------------------------------------------------------------------------


class _Watch:
    """Turns steps of the running group into progress of the whole, at most ten times a second."""

    def __init__(self, plan: Plan, report: OnProgress | None) -> None:
        self.plan, self.report = plan, report
        self.group = 0
        self.started, self.last = plan.config.now(), monotonic()

    @property
    def budget(self) -> float | None:
        """Seconds that the running group may take: its share of what is left of the budget."""
        if self.plan.config.seconds is None:
            return None
        left = self.plan.config.seconds - self.elapsed
        return max(left, 1e-3) / (len(self.plan.groups) - self.group)

    @property
    def elapsed(self) -> float:
        """Seconds since the start, on the clock of the budget."""
        return self.plan.config.now() - self.started

    def account(self, seconds: float) -> None:
        """Count what was spent before a crash against the budget."""
        self.started -= seconds

    def step(self, fit: GroupFit) -> None:
        """Called after every step."""
        now = monotonic()
        if self.report is None or now - self.last < _SECONDS_BETWEEN_REPORTS:
            return
        self.last = now
        steps, groups = self.plan.config.steps, len(self.plan.groups)
        snr = fit.trace[-1].snr_db if fit.trace else None
        step, loss = fit.trainer.step, fit.trainer.loss
        done = (self.group + step / steps) / groups
        if self.plan.config.seconds is not None:
            done = min(max(done, self.elapsed / self.plan.config.seconds), 1.0)
        self.report(
            Progress(
                done=done,
                elapsed=self.elapsed,
                stage="fitting",
                step=step,
                steps=steps,
                group=self.group,
                groups=groups,
                loss=loss,
                snr_db=snr,
            )
        )


def _fit_group(plan: Plan, sound: Sound, blocks: range, saver: Saver, watch: _Watch) -> FittedGroup:
    """Fit the audible blocks of a group; silent ones get gain 0 and parameters 0."""
    data, valid = load_group(plan, sound, blocks)
    gains = block_levels(plan, data, valid)
    audible = np.flatnonzero(gains)
    signal = float(np.square(data[audible], dtype=np.float64).sum())
    if len(audible) == 0:
        return _collect(plan, blocks, gains, audible, None, signal)
    device = pick_device(plan.config.device)
    samples = make_samples(plan, data[audible], valid[audible], gains[audible], device)
    seed = (plan.config.seed + 1_000_003 * blocks.start) % 2**63
    levels = torch.from_numpy(gains[audible]).to(device)
    name = f"recipe {plan.recipe!r}"
    with torch_errors(name, GroupFit.memory):
        fitting = GroupFit(plan.spec, samples, levels, plan.config, seed, plan.rate, plan.quantiser)
        fitting.name = name
        saver.restore(fitting.trainer)
    trainer = fitting.trainer
    watch.account(trainer.seconds)
    trainer.budget = None if watch.budget is None else watch.budget + trainer.seconds

    def after_step(trainer: Trainer) -> None:
        saver.step(trainer)
        try:
            watch.step(fitting)
        except BaseException:
            saver.save(trainer)  # between two steps: stopping loses nothing
            raise

    try:
        trainer.run(after_step)
    except FitError as error:
        if not isinstance(error.__cause__, RuntimeError | MemoryError):  # else torch cannot be asked to measure
            fitting.settle()
            error.best = _collect(plan, blocks, gains, audible, fitting, signal)
        raise
    return _collect(plan, blocks, gains, audible, fitting, signal)


def _collect(
    plan: Plan,
    blocks: range,
    gains: np.ndarray[Any, np.dtype[np.float32]],
    audible: np.ndarray[Any, Any],
    fitting: GroupFit | None,
    signal: float,
) -> FittedGroup:
    parameters = {name: np.zeros((len(blocks), *shape), np.float32) for name, shape in plan.spec.shapes().items()}
    if fitting is None:
        return FittedGroup(blocks, parameters, gains, signal, signal, 0, 0.0, [])
    for name, value in fitting.best.items():
        parameters[name][audible] = value.cpu().numpy()
    error = float((fitting.best_error * fitting.levels**2).sum())
    trace = [asdict(point) for point in fitting.trace]
    steps, seconds = fitting.trainer.step, fitting.trainer.seconds
    return FittedGroup(blocks, parameters, gains, signal, error, steps, seconds, trace)
