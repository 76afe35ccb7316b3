"""The model: a waveform in, the parameters of a network that represents it out, in one pass (HyperSound 2023).

Encoder, flattened latent, dense trunk, and a linear head with one row for each number that is written. The written
networks are specs of `ligeia.networks`, all evaluated in one batch.
"""

from collections.abc import Mapping
from itertools import pairwise
from math import prod

import torch
from torch import Generator, Tensor
from torch.nn import ELU, Linear, Module, Sequential

from ligeia.errors import InputError
from ligeia.hypersound.config import HyperSoundConfig
from ligeia.hypersound.encoder import Encoder, latent_steps
from ligeia.hypersound.initialisation import start_dense, start_head
from ligeia.hypersound.targets import Targets
from ligeia.hypersound.variants import Variant

AT_ONCE = 2**23
"""Bytes of a layer of the encoder that each thread computes at once; more than fits its caches takes twice as long."""


class HyperSound(Module):
    """A model that writes functions: waveforms `[batch, samples]` to `name -> [batch, *shape]`.

    `name` and `shape` are those of `config.spec().shapes()`. The same seed gives the same model.

    Example:
        >>> config = HyperSoundConfig(samples=64, channels=2, latent=4, strides=(2, 4), trunk=(8,),
        ...                           target={"width": 3, "depth": 1, "octaves": 2})
        >>> model = HyperSound(config)
        >>> model(torch.zeros(5, 64)).shape
        torch.Size([5, 64])
    """

    def __init__(self, config: HyperSoundConfig, *, seed: int = 0) -> None:
        super().__init__()
        self.config, self.spec = config, config.spec()
        generator = Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # PyTorch's layers draw from the global generator
            self.encoder = Encoder(config)
            self.trunk = _trunk(config, generator)
            self.head = Linear(config.code_size, config.numbers)
        start_head(self.head, config, generator)
        self.variant = Variant(config, seed)
        self._targets = Targets(self.spec)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Reconstructions `[batch, samples]` of waveforms."""
        return self.evaluate(self.write(waveforms), self.coordinates(device=waveforms.device))

    def write(self, waveforms: Tensor) -> dict[str, Tensor]:
        """Parameters of a target network for each waveform of `[batch, samples]`.

        Raises:
            InputError: the waveforms do not have the length of a segment.
        """
        return self.parameters_of(self.code(waveforms))

    def code(self, waveforms: Tensor) -> Tensor:
        """The trunk's last hidden layer, `[batch, code size]`: all that the head knows of each waveform.

        Raises:
            InputError: the waveforms do not have the length of a segment.
        """
        if waveforms.ndim != 2 or waveforms.shape[1] != self.config.samples:
            raise InputError(
                f"waveforms must be of shape [batch, {self.config.samples}], got {list(waveforms.shape)}; "
                "cut or pad them to segments"
            )
        code: Tensor = self.trunk(self._latents(waveforms).flatten(1))
        return code

    def _latents(self, waveforms: Tensor) -> Tensor:
        """Latents of waveforms, on a CPU of a few at a time."""
        few = max(1, torch.get_num_threads() * AT_ONCE // (4 * self.config.channels * self.config.samples))
        if waveforms.device.type != "cpu" or len(waveforms) <= few:
            latents: Tensor = self.encoder(waveforms)
            return latents
        return torch.cat([self.encoder(part) for part in torch.split(waveforms, few)])

    def parameters_of(self, code: Tensor) -> dict[str, Tensor]:
        """Parameters `name -> [batch, *shape]` of the target networks that codes `[batch, code size]` stand for."""
        shapes = self.config.written()
        with torch.autocast(code.device.type, enabled=False):  # eight bits of a number are too few
            numbers = self.head(code.float())
        parts = numbers.split([prod(shape) for shape in shapes.values()], dim=1)
        written = {name: part.unflatten(1, shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
        parameters: dict[str, Tensor] = self.variant(written)
        return parameters

    def evaluate(self, parameters: Mapping[str, Tensor], coordinates: Tensor, *, plainly: bool = False) -> Tensor:
        """Amplitudes `[batch, n]` of target networks at `coordinates [n]`.

        With `plainly` by the spec's own module, which `torch.func` can transform; else by what is fastest, which has
        first derivatives only.
        """
        return self._targets.evaluate(parameters, coordinates, plainly=plainly)

    def coordinates(self, *, device: torch.device | None = None) -> Tensor:
        """The coordinates `[samples]` of a segment's samples: -1 to 1, closed or half-open as the network's grid is."""
        count = self.config.samples
        steps = max(count - 1, 1) if self.spec.closed_grid else count
        return (torch.arange(count, dtype=torch.float64) * (2 / steps) - 1).to(torch.float32).to(device)


def _trunk(config: HyperSoundConfig, generator: Generator) -> Sequential:
    """Dense layers with ELU after each."""
    layers: list[Module] = []
    inputs = config.latent * latent_steps(config.samples, config.strides) if config.strides else config.samples
    for size, units in pairwise([inputs, *config.trunk]):
        layer = Linear(size, units)
        start_dense(layer, config, generator)
        layers += [layer, ELU()]
    return Sequential(*layers)
