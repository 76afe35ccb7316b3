"""MossFormer2_SE_48K (ClearerVoice-Studio), the refiner of Mahdi 2025, from a local folder of its checkpoint.

The folder is that of `alibabasglab/MossFormer2_SE_48K` as published: the text file `last_best_checkpoint` and the file
of weights that it names. Only the network is the package's; features, windows and loading are done here, because
there long sounds lose their length, features are dithered (each run differs), and weights that are missing or do not
fit are replaced by random ones without a word.

A real mask from 60 log mel bands (Kaldi's), their first and second differences: 180 features in each frame of 40 ms.
"""

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared
from ligeia.enhance.plugins.checkpoints import (
    listed_files,
    load_strictly,
    part_of_package,
    read_weights,
    weights_folder,
)
from ligeia.enhance.plugins.windows import Mono, prepared_at

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE, SIZE, HOP = 48000, 1920, 384
VARIABLE = "LIGEIA_MOSSFORMER2"
INDEX = "last_best_checkpoint"
INSTALL = "pip install --no-deps clearvoice && pip install torch einops rotary-embedding-torch torchinfo"
BANDS, LOWEST_HZ, FFT = 60, 20.0, 2048
EMPHASIS = 0.97
FULL_SCALE = 32768.0
LEAST_POWER = float(np.finfo(np.float32).eps)


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Make the MossFormer2 in the folder `settings.model` ready for `sound`.

    Raises:
        InputError: weights are missing, or do not fit the network.
        MissingPackage: clearvoice, or something that its network needs, is not installed.
    """
    folder = weights_folder(settings.model, variable=VARIABLE, holding=f"{INDEX} and the file that it names")
    (path,) = listed_files(folder, INDEX, 1)
    weights = read_weights(path, "model")
    network = built()
    load_strictly(network, weights, path)
    return prepared_at(sound, RATE, runner(network, settings.device), {"model": str(folder)})


def built() -> "nn.Module":
    """Return the network with random weights.

    Raises:
        MissingPackage: as `prepare`.
    """
    module = part_of_package("clearvoice", "models/mossformer2_se", "mossformer2_se_wrapper", install=INSTALL)
    network: nn.Module = module.MossFormer2_SE_48K(SimpleNamespace()).model
    return network


def runner(network: "nn.Module", device_name: str) -> Any:
    """Return the function from sound to sound `[time]` at 48 kHz that the network is."""
    import torch

    from ligeia.training.processes import pick_device

    device = pick_device(device_name)
    network.to(device).eval()
    window = torch.hamming_window(SIZE, periodic=False)

    def run(samples: Mono) -> Mono:
        frames = max(-(-(len(samples) - SIZE) // HOP), 0) + 1
        padded = torch.zeros((frames - 1) * HOP + SIZE)
        padded[: len(samples)] = torch.from_numpy(samples) * FULL_SCALE
        with torch.inference_mode():
            mask = network(features(padded)[None].to(device))[-1].cpu()[0].T  # [bins, frames]
            spectra = torch.stft(padded, SIZE, HOP, window=window, center=False, return_complex=True)
            made = torch.istft(spectra * mask, SIZE, HOP, window=window, center=False, length=len(padded))
        return np.asarray(made[: len(samples)].numpy() / FULL_SCALE, np.float32)

    return run


def features(samples: "Tensor") -> "Tensor":
    """Return the 180 features `[frames, 180]` of samples `[time]` in the scale of 16 bits."""
    import torch

    bands = filter_bank(samples)
    first = _differences(bands)
    return torch.cat([bands, first, _differences(first)], dim=1)


def filter_bank(samples: "Tensor") -> "Tensor":
    """Return Kaldi's log mel bands `[frames, 60]` without dither: frames without their mean, emphasised, windowed."""
    import torch

    frames = samples.unfold(0, SIZE, HOP)
    frames = frames - frames.mean(dim=1, keepdim=True)
    before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
    frames = (frames - EMPHASIS * before) * torch.hamming_window(SIZE, periodic=False)
    power = torch.fft.rfft(frames, n=FFT).abs() ** 2
    return torch.log(torch.clamp(power @ torch.from_numpy(_mel_weights()).T, min=LEAST_POWER))


@cache
def _mel_weights() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return triangles `[60, 1025]` equally spaced, and straight, on HTK's mel scale from 20 Hz to half the rate."""
    mel = 1127 * np.log(1 + np.arange(FFT // 2 + 1) * RATE / FFT / 700)
    lowest, highest = (1127 * np.log(1 + hz / 700) for hz in (LOWEST_HZ, RATE / 2))
    edges = np.linspace(lowest, highest, BANDS + 2)[:, None]
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    weights = np.maximum(np.minimum(rising, falling), 0)
    weights[:, -1] = 0  # half the rate is left out
    return np.asarray(weights, np.float32)


def _differences(values: "Tensor") -> "Tensor":
    """Return the slope over five frames `[frames, n]`; the ends are continued."""
    import torch

    padded = torch.cat([values[:1], values[:1], values, values[-1:], values[-1:]])
    count = len(values)
    return (2 * (padded[4:] - padded[:count]) + padded[3 : count + 3] - padded[1 : count + 1]) / 10
