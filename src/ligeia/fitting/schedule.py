"""Schedules: factors on the peak learning rates and on the weight penalty, as functions of the fraction of the run."""

from math import cos, pi

from ligeia.fitting.config import FitConfig

FLOOR = 0.04
"""Where the one-cycle schedule starts, as a part of its peak (the usual 1/25)."""


def one_cycle(fraction: float, warmup: float) -> float:
    """Cosine rise from 1/25 to 1 over `warmup`, then cosine fall to 0 (Smith 2018, without the momentum)."""
    if fraction < warmup:
        return FLOOR + (1 - FLOOR) * (1 - cos(pi * fraction / warmup)) / 2
    rest = (fraction - warmup) / max(1 - warmup, 1e-9)
    return (1 + cos(pi * min(rest, 1.0))) / 2


def staircase(step: int) -> float:
    """0.99 once more after every 20 steps (PyTorch's StepLR as SIREN² sets it)."""
    return float(0.99 ** (step // 20))


def rate_factor(config: FitConfig, fraction: float, step: int) -> float:
    """Factor of the configured schedule at `fraction` (0 to 1) of the run, which is step number `step`."""
    if config.schedule == "one_cycle":
        return one_cycle(fraction, config.warmup)
    return staircase(step) if config.schedule == "staircase" else 1.0


def decay_factor(config: FitConfig, fraction: float) -> float:
    """Factor on the weight penalty at `fraction` (0 to 1) of the run: 1, or from 1 linearly to 0 at `decay_until`."""
    return 1.0 if config.decay_schedule == "constant" else max(1 - fraction / config.decay_until, 0.0)
