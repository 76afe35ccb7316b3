"""Optimisers by name, schedules of learning rates and of the weight penalty, clipping, averages of weights."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import cos, inf, pi
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from ligeia.errors import MissingExtra, SettingsError
from ligeia.training.adabelief import AdaBelief
from ligeia.training.config import TrainingConfig

Groups = list[dict[str, Any]]

# --- optimisers -------------------------------------------------------------------------------------


def _adam(groups: Groups, config: TrainingConfig) -> Optimizer:
    return torch.optim.Adam(groups, betas=config.betas, weight_decay=config.weight_decay, fused=True)


def _adamw(groups: Groups, config: TrainingConfig) -> Optimizer:
    return torch.optim.AdamW(groups, betas=config.betas, weight_decay=config.weight_decay, fused=True)


def _adabelief(groups: Groups, config: TrainingConfig) -> Optimizer:
    return AdaBelief(groups, betas=config.betas, weight_decay=config.weight_decay)


def _nadam(groups: Groups, config: TrainingConfig) -> Optimizer:
    return torch.optim.NAdam(groups, betas=config.betas, weight_decay=config.weight_decay, foreach=True)


def _sgd(groups: Groups, config: TrainingConfig) -> Optimizer:
    return torch.optim.SGD(groups, momentum=config.betas[0], weight_decay=config.weight_decay, foreach=True)


def _soap(groups: Groups, config: TrainingConfig) -> Optimizer:
    try:
        from pytorch_optimizer import SOAP
    except (ImportError, OSError) as error:
        raise MissingExtra("pytorch-optimizer", "search") from error
    optimiser: Optimizer = SOAP(groups, betas=config.betas, weight_decay=config.weight_decay)
    return optimiser


OPTIMISERS: dict[str, Callable[[Groups, TrainingConfig], Optimizer]] = {
    "adabelief": _adabelief,
    "adam": _adam,
    "adamw": _adamw,
    "nadam": _nadam,
    "sgd": _sgd,
    "soap": _soap,
}
CAN_RESUME = ("adabelief", "adam", "adamw", "nadam", "sgd")
"""Optimisers whose state is tensors alone."""


def make_optimiser(
    parameters: Sequence[Sequence[Parameter]], config: TrainingConfig, penalised: Sequence[bool] | None = None
) -> Optimizer:
    """The optimiser that `config` names, over groups of parameters, each with its learning rate.

    `penalised` says which groups the weight penalty applies to; None: to all.

    Raises:
        InputError: the optimiser is unknown, or the number of learning rates does not match the groups.
    """
    if config.optimiser not in OPTIMISERS:
        raise SettingsError(f"unknown optimiser {config.optimiser!r}; there are: {', '.join(OPTIMISERS)}")
    rates = config.learning_rates
    if len(rates) not in (1, len(parameters)):
        raise SettingsError(f"there must be 1 or {len(parameters)} learning rates, got {rates}")
    rates = rates if len(rates) > 1 else rates * len(parameters)
    shares = [1.0] * len(parameters) if penalised is None else [float(share) for share in penalised]
    rows = zip(parameters, rates, shares, strict=True)
    groups: Groups = [
        {"params": list(members), "lr": rate, "peak": rate, "weight_decay": share * config.weight_decay, "share": share}
        for members, rate, share in rows
        if members
    ]
    return OPTIMISERS[config.optimiser](groups, config)


def scale_rates(optimiser: Optimizer, factor: float) -> None:
    """Set every group's learning rate to `factor` times its peak."""
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * factor


def set_decay(optimiser: Optimizer, decay: float) -> None:
    """Set the weight penalty of every group that has one."""
    for group in optimiser.param_groups:
        group["weight_decay"] = group["share"] * decay


# --- schedules: factors as functions of the fraction of the run ----------------------------------------

FLOOR = 0.04
"""Start of the one-cycle schedule, as a part of its peak (the usual 1/25)."""


def one_cycle(fraction: float, warmup: float) -> float:
    """Cosine rise from 1/25 to 1 over `warmup`, then cosine fall to 0 (Smith 2018, without the momentum)."""
    if fraction < warmup:
        return FLOOR + (1 - FLOOR) * (1 - cos(pi * fraction / warmup)) / 2
    rest = (fraction - warmup) / max(1 - warmup, 1e-9)
    return (1 + cos(pi * min(rest, 1.0))) / 2


def staircase(step: int) -> float:
    """0.99 once more after every 20 steps (PyTorch's StepLR as SIREN² sets it)."""
    return float(0.99 ** (step // 20))


def rate_factor(config: TrainingConfig, fraction: float, step: int) -> float:
    """Factor of the configured schedule at `fraction` (0 to 1) of the run, which is step number `step`."""
    factor = 1.0
    if config.schedule == "one_cycle":
        factor = one_cycle(fraction, config.warmup)
    elif config.schedule == "cosine":
        factor = one_cycle(fraction, 0.0)
    elif config.schedule == "staircase":
        factor = staircase(step)
    return factor if step >= config.warmup_steps else factor * (step + 1) / config.warmup_steps


def decay_factor(config: TrainingConfig, fraction: float) -> float:
    """Factor on the weight penalty at `fraction` (0 to 1) of the run: 1, or from 1 linearly to 0 at `decay_until`."""
    return 1.0 if config.decay_schedule == "constant" else max(1 - fraction / config.decay_until, 0.0)


@dataclass
class Plateau:
    """Learning rates that fall where the scores of evaluations, or the losses of steps, no longer do."""

    factor: float = 1.0
    """Present factor on the rates."""
    best: float = inf
    """The lowest score so far."""
    waited: int = 0
    """Scores since then."""

    def see(self, score: float, config: TrainingConfig) -> None:
        """Take note of a score, lower is better."""
        if self.best == inf or score < self.best - config.plateau_threshold * abs(self.best):
            self.best, self.waited = score, 0
            return
        self.waited += 1
        if self.waited >= config.plateau_patience:
            self.factor, self.waited = self.factor * config.plateau_factor, 0


# --- clipping -----------------------------------------------------------------------------------------

TINY = 1e-6
"""Added to norms before they divide, as `torch.nn.utils.clip_grad_norm_` does."""


def clip_norm(parameters: Iterable[Parameter], limit: float) -> None:
    """Scale down the gradient over all `parameters` to a norm of at most `limit`."""
    torch.nn.utils.clip_grad_norm_(list(parameters), limit)


@torch.no_grad()
def clip_blocks(parameters: Iterable[Parameter], limit: float) -> None:
    """Scale down the gradient of each block, over all `parameters [blocks, ...]`, to a norm of at most `limit`."""
    gradients = [value.grad for value in parameters if value.grad is not None]
    norms = torch.stack([gradient.flatten(1).square().sum(1) for gradient in gradients]).sum(0).sqrt()
    factors = (limit / (norms + TINY)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factors.view(-1, *[1] * (gradient.dim() - 1)))


# --- averages of weights --------------------------------------------------------------------------------


class Average:
    """Exponential moving average of parameters; young averages forget faster, with a decay of (1 + n) / (10 + n)."""

    def __init__(self, parameters: dict[str, Parameter], decay: float) -> None:
        self.parameters, self.decay = parameters, decay
        self.values: dict[str, Tensor] = {name: value.detach().clone() for name, value in parameters.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move the average towards the parameters after step number `step`, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.values.values()), list(self.parameters.values()), 1 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the averages and the parameters; call it again to put both back."""
        for name, value in self.parameters.items():
            current = value.detach().clone()
            value.copy_(self.values[name])
            self.values[name].copy_(current)
