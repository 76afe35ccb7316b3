"""Several small fits of one network at once: other clips, other starts, side by side in one stack.

A step of a small network is mostly the time that Python and torch need to start it. `fit` holds many blocks in one
stack, each a network of its own with its own start, its own steps of Adam, its own best: what it does with a block does
not depend on those beside it. So sounds of one length, put one after the other and cut where they meet, are as many
fits of whole sounds, in a fraction of the time.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio, snr_from_energies
from ligeia.errors import InputError
from ligeia.fitting.plan import Recipe
from ligeia.inr import INR
from ligeia.studies.fits import fitted

POINTS = 8
"""Points of a curve at most."""


def fitted_together(sounds: Sequence[Audio], recipe: Recipe, **settings: Any) -> list[INR]:
    """Return the INR of each sound, fitted side by side; `settings` are those of `fits.fitted`.

    The report of each has its share of the seconds, its own SNR, and under "curve" the SNR of all together, as
    [step, dB], at a few steps. The seed draws the starts of all, so that copies of a sound are fits of several seeds.

    Raises:
        InputError: the sounds differ in length, in rate, or in the level that the recipe divides by.
    """
    first = sounds[0]
    if any((each.rate, each.samples.shape) != (first.rate, first.samples.shape) for each in sounds):
        raise InputError("sounds that are fitted together must have one rate and one length")
    if recipe.config.level == "peak" and len({float(np.abs(each.samples).max()) for each in sounds}) > 1:
        raise InputError("sounds that are fitted together must have one peak, which the recipe divides by")
    joined = Audio(np.concatenate([each.samples for each in sounds], axis=1), first.rate)
    length = first.sample_count
    cut = replace(recipe, block_seconds=length / first.rate, overlap_seconds=0.0)
    inr = fitted(joined, replace(cut, config=replace(cut.config, group=len(sounds))), **settings)
    return [_apart(inr, number, each) for number, each in enumerate(sounds)]


def _apart(inr: INR, number: int, sound: Audio) -> INR:
    """Return one block of an INR as the function of its own sound."""
    part = slice(number, number + 1)
    parameters = {name: value[part] for name, value in inr.parameters.items()}
    alone = INR(inr.spec, parameters, inr.rate, Segments(sound.sample_count, hop=sound.sample_count), inr.gains[part])
    error = np.square(alone.render().samples - sound.samples, dtype=np.float64).sum()
    share = {
        "seconds": inr.report["seconds"] / inr.segments.count,
        "snr_db": snr_from_energies(float(np.square(sound.samples, dtype=np.float64).sum()), float(error)),
        "curve": thinned(inr.report["trace"][0]),
    }
    return replace(alone, report={**inr.report, **share})


def thinned(trace: list[dict[str, float]]) -> list[list[float]]:
    """Return [step, SNR] of a trace at its end, at half of it, at a quarter, and so on, the earliest first."""
    places = (len(trace) >> halvings for halvings in reversed(range(POINTS)))
    return [[trace[place - 1]["step"], trace[place - 1]["snr_db"]] for place in places if place >= 1]
