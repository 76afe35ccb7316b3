"""One fit of a study: a sound, a recipe at some size, and what came out, as plain data."""

from dataclasses import replace
from typing import Any

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.fitting.fit import fit
from ligeia.fitting.recipes import Recipe, recipe_named
from ligeia.inr import INR
from ligeia.metrics.score import score
from ligeia.records.journal import Row


def fitted(
    audio: Audio, recipe: Recipe | str, *, width: int | None = None, depth: int | None = None, **config: Any
) -> INR:
    """The INR of `audio` by a recipe, at another width and depth, and with other settings of its `FitConfig`."""
    chosen = recipe_named(recipe) if isinstance(recipe, str) else recipe
    chosen = replace(chosen.resized(width=width, depth=depth), config=replace(chosen.config, **config))
    return fit(audio, chosen)


def outcome(audio: Audio, inr: INR, metrics: tuple[str, ...] = ()) -> Row:
    """Parameters, seconds, steps, mean squared error and SNR of a fit; and metrics of what it renders.

    A sparse network also has "units", how many are there. Undefined metrics are None, with their reasons beside them.
    """
    estimate = inr.render()
    error = float(np.mean(np.square(estimate.samples.astype(np.float64) - audio.samples)))
    row: Row = {
        "parameters": inr.parameter_count,
        "fit_seconds": inr.report["seconds"],
        "steps": inr.report["steps"],
        "snr_db": inr.report["snr_db"],
        "mse": error,
    }
    if "units" in inr.report:
        row["units"] = inr.report["units"]
    if not metrics:
        return row
    result = score(reference=audio, estimate=estimate, metrics=metrics)
    reasons = {name: one.reason for name, one in result.scores.items() if one.reason}
    return row | {"metrics": result.as_dict()["values"], "reasons": reasons}
