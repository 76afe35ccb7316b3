"""A few gradient steps on written functions: the fit of `fitting`, begun where the model left off."""

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from ligeia.fitting.batches import Samples
from ligeia.fitting.config import FitConfig
from ligeia.fitting.group import GroupFit
from ligeia.fitting.quantised import load
from ligeia.networks.spec import NetworkSpec
from ligeia.progress import OnProgress, Progress
from ligeia.training.loop import Trainer
from ligeia.training.processes import torch_errors

CONFIG = FitConfig(
    steps=1,
    learning_rates=(0.05, 0.006, 0.006),
    betas=(0.9, 0.98),
    schedule="cosine",
    stride=1,
    clip_gradient=1.0,
    precision="float32",
    closed_form=False,
)
"""Full batches, and small steps: what the model wrote is a good start. The best parameters of each block are kept, so
that no step makes its error larger. The output layer is not solved in closed form: that would be another method."""


def refined(
    spec: NetworkSpec,
    parameters: dict[str, Tensor],
    samples: Samples,
    levels: Tensor,
    config: FitConfig,
    after_step: Callable[[Trainer], None] | None = None,
) -> dict[str, Tensor]:
    """Return `parameters [blocks, ...]` after `config.steps` gradient steps towards `samples`, best of each block.

    `levels [blocks]` are the gains of the blocks.

    Raises:
        FitError: the loss is no longer finite, or torch failed.
    """
    with torch_errors("refining", GroupFit.memory):
        fitting = GroupFit(spec, samples, levels, config, config.seed)
        fitting.name = "refining"
        load(fitting.module, parameters)
        fitting.evaluate()  # what was written is the first of what is kept
    fitting.trainer.run(after_step)
    return fitting.best


def settings(steps: int, *, seed: int, device: str) -> FitConfig:
    """Return the settings of `steps` steps.

    Raises:
        InputError: a setting is out of range.
    """
    return replace(CONFIG, steps=steps, seed=seed, device=device, evaluations=min(4, steps))


def watched(on_progress: OnProgress | None, now: Progress) -> Callable[[Trainer], None] | None:
    """Return a function that reports each step of a group within a longer work, which stands at `now`."""
    if on_progress is None:
        return None

    def report(trainer: Trainer) -> None:
        on_progress(replace(now, step=trainer.step, steps=trainer.config.steps, loss=trainer.loss))

    return report
