"""Saving a running group of blocks, and going on from what was saved."""

from pathlib import Path
from time import monotonic

import torch
from torch import Tensor

from ligeia.audio.signal import Sound
from ligeia.errors import InputError
from ligeia.fitting.group import FittedGroup
from ligeia.fitting.loop import GroupFit
from ligeia.fitting.plan import Plan
from ligeia.training.checkpoint import SECONDS_BETWEEN, Checkpoint

CAN_RESUME = ("adam", "adamw", "nadam", "sgd")
"""Optimisers whose state is tensors alone."""


def open_checkpoint(folder: Path, plan: Plan, sound: Sound) -> Checkpoint:
    """The checkpoint in `folder` for this plan and sound.

    Raises:
        InputError: it belongs to another fit, or the optimiser's state cannot be saved.
    """
    if plan.config.optimiser not in CAN_RESUME:
        raise InputError(f"the state of optimiser {plan.config.optimiser!r} cannot be saved; fit without a checkpoint")
    return Checkpoint(folder, plan.identity(sound))


class Saver:
    """Saves one group into a checkpoint now and then; without a checkpoint it does nothing."""

    def __init__(self, store: Checkpoint | None, group: int) -> None:
        self.store, self.group = store, group
        self.last = monotonic()

    def step(self, fit: GroupFit) -> None:
        """Called after every step: save where the last save is long ago."""
        if self.store is not None and monotonic() - self.last >= SECONDS_BETWEEN:
            self.store.run(running_state(fit, self.group))
            self.last = monotonic()

    def running(self) -> dict[str, Tensor] | None:
        """The state in which this group was last seen running."""
        return None if self.store is None else self.store.running(self.group)

    def finished(self, blocks: range) -> FittedGroup | None:
        """The group, where an earlier run finished it."""
        tensors = None if self.store is None else self.store.finished(self.group)
        if tensors is None:
            return None
        numbers = tensors.pop("numbers").tolist()
        arrays = {name: value.numpy() for name, value in tensors.items()}
        gains = arrays.pop("gains")
        return FittedGroup(blocks, arrays, gains, numbers[0], numbers[1], int(numbers[2]), numbers[3], [])

    def finish(self, group: FittedGroup) -> None:
        """Save the finished group."""
        if self.store is not None:
            numbers = torch.tensor([group.signal, group.error, group.steps, group.seconds], dtype=torch.float64)
            arrays = {**group.parameters, "gains": group.gains}
            tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
            self.store.finish(self.group, {**tensors, "numbers": numbers})


def running_state(fit: GroupFit, group: int) -> dict[str, Tensor]:
    """Everything that the rest of a group's fit depends on, as tensors."""
    state = {f"now.{name}": value.detach() for name, value in fit.module.named_parameters()}
    state |= {f"best.{name}": value for name, value in fit.best.items()}
    for index, slots in fit.optimiser.state_dict()["state"].items():
        state |= {f"optimiser.{index}.{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    numbers = torch.tensor([fit.step, fit.seconds], dtype=torch.float64)
    best = {"best_error": fit.best_error, "best_score": fit.best_score.clone()}  # often one tensor, but stored apart
    return state | best | {"numbers": numbers, "group": torch.tensor(group)}


def restore(fit: GroupFit, saver: Saver) -> None:
    """Bring `fit` to the state that `saver` holds, if any."""
    state = saver.running()
    if state is None:
        return
    with torch.no_grad():
        for name, value in fit.module.named_parameters():
            value.copy_(state[f"now.{name}"])
            fit.best[name].copy_(state[f"best.{name}"])
    slots: dict[int, dict[str, Tensor]] = {}
    for key in state:
        if key.startswith("optimiser."):
            _, index, slot = key.split(".", 2)
            slots.setdefault(int(index), {})[slot] = state[key]
    whole = fit.optimiser.state_dict()
    fit.optimiser.load_state_dict({"state": slots, "param_groups": whole["param_groups"]})
    fit.best_error = state["best_error"].to(fit.best_error.device)
    fit.best_score = state["best_score"].to(fit.best_error.device)
    fit.step = int(state["numbers"][0])
    fit.seconds = float(state["numbers"][1])
