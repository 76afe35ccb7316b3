"""The noise that a network with several heads adds, estimated from what its heads do not agree on.

Siamese SIREN (2023, eq. 4): with the heads f_0 and f_1 and their mean,

    e_0 = alpha (f_0 - (f_0 + f_1) / 2)   and   e_1 = alpha (f_1 - (f_0 + f_1) / 2) = -e_0.

The paper takes e_0 with alpha 2, which is the difference f_0 - f_1 that its code computes. If the heads err
independently and equally, the difference has twice the power of one head's error, and alpha = sqrt(2) the same.
"""

from dataclasses import replace
from math import isfinite

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.inr import INR
from ligeia.networks.formula import Headed

PAPER_ALPHA = 2.0


def heads_alone(inr: INR) -> list[INR]:
    """Every head of an INR as an INR of its own, with the same blocks, gains and cross-fades.

    Raises:
        InputError: its network has no heads.
    """
    spec = inr.spec
    if not isinstance(spec, Headed):
        raise InputError(f"the network {spec.name} has no heads; siamese, siamese-relu and ensembles have")
    numbers = [spec.numbers_of(head, inr.parameters) for head in range(spec.head_count)]
    alone = spec.alone()
    return [replace(inr, spec=alone, parameters=own, report={"head": head}) for head, own in enumerate(numbers)]


def noise_estimate(inr: INR, *, head: int = 0, alpha: float = PAPER_ALPHA) -> Audio:
    """The estimated noise of one head, alpha (f_head - mean of all heads), at the INR's own rate.

    It goes with the sound of that head: gate `heads_alone(inr)[head].render()` with it.

    Raises:
        InputError: the network has fewer than two heads, or no head of that number; `alpha` is not finite.

    Example:
        >>> import ligeia
        >>> from ligeia.networks import Siamese
        >>> tone = ligeia.Audio(np.sin(np.arange(800) / 5)[None], rate=8000)
        >>> small = Siamese(shared_width=8, head_width=4, octaves=8)
        >>> recipe = ligeia.Recipe(name="small", source="", design=lambda _: small, config=ligeia.FitConfig(steps=3))
        >>> noise_estimate(ligeia.fit(tone, recipe)).frames
        800
    """
    if not isfinite(alpha):
        raise InputError(f"alpha must be finite, got {alpha}")
    sounds = [one.render().samples.astype(np.float64) for one in heads_alone(inr)]
    if len(sounds) < 2:
        raise InputError("a noise estimate needs two heads; this network has one")
    if not 0 <= head < len(sounds):
        raise InputError(f"there is no head {head}; the heads are 0 to {len(sounds) - 1}")
    return Audio((alpha * (sounds[head] - np.mean(sounds, axis=0))).astype(np.float32), inr.rate)
