"""The lapped sine network: one hidden layer of windowed sines on the lapped orthogonal grid (MDCT)."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

from ligeia.errors import SettingsError
from ligeia.networks.spec import Evaluator, NetworkSpec, Part

FRAME_STEP = 32
"""A frame is a whole number of these, so that its sixteenth can be halved."""
MAX_FRAME = 65536
MAX_FRAMES = 4096


@dataclass(frozen=True, kw_only=True)
class Lapped(NetworkSpec):
    """Windowed sines whose frequencies and windows are given, so that only output weights are left to find.

    A SIREN with one hidden layer is a sum of sines (Benbarka et al. 2022). Here its units are

        w_i(p) sqrt(2 / M) cos(pi / M (k + 1/2) (p + 1/2 - s_i + M)),        k = 0 .. M - 1

    where p counts samples from the start of the block, any real number, and hop i is the stretch [s_i, s_i + M). At
    whole p these are the basis of the MDCT: orthonormal, and complete together with those of the neighbouring blocks
    (Princen & Bradley 1987), so that the best output weights are products of the sound with the units.

    A block of the stream is `frames` frames of `frame_size` samples. Each frame holds 2^j equal hops, one long block of
    the transform or several short ones: its window switching j, between 0 and 4 (Edler 1989). Neighbouring hops share
    as many samples around their border as the shorter one has; at the ends of a block `frame_size` / 4 samples are
    shared with the next block, whatever is in it, so that blocks can be decoded each for itself. (The switching of the
    first and the last frame is 2 at most.) Within the shared o samples around a border at e, the next hop's window
    rises as sin(pi/2 sin^2(pi/2 u)), u = (p + 1/2 - e) / o + 1/2, from 0 to 1, and the other's falls as it rises. The
    function of a block therefore reaches `frame_size` / 8 samples beyond the block on both sides, and the sound is the
    sum of the blocks.

    Nothing comes before the first sample of a sound: there, and at the end of the last block, nothing is shared, and
    the windows are upright: 1 in the block, 0 outside. (There the units are odd about half a sample before the first
    sample, so a sound that begins aloud costs coefficients; and even about half a sample after the last.) The block's
    parameter `edges` says whether it shares at its start and at its end: all that a block needs to know of the others,
    and a decoder knows it from the block's number.

    The function has a continuous first derivative; with `sine` it is continuous.

    Its parameters are `switching [frames]`, `edges [2]` (above 1/2: shared), and `weight [frames, frame_size,
    channels]`: row f has the output weights, which are MDCT coefficients, of the 2^j hops of frame f, k-th unit of hop
    h at index k 2^j + h, so that rows are in order of frequency whatever the switching. Most weights are 0: any other
    one is stored as two numbers, its value and its place.
    """

    name: ClassVar[str] = "lapped"
    wire_id: ClassVar[int] = 11
    sparse: ClassVar[bool] = True
    limits: ClassVar = {
        "frame_size": (FRAME_STEP, MAX_FRAME),
        "frames": (1, MAX_FRAMES),
    }

    frame_size: int = 1024
    """Samples in a frame, a multiple of 32: also its units, and the longest hop."""
    frames: int = 16
    """Frames in a block."""
    sine: bool = False
    """Windows rise as sin(pi/2 u), the best coding gain, instead of Vorbis' sin(pi/2 sin^2(pi/2 u)), the best decay."""

    def check(self) -> None:
        """Raise `SettingsError` where a field is out of range."""
        super().check()
        if self.frame_size % FRAME_STEP:
            raise SettingsError(f"frame_size must be a multiple of {FRAME_STEP}, got {self.frame_size}")

    @property
    def block_samples(self) -> int:
        """Samples of a block."""
        return self.frame_size * self.frames

    @property
    def overlap(self) -> int:
        """Samples that two blocks share."""
        return self.frame_size // 4

    @property
    def reach_samples(self) -> int:
        """Samples by which the function of a block reaches beyond it, on both sides."""
        return self.overlap // 2

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`switching [frames]`, `edges [2]`, `weight [frames, frame_size, channels]`."""
        return {"switching": (self.frames,), "edges": (2,), "weight": (self.frames, self.frame_size, self.channels)}

    def part(self, parameter: str) -> Part:
        """ "output" for the weights, "hidden" for what sets the windows."""
        return "output" if parameter == "weight" else "hidden"

    def counted(self, numbers: Mapping[str, Any], gains: Any) -> dict[str, int]:
        """Weights other than 0 as "coefficients", and two parameters (value and place) for each of them.

        The window switching, one small number for each frame, is not counted.
        """
        coefficients = int(
            sum(int((weight != 0).sum()) for weight, gain in zip(numbers["weight"], gains, strict=True) if gain)
        )
        return {"parameters": 2 * coefficients, "coefficients": coefficients}

    @property
    def module(self) -> str:
        """The differentiable form of what `windowed_sines` evaluates."""
        return "lapped_net:LappedNet"

    def evaluator(self, parameters: Mapping[str, Any], gains: Any, rate: int, sample_count: int) -> Evaluator:
        """The function of a whole sound in numpy."""
        windowed_sines = import_module("ligeia.networks.windowed_sines")  # it knows this file
        function: Evaluator = windowed_sines.WindowedSines(self, parameters, gains, rate, sample_count)
        return function
