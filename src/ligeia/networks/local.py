"""Local sine networks: small SIRENs, each with its own stretch of the block, cross-faded where they meet."""

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.abreast import chain_shapes, sine_chains, start_chains
from ligeia.networks.formula import Formula, output_shapes
from ligeia.networks.siren import MAX_DEPTH, MAX_WIDTH
from ligeia.networks.spec import not_stored

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

MAX_WINDOWS = 256
LEAST_FADE = 2.0**-10


@dataclass(frozen=True, kw_only=True)
class Local(Formula):
    """`windows` small SIRENs f_m under windows w_m that sum to one: f(t) = sum over m of w_m(t) f_m((t - c_m) / h).

    The coordinate range is cut in equal cells with centres c_m. Neighbours share `fade` of a cell around the border
    between theirs, over which raised cosines fade from one to the next; at both ends the window is open. Each network
    sees a coordinate from -1 to 1 over its own stretch, of half-width h (`reach`), and all share one output bias. What
    lies outside a window is not evaluated.

    Ligeia's streams cut a sound in blocks in the very same way (`audio.blocks`), so this is not a new kind of function:
    M windows are M blocks, with `fade` of a cell as cross-fade. What differs is what they share. Windows of one
    block have one gain, one checksum and one set of entropy tables (fewer bytes beside the parameters), and their
    output layers are solved together, so that neighbours agree on the cross-fade; blocks are solved each for itself.
    In turn a block is decoded alone, is lost alone, and has a gain of its own; windows are not and have not.
    """

    name: ClassVar[str] = "local"
    wire_id: ClassVar[int] = 10
    limits: ClassVar = {
        "windows": (1, MAX_WINDOWS),
        "fade": (LEAST_FADE, 1),
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "first_bound": (0, 1e9),
    }

    windows: int = 8
    """Windows, and so networks."""
    fade: float = 0.25
    """Part of a cell that neighbours share, 2^-10 to 1; 1: each window is one raised cosine (Hann) over two cells."""
    width: int = 16
    """Units in each layer of each network."""
    depth: int = 2
    """Sine layers, the first one included."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""
    first_bound: float = not_stored(30.0)
    """The largest first weight at the start, per unit of a network's own coordinate: `hz_to_omega` of `reach` times
    the block's duration gives it in Hz."""

    @property
    def reach(self) -> float:
        """Half-width h of a window in the block's coordinate; also the window's part of the block's duration."""
        return (1 + self.fade) / self.windows

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`weight_k`, `bias_k` for k = 0 to `depth` - 1, windows side by side, then the output layer."""
        features = self.windows * self.width
        return chain_shapes(self.width, self.depth, self.windows) | output_shapes(features, self.channels)

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """First weights in equal steps up to `first_bound`, phases anywhere, small output weights (`start_chains`)."""
        return start_chains(self.shapes(), [(0.0, self.first_bound)] * self.windows, blocks, generator)

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """The last sine layers of all windows, faded, abreast, `[blocks, n, windows * width]`: 0 outside a window."""
        import torch

        blocks, count = numbers["bias_0"].shape[0], self.windows
        points, inner = self._visits(coordinates)
        points, inner = points.expand(blocks, -1, -1), inner.expand(blocks, -1, -1)
        hidden = sine_chains(numbers, inner.flatten(0, 1), count, dtype).reshape(blocks, count, -1, self.width)
        faded = hidden * self.weights(inner).to(dtype).unsqueeze(-1)
        everywhere = torch.zeros(blocks, coordinates.shape[1], count, self.width, dtype=dtype, device=faded.device)
        block = torch.arange(blocks, device=faded.device)[:, None, None]
        window = torch.arange(count, device=faded.device)[None, :, None]
        return everywhere.index_put((block, points, window), faded).flatten(2)

    def own_coordinates(self, coordinates: "Tensor") -> "Tensor":
        """`[blocks, n]` to `[blocks, windows, n]`: (t - c_m) / h, which is -1 to 1 within window m."""
        import torch

        m = torch.arange(self.windows, dtype=coordinates.dtype, device=coordinates.device).unsqueeze(-1)
        centres = (2 * m + 1) / self.windows - 1
        return (coordinates.unsqueeze(1) - centres) / self.reach

    def weights(self, inner: "Tensor") -> "Tensor":
        """The windows w_m, `[blocks, windows, n]`, at their own coordinates of the same shape."""
        import torch

        def rise(distance: "Tensor") -> "Tensor":
            part = distance * ((1 + self.fade) / (2 * self.fade))
            return (pi / 2 * part.clamp(0, 1)).sin().square()

        m = torch.arange(self.windows, device=inner.device).unsqueeze(-1)
        left = torch.where(m > 0, rise(1 + inner), 1.0)
        return left * torch.where(m < self.windows - 1, rise(1 - inner), 1.0)

    def _visits(self, coordinates: "Tensor") -> "tuple[Tensor, Tensor]":
        """Points that each window covers, int64 `[blocks or 1, windows, most]`, and its own coordinates there.

        Where a window sees fewer than the most, points outside it (their weight is 0 there) fill the row.
        """
        inner = self.own_coordinates(coordinates)
        seen = self.weights(inner.detach()) > 0
        most = int(seen.sum(-1).max()) if seen.shape[-1] else 0
        points = seen.to(inner.dtype).argsort(dim=-1, descending=True, stable=True)[..., :most]
        return points, inner.gather(2, points)
