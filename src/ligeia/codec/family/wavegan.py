"""Settings of WaveGAN's decoder (Donahue et al. 2019): a convolutional network, which makes samples of whole items."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from ligeia.codec.family.settings import DecoderSettings, require_range
from ligeia.errors import InputError


@dataclass(frozen=True, kw_only=True)
class WaveGanSettings(DecoderSettings):
    """Settings of a dense layer to `first` steps, then nearest upsampling and a convolution for each factor.

    The defaults, for 16 000 samples, have 799 170 numbers (thesis §5.2.1: "799k"). Smaller ones take fewer steps,
    factors or channels: the steps times all factors must reach the samples of an item, and what is beyond is cut.
    """

    kind: ClassVar[str] = "wavegan"

    width: int = 8
    """Channels before the last convolution, d of the paper; each one before has twice as many."""
    first: int = 16
    """Steps of the first sequence."""
    factors: tuple[int, ...] = (4, 4, 4, 4, 4)
    """Factor of each upsampling."""
    kernel: int = 25
    """Taps of the convolutions; odd."""
    filter: int = 512
    """Taps of the filter at the end; 0: none."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range."""
        require_range("width", self.width, 1, 1024)
        require_range("first", self.first, 1, 4096)
        require_range("the number of factors", len(self.factors), 1, 12)
        for factor in self.factors:
            require_range("a factor", factor, 1, 64)
        require_range("kernel", self.kernel, 1, 255)
        require_range("filter", self.filter, 0, 4096)
        if self.kernel % 2 == 0:
            raise InputError(f"kernel must be odd, got {self.kernel}")
        require_range("channels", self.channels[0], 1, 2**16)

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of the first sequence and after each convolution."""
        layers = len(self.factors)
        return (*(self.width << (layers - 1 - k) for k in range(layers)), 1)

    @property
    def length(self) -> int:
        """Samples that the last convolution makes."""
        return self.first * prod(self.factors)

    def shapes(self, samples: int = 16000) -> dict[str, tuple[int, ...]]:
        """`map_weight_0 [code, channels * first]`, `map_bias_0`; `weight_k [outputs, inputs, taps]`, `bias_k`; filter.

        Raises:
            InputError: the steps and factors do not reach so many samples.
        """
        if not 0 <= samples <= self.length:
            raise InputError(
                f"first and factors make {self.length} samples, but an item has {samples}; give a larger `first`"
            )
        dense = self.first * self.channels[0]
        shapes: dict[str, tuple[int, ...]] = {"map_weight_0": (self.code, dense), "map_bias_0": (dense,)}
        for k in range(len(self.factors)):
            shapes[f"weight_{k}"] = (self.channels[k + 1], self.channels[k], self.kernel)
            shapes[f"bias_{k}"] = (self.channels[k + 1],)
        if self.filter:
            shapes |= {"filter_weight": (1, 1, self.filter), "filter_bias": (1,)}
        return shapes
