"""WIRE: complex Gabor wavelets as activations (Saragadam et al., CVPR 2023), in real numbers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ligeia.errors import SettingsError
from ligeia.networks.formula import Formula, dense_shapes, output_shapes, torch_dense, uniform
from ligeia.networks.siren import MAX_DEPTH, MAX_WIDTH

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

MAX_RATIO = 10
"""Largest hidden_omega / scale: a wavelet of a complex number reaches exp((omega / scale)^2 / 4), here e^25."""


@dataclass(frozen=True, kw_only=True)
class Wire(Formula):
    """Wavelets psi(z) = exp(j omega z - |scale z|^2) of z = W x + b, `depth` layers of `width` complex units.

    The first layer's W and b are real (`weight_0`, `bias_0`), the others' complex: real parts `weight_k`, `bias_k`,
    imaginary parts `imaginary_weight_k`, `imaginary_bias_k`. The paper's output is the real part of a complex linear
    layer, Re(W) Re(h) - Im(W) Im(h) + Re(b); here it is a real linear layer of [Re(h), Im(h)], the same functions:
    `output_weight [2 width, channels]` holds Re(W) above -Im(W).
    """

    name: ClassVar[str] = "wire"
    wire_id: ClassVar[int] = 6
    limits: ClassVar = {
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "first_omega": (1e-9, 1e9),
        "hidden_omega": (1e-9, 1e6),
        "scale": (1e-9, 1e6),
    }

    width: int = 64
    """Complex units in each hidden layer."""
    depth: int = 3
    """Hidden (wavelet) layers, the first one included."""
    first_omega: float = 20.0
    """Frequency factor omega of the first layer; `hz_to_omega` gives it in Hz."""
    hidden_omega: float = 20.0
    """Frequency factor omega of the other hidden layers; at most 10 times `scale`."""
    scale: float = 10.0
    """Narrowness of the wavelets: exp(-|scale z|^2)."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""

    def check(self) -> None:
        """Raise `SettingsError` where a field is out of range."""
        super().check()
        if self.hidden_omega > MAX_RATIO * self.scale:
            raise SettingsError(
                f"hidden_omega must be at most {MAX_RATIO} times scale ({self.scale}), got {self.hidden_omega}: "
                "its wavelets grow to exp((hidden_omega / scale)^2 / 4)"
            )

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The first layer; `weight_k`, `bias_k`, `imaginary_weight_k`, `imaginary_bias_k` for each k; the output."""
        shapes = dense_shapes([1, self.width])
        for k in range(1, self.depth):
            real = dense_shapes([self.width, self.width], k)
            shapes |= real | {f"imaginary_{name}": shape for name, shape in real.items()}
        return shapes | output_shapes(2 * self.width, self.channels)

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """PyTorch's start of every real and imaginary part: U(±1 / sqrt(inputs)), of `width` complex inputs."""
        numbers = torch_dense(self.shapes(), generator, blocks)
        for name, shape in output_shapes(2 * self.width, self.channels).items():
            numbers[name] = uniform((blocks, *shape), self.width**-0.5, generator)
        return numbers

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """Real parts, then imaginary parts, of the last wavelet layer."""
        from ligeia.networks.stacked import affine

        weight, bias = (numbers[name].to(coordinates.dtype) for name in ("weight_0", "bias_0"))
        hidden = self._wavelets(self.first_omega, affine(coordinates.unsqueeze(-1), weight, bias), None).to(dtype)
        for k in range(1, self.depth):
            weight, bias = (value.to(dtype) for value in _complex_layer(numbers, k))
            real, imaginary = affine(hidden, weight, bias).chunk(2, dim=-1)
            hidden = self._wavelets(self.hidden_omega, real, imaginary)
        return hidden

    def _wavelets(self, omega: float, real: "Tensor", imaginary: "Tensor | None") -> "Tensor":
        """[Re, Im] of exp(j omega z - |scale z|^2), whose size is exp(-omega Im(z) - |scale z|^2)."""
        import torch

        decay, phase = (self.scale * real).square(), omega * real
        if imaginary is not None:
            decay = decay + (self.scale * imaginary).square() + omega * imaginary
        size = (-decay).exp()
        return torch.cat([size * phase.cos(), size * phase.sin()], dim=-1)


def _complex_layer(numbers: "Numbers", k: int) -> "tuple[Tensor, Tensor]":
    """Weights `[blocks, 2 inputs, 2 units]` and biases `[blocks, 2 units]` that do to [Re, Im] what layer k does."""
    import torch

    real, imaginary = numbers[f"weight_{k}"], numbers[f"imaginary_weight_{k}"]
    upper, lower = torch.cat([real, imaginary], dim=2), torch.cat([-imaginary, real], dim=2)
    bias = torch.cat([numbers[f"bias_{k}"], numbers[f"imaginary_bias_{k}"]], dim=1)
    return torch.cat([upper, lower], dim=1), bias
