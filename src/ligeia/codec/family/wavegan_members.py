"""WaveGAN's decoder in numpy: what `latent.decoders.wavegan` computes, where no torch is."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ligeia.codec.family.model import FamilyModel, float_arrays
from ligeia.codec.family.wavegan import WaveGanSettings

Reals = NDArray[np.float32]


def samples_of(model: FamilyModel, codes: Reals, pitches: Reals | None, count: int) -> Reals:
    """Return the samples `[n, samples]` of members, whose number is that of the family's sounds."""
    del pitches, count
    settings = model.decoder
    assert isinstance(settings, WaveGanSettings)
    arrays = float_arrays(model.arrays)
    sounds = [_one(settings, arrays, np.asarray(code, np.float32))[: model.samples] for code in codes]
    return np.stack(sounds)


def _one(settings: WaveGanSettings, arrays: dict[str, Reals], code: Reals) -> Reals:
    maps = (code @ arrays["map_weight_0"] + arrays["map_bias_0"]).reshape(settings.channels[0], settings.first)
    for k, factor in enumerate(settings.factors):
        steps = np.repeat(np.maximum(maps, 0), factor, axis=1)
        half = settings.kernel // 2
        maps = convolved(steps, arrays[f"weight_{k}"], (half, half)) + arrays[f"bias_{k}"][:, None]
    waves = np.tanh(maps)
    if taps := settings.filter:
        around = taps // 2, taps - 1 - taps // 2
        waves = convolved(waves, arrays["filter_weight"], around) + arrays["filter_bias"][:, None]
    sound: Reals = waves[0]
    return sound


def convolved(maps: Reals, weight: Reals, around: tuple[int, int]) -> Reals:
    """Return `maps [inputs, n]` correlated with `weight [outputs, inputs, taps]`, zeros `around` them."""
    padded = np.pad(maps, ((0, 0), around))
    windows = sliding_window_view(padded, weight.shape[2], axis=1)  # [inputs, n, taps]
    result: Reals = np.tensordot(weight, windows, axes=([1, 2], [0, 2]))
    return result
