"""The loop of Mahdi 2025 (§4.5, App. B) with real feedback: fit, refine, put the known samples back, and again.

The report describes an INR that interpolates missing samples, a network that refines the result, and a loop that goes
on until nothing improves. Its published code calls the refiner five times on the same file and keeps the last result:
nothing is fed back, and no convergence is looked at. Here

1. small SIREN are fitted to the known samples alone (`siren`), and say what stands at the missing ones;
2. a refiner, any method of `denoise`, hears the result;
3. the known samples are put back, so that only the missing ones are the refiner's;
4. the SIREN are fitted again, to all samples, refined ones included, and so on from 2.

It ends when a pass changes the missing samples by less than `TOLERANCE` of their size, or after the report's five
passes (`steps`). The findings have the change of every pass, and whether the loop converged.
"""

from functools import partial
from typing import Any

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import DEFAULT, denoise
from ligeia.enhance.restoration.siren import MaskedConfig, configured, function_of
from ligeia.enhance.restoration.stretch import Flags, Reals, RestoreSettings, Stretch, by_channel

PASSES = 5
"""Passes at most, as in Mahdi 2025."""
TOLERANCE = 1e-2
"""Change of the missing samples, relative to their norm, at which the loop has converged."""
NONE = "none"
"""Name of the refiner that changes nothing."""


def repair(
    stretch: Stretch, settings: RestoreSettings, refiner: str = DEFAULT, config: MaskedConfig | None = None
) -> Reals:
    """Return the stretch as the loop leaves it; `refiner` is a method of `denoise`, or "none".

    Raises:
        InputError: the refiner is unknown, or cannot be used.
        MissingExtra: torch is not installed, or what the refiner needs.
    """
    config = configured(config, settings, steps=None)
    looped = partial(_looped, stretch=stretch, settings=settings, refiner=refiner, config=config)
    return by_channel(looped, stretch)


def repair_plain(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch as the loop leaves it without a refiner."""
    return repair(stretch, settings, NONE)


def repair_gate(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch as the loop leaves it with the spectral gate as its refiner."""
    return repair(stretch, settings, "gate")


def repair_mossformer2(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch as the loop leaves it with the report's own refiner, from the checkpoint of `settings`."""
    return repair(stretch, settings, "mossformer2")


def _looped(
    samples: Reals,
    missing: Flags,
    *,
    stretch: Stretch,
    settings: RestoreSettings,
    refiner: str,
    config: MaskedConfig,
) -> Reals:
    passes = PASSES if settings.steps is None else settings.steps
    changes: list[float] = []
    trusted = ~missing
    refined = samples
    for number in range(passes):
        fitted = function_of(np.where(trusted, refined, 0.0), trusted, missing, stretch.rate, config)
        before, refined = refined, np.where(missing, _refined(fitted, stretch.rate, refiner, settings), samples)
        trusted = np.ones_like(missing)
        if number:
            size = float(np.linalg.norm(refined[missing]))
            changes.append(float(np.linalg.norm((refined - before)[missing])) / max(size, 1e-12))
            if changes[-1] < TOLERANCE:
                break
    _report(stretch.findings, refiner, changes)
    return refined


def _refined(samples: Reals, rate: int, refiner: str, settings: RestoreSettings) -> Reals:
    if refiner == NONE:
        return samples
    model: dict[str, Any] = {} if settings.model is None else {"model": settings.model}
    refined = denoise(Audio(samples[None].astype(np.float32), rate), refiner, **model)
    return np.asarray(refined.audio.samples[0], np.float64)


def _report(findings: dict[str, Any], refiner: str, changes: list[float]) -> None:
    """Add what a loop did to the findings: of all stretches together."""
    findings["refiner"] = refiner
    findings["tolerance"] = TOLERANCE
    findings.setdefault("changes", []).append([round(change, 5) for change in changes])
    findings.setdefault("converged", []).append(bool(changes and changes[-1] < TOLERANCE))
