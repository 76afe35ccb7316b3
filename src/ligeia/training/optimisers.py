"""Optimisers by name, with one learning rate for each part of the network."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import Module
from torch.optim import Optimizer

from ligeia.errors import InputError, MissingExtra
from ligeia.fitting.config import FitConfig
from ligeia.networks.spec import NetworkSpec

PARTS = ("first", "hidden", "output")

Groups = list[dict[str, Any]]


def _adam(groups: Groups, config: FitConfig) -> Optimizer:
    return torch.optim.Adam(groups, betas=config.betas, weight_decay=config.weight_decay, fused=True)


def _adamw(groups: Groups, config: FitConfig) -> Optimizer:
    return torch.optim.AdamW(groups, betas=config.betas, weight_decay=config.weight_decay, fused=True)


def _nadam(groups: Groups, config: FitConfig) -> Optimizer:
    return torch.optim.NAdam(groups, betas=config.betas, weight_decay=config.weight_decay, foreach=True)


def _sgd(groups: Groups, config: FitConfig) -> Optimizer:
    return torch.optim.SGD(groups, momentum=config.betas[0], weight_decay=config.weight_decay, foreach=True)


def _soap(groups: Groups, config: FitConfig) -> Optimizer:
    try:
        from pytorch_optimizer import SOAP
    except (ImportError, OSError) as error:
        raise MissingExtra("pytorch-optimizer", "search") from error
    optimiser: Optimizer = SOAP(groups, betas=config.betas, weight_decay=config.weight_decay)
    return optimiser


NAMES: dict[str, Callable[[Groups, FitConfig], Optimizer]] = {
    "adam": _adam,
    "adamw": _adamw,
    "nadam": _nadam,
    "sgd": _sgd,
    "soap": _soap,
}


def make_optimiser(module: Module, spec: NetworkSpec, config: FitConfig) -> Optimizer:
    """The optimiser that `config` names, over the parameters of `module` in groups by part."""
    if config.optimiser not in NAMES:
        raise InputError(f"unknown optimiser {config.optimiser!r}; there are: {', '.join(NAMES)}")
    groups: Groups = []
    for part, rate in zip(PARTS, config.learning_rates, strict=True):
        members = [value for name, value in module.named_parameters() if spec.part(name) == part]
        if members:
            groups.append({"params": members, "lr": rate, "peak": rate})
    return NAMES[config.optimiser](groups, config)


def scale_rates(optimiser: Optimizer, factor: float) -> None:
    """Set every group's learning rate to `factor` times its peak."""
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * factor


def set_decay(optimiser: Optimizer, decay: float) -> None:
    """Set every group's weight penalty."""
    for group in optimiser.param_groups:
        group["weight_decay"] = decay
