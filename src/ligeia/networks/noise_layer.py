"""Siamese SIREN with ReLU layers at the heads, after what Mahdi 2025 describes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.siamese import Twins
from ligeia.networks.siren import MAX_WIDTH
from ligeia.networks.spec import check_range

if TYPE_CHECKING:
    from torch import Tensor

MAX_ACTIVITY = 2.0**40
"""What a ReLU unit says at most, so that the sound stays finite in single precision whatever a stream holds."""


@dataclass(frozen=True, kw_only=True)
class NoiseLayer(Twins):
    """Shared sine layers, and for each head a layer of 128 ReLU units "for noise estimation" and a linear output.

    There is no code of it. The report (§4.4.2) names architectures by three widths, such as 128-64-64, and says in one
    paragraph that a 128-unit layer follows the layers of Siamese SIREN, that it is common to both networks and serves
    the noise estimate, that it has ReLU instead of sines, and that it counts in the sizes but not in the names. We
    read it so: the three widths are the shared sine layers (`first_width`, `shared_width`, `last_width`), and each of
    the heads is one ReLU layer of 128 units and its linear output; the noise estimate remains the difference of the
    heads.

    The report's sizes (table 4.6) speak for this: all seven are, within a kilobyte and after a constant of 4 to 5,
    those of the dumps that Siamese SIREN's code writes for three shared layers and 128 units in each head
    (`paper_bytes`). They also show 33 inputs, where the text has 22. They cannot tell ReLU from sines, nor one such
    layer that both heads see from one for each; but two linear outputs of the same layer would have the same best
    numbers, and their difference would say nothing of the noise. Where the text is silent, on how these layers start,
    we take PyTorch's own.
    """

    name: ClassVar[str] = "siamese-relu"
    wire_id: ClassVar[int] = 4

    shared_width: int = 64
    """Units in each shared layer but those of `first_width` and `last_width`."""
    shared_depth: int = 3
    """Shared sine layers."""
    first_width: int = 128
    """Units in the first shared layer; 0: `shared_width`."""
    last_width: int = 0
    """Units in the last shared layer; 0: `shared_width`."""

    def check(self) -> None:
        """Raise `InputError` where a field is out of range."""
        super().check()
        check_range("shared_depth", self.shared_depth, 2, 64)
        check_range("first_width", self.first_width, 0, MAX_WIDTH)
        check_range("last_width", self.last_width, 0, MAX_WIDTH)

    @property
    def trunk(self) -> list[int]:
        """Units in each of the shared layers."""
        between = [self.shared_width] * (self.shared_depth - 2)
        return [self.first_width or self.shared_width, *between, self.last_width or self.shared_width]

    def weight_bound(self, parameter: str, inputs: int) -> float:
        """The bound of the uniform distribution that weights are drawn from."""
        return float(inputs**-0.5) if self.divided(parameter) else super().weight_bound(parameter, inputs)

    def head_layer(self, hidden: "Tensor", weight: "Tensor", bias: "Tensor") -> "Tensor":
        """One layer of the heads."""
        from torch.nn.functional import hardtanh

        from ligeia.networks.products import affine

        phase = affine(hidden, weight.to(hidden.dtype), bias.to(hidden.dtype))
        return hardtanh(phase, 0.0, MAX_ACTIVITY)  # a fourth of what clamp takes there and back
