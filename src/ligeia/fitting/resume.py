"""Saving a running group of blocks, and going on from what was saved."""

from pathlib import Path
from time import monotonic

import torch

from ligeia.audio.signal import Sound
from ligeia.errors import InputError
from ligeia.fitting.group import FittedGroup
from ligeia.fitting.plan import Plan
from ligeia.training.checkpoint import Checkpoint
from ligeia.training.loop import Trainer
from ligeia.training.optimisers import CAN_RESUME


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
        self.store, self.group, self.file = store, group, f"group-{group:06d}"
        self.last = monotonic()

    def step(self, trainer: Trainer) -> None:
        """Called after every step: save where the last save is long ago."""
        if self.store is not None and monotonic() - self.last >= trainer.config.save_seconds:
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
