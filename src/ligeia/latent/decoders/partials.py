"""Decoder of notes: partials and noise whose levels small networks give (the torch side of `codec.family.partials`).

It is learned from levels, not from samples: the sum of partials is a closed form that needs no learning, and a level in
dB says more of a quiet partial than the waveform does.
"""

from math import sqrt
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter, ParameterDict
from torch.nn.functional import silu, softplus

from ligeia.codec.family.partials import DB, STIFF_LOG, STIFF_SPAN, PartialsSettings
from ligeia.codec.family.playing import play
from ligeia.latent.decoders.decoder import Decoder

START_LEVEL = -2.5
"""Level of everything at first, in units of `DB`."""


class PartialsDecoder(Decoder):
    """The networks of the family of notes.

    `forward` renders notes at the middle pitch, for comparison; it has no gradient. What is learned are `tone`, `noise`
    and `pitch`, which agree with those of `codec.family.partials.Networks`.
    """

    kind: ClassVar[str] = "partials"
    whole: ClassVar[bool] = True
    settings: PartialsSettings

    def __init__(self, settings: PartialsSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        self.numbers = ParameterDict()
        for name, shape in settings.shapes(samples).items():
            start = torch.randn(shape, generator=generator) / sqrt(shape[0]) if len(shape) == 2 else torch.zeros(shape)
            if name.endswith(f"weight_{settings.layers}"):
                start *= 0.1
            if name in (f"tone_bias_{settings.layers}", f"noise_bias_{settings.layers}"):
                start[0] = START_LEVEL
            self.numbers[name] = Parameter(start)

    def tone(self, timbre: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Terms `[..., terms]` of partials, and flutter in dB `[...]`, from `timbre` and `features [..., n]`."""
        outputs = self._outputs("tone", timbre, features)
        return _with_decay(outputs[..., :-1]), DB * softplus(outputs[..., -1])

    def noise(self, timbre: Tensor, features: Tensor) -> Tensor:
        """Terms `[..., terms]` of bands of noise."""
        return _with_decay(self._outputs("noise", timbre, features))

    def pitch(self, timbre: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithm to base 10 of inharmonicity `[...]`, and how the pitch settles `[..., terms]`."""
        outputs = self._outputs("pitch", timbre, features)
        return STIFF_LOG + STIFF_SPAN * torch.tanh(outputs[..., 0]), outputs[..., 1:]

    def arrays(self) -> dict[str, np.ndarray]:
        """The numbers as arrays by name."""
        return {name: value.detach().cpu().numpy().copy() for name, value in self.numbers.items()}

    @torch.no_grad()
    def forward(self, codes: Tensor, coordinates: Tensor) -> Tensor:
        """Amplitudes `[items, samples]` of `codes [items, numbers]` at the middle pitch, on the grid."""
        notes = play(self.settings, self.arrays(), codes.detach().cpu().numpy(), None, self.samples)
        return torch.from_numpy(notes).to(codes.device)

    def _outputs(self, name: str, timbre: Tensor, features: Tensor) -> Tensor:
        values = torch.cat([timbre.expand(*features.shape[:-1], -1), features], dim=-1)
        for k in range(self.settings.layers + 1):
            values = values @ self.numbers[f"{name}_weight_{k}"] + self.numbers[f"{name}_bias_{k}"]
            if k < self.settings.layers:
                values = silu(values)
        return values


def _with_decay(outputs: Tensor) -> Tensor:
    return torch.cat([outputs[..., :-1], softplus(outputs[..., -1:])], dim=-1)
