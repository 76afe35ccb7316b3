"""SepFormer (Subakan et al. 2021) as SpeechBrain trains it for enhancement, from a local folder of its checkpoints.

The folder is that of `speechbrain/sepformer-wham16k-enhancement` or `…-dns4-16k-enhancement` as published:
`encoder.ckpt`, `masknet.ckpt` and `decoder.ckpt`. The network is built here from SpeechBrain's classes with the
settings of those two; their `hyperparams.yaml` is not opened, because reading it can run any code that it names.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared
from ligeia.enhance.plugins.checkpoints import load_strictly, read_weights, weights_folder
from ligeia.enhance.plugins.windows import Mono, prepared_at
from ligeia.errors import MissingPackage

if TYPE_CHECKING:
    from torch import nn

RATE = 16000
VARIABLE = "LIGEIA_SEPFORMER"
PARTS = ("encoder", "masknet", "decoder")
INSTALL = "pip install speechbrain, with a torchaudio that fits your torch"
LEAST = 1600
"""Fewest samples that the network is given; shorter sounds are extended by silence."""


@dataclass(frozen=True)
class SepformerConfig:
    """Sizes of the network; the defaults are those of SpeechBrain's recipes for enhancement at 16 kHz."""

    channels: int = 256
    kernel: int = 16
    feed_forward: int = 1024
    heads: int = 8
    blocks: int = 8
    passes: int = 2
    chunk: int = 250


PUBLISHED = SepformerConfig()


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Make the SepFormer in the folder `settings.model` ready for `sound`.

    Raises:
        InputError: weights are missing, or do not fit the network.
        MissingPackage: SpeechBrain is not installed, or its torchaudio does not load.
    """
    folder = weights_folder(settings.model, variable=VARIABLE, holding=", ".join(f"{part}.ckpt" for part in PARTS))
    weights = {part: read_weights(folder / f"{part}.ckpt") for part in PARTS}
    networks = built(PUBLISHED)
    for part in PARTS:
        load_strictly(networks[part], weights[part], folder / f"{part}.ckpt")
    return prepared_at(sound, RATE, runner(networks, settings.device), {"model": str(folder)})


def built(config: SepformerConfig) -> "dict[str, nn.Module]":
    """Return encoder, mask network and decoder with random weights.

    Raises:
        MissingPackage: SpeechBrain is not installed, or its torchaudio does not load.
    """
    try:
        from speechbrain.lobes.models.dual_path import Decoder, Dual_Path_Model, Encoder, SBTransformerBlock
    except (ImportError, OSError) as error:
        raise MissingPackage("speechbrain", INSTALL, str(error).splitlines()[0]) from error

    def block() -> Any:
        return SBTransformerBlock(
            num_layers=config.blocks,
            d_model=config.channels,
            nhead=config.heads,
            d_ffn=config.feed_forward,
            dropout=0,
            use_positional_encoding=True,
            norm_before=True,
        )

    size = config.channels
    mask = Dual_Path_Model(
        in_channels=size,
        out_channels=size,
        intra_model=block(),
        inter_model=block(),
        num_layers=config.passes,
        norm="ln",
        K=config.chunk,
        num_spks=1,
        skip_around_intra=True,
        linear_layer_after_inter_intra=False,
    )
    decoder = Decoder(
        in_channels=size, out_channels=1, kernel_size=config.kernel, stride=config.kernel // 2, bias=False
    )
    return {"encoder": Encoder(kernel_size=config.kernel, out_channels=size), "masknet": mask, "decoder": decoder}


def runner(networks: "dict[str, nn.Module]", device_name: str) -> Any:
    """Return the function from sound to sound `[time]` at 16 kHz that the networks are."""
    import torch

    from ligeia.training.processes import pick_device

    device = pick_device(device_name)
    encoder, mask, decoder = (networks[part].to(device).eval() for part in PARTS)

    def run(samples: Mono) -> Mono:
        padded = np.pad(samples, (0, max(LEAST - len(samples), 0)))
        with torch.inference_mode():
            coded = encoder(torch.from_numpy(padded)[None].to(device))
            made = decoder((coded[None] * mask(coded))[0]).reshape(-1).cpu().numpy()
        made = made[: len(samples)]
        return np.pad(made, (0, len(samples) - len(made)))

    return run
