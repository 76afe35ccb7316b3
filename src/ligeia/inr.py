"""The INR: sound as a function of time. It can be evaluated, rendered, and differentiated.

A sound is one network, or a row of blocks with one network each, cross-faded where they overlap. The windowed-sine
network is evaluated in numpy; every other one needs torch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.arguments import check_type, checks_types, described
from ligeia.audio.atomic import checked_target, write_bytes
from ligeia.audio.blocks import Segments
from ligeia.audio.resample import resampled_part
from ligeia.audio.signal import Audio, checked_rate, count_samples
from ligeia.errors import InputError, SettingsError, needs_extra
from ligeia.networks.spec import Evaluator, NetworkSpec

if TYPE_CHECKING:
    from ligeia.inr_torch import TorchINR

MAX_ORDER = 8


@dataclass(frozen=True, eq=False)
class INR:
    """A sound as a function of time.

    `spec` is the architecture of the networks; `parameters` holds their numbers, float32 `[blocks, ...]` by
    name; `rate` (Hz) and `segments` define the samples that the function stands for; `gains` float32 `[blocks]`
    is the level of each block (0: silence). `report` describes how it was made.

    Raises:
        InputError: parameters, gains and segments do not fit together.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio(np.sin(np.arange(800) / 5)[None], rate=8000)
        >>> inr = ligeia.fit(tone, steps=10)
        >>> inr([0.0123, 0.05]).shape                       # any instants, in seconds
        (1, 2)
        >>> inr.render(rate=48000).sample_count                   # any rate
        4800
        >>> inr.derivative([0.0123], order=2).shape
        (1, 1)
    """

    spec: NetworkSpec
    parameters: Mapping[str, NDArray[np.float32]] = field(repr=False)
    rate: int
    segments: Segments
    gains: NDArray[np.float32] = field(repr=False)
    report: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_type("spec", self.spec, NetworkSpec)
        check_type("parameters", self.parameters, Mapping)
        check_type("segments", self.segments, Segments)
        checked_rate(self.rate)
        object.__setattr__(self, "parameters", {k: _floats(k, v) for k, v in self.parameters.items()})
        object.__setattr__(self, "gains", _floats("gains", self.gains))
        for name, shape in self.spec.shapes().items():
            expected = (self.segments.count, *shape)
            if name not in self.parameters:
                raise InputError(f"the parameter {name} is missing")
            if self.parameters[name].shape != expected:
                raise InputError(f"{name} must be {expected}, got {self.parameters[name].shape}")
        if self.gains.shape != (self.segments.count,):
            raise InputError(f"gains must be [{self.segments.count}], got {self.gains.shape}")
        hop = self.spec.block_samples
        if hop is not None and (self.segments.hop, self.segments.overlap) != (hop, 0):
            raise InputError(f"blocks of {self.spec.name} must have {hop} samples, and share none")

    def __repr__(self) -> str:
        blocks = f"{self.segments.count} block{'s' if self.segments.count > 1 else ''}"
        channels = f"{self.channels} channel{'s' if self.channels > 1 else ''}"
        return f"INR({self.spec.name}, {self.seconds:.3f} s at {self.rate} Hz, {channels}, {blocks})"

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.spec.channels

    @property
    def sample_count(self) -> int:
        """Number of samples per channel at the original rate."""
        return self.segments.sample_count

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.sample_count / self.rate

    @property
    def parameter_count(self) -> int:
        """Unique parameters of all audible blocks together (silence has none, and a sparse network those it uses)."""
        return self.spec.counted(self.parameters, self.gains)["parameters"]

    @cached_property
    def _evaluator(self) -> Evaluator:
        evaluator = self.spec.evaluator(self.parameters, self.gains, self.rate, self.sample_count)
        return evaluator if evaluator is not None else self._torch_module(copy=False)

    def _torch_module(self, *, copy: bool) -> "TorchINR":
        with needs_extra("torch", "torch"):
            from ligeia.inr_torch import TorchINR
        return TorchINR(self.spec, self.parameters, self.gains, self.rate, self.segments, copy=copy)

    def to_torch(self) -> "TorchINR":
        """A `torch.nn.Module` of the whole function: `seconds [n]`, in any order, to amplitudes `[channels, n]`.

        It is differentiable in `seconds` and in its parameters, which are copies of these. What lies between instants
        and networks is part of it:

        - the grid: an instant t is in block floor(t rate / hop), and, where blocks overlap, in the one before; the
          network of a block sees 2 (t - start) / span - 1, from -1 to 1, counted in double precision (give float64)
        - the cross-fade of overlapping blocks, and silence outside of the sound
        - `gains [blocks]`, a buffer: networks are fitted to samples divided by the level of their block, and what they
          give is multiplied by it

        `module.network` holds the parameters, `[blocks, ...]` each, under the names of `inr.parameters`;
        `module.spec`, `module.segments` and `module.rate` say the rest. Its `state_dict` loads into any module of the
        same spec and segments.

        Raises:
            MissingExtra: torch is not installed.

        Example:
            >>> import torch, ligeia
            >>> inr = ligeia.fit([0.0, 0.5, 0.0, -0.5] * 100, rate=8000, steps=5)
            >>> module = inr.to_torch()
            >>> module(torch.tensor([0.01, 0.02], dtype=torch.float64)).shape
            torch.Size([1, 2])
        """
        return self._torch_module(copy=True)

    @checks_types
    def to_onnx(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the function as an ONNX model: "seconds" float64 `[n]` to "amplitudes" float32 `[channels, n]`.

        Grid, cross-fades and gains are part of it, as in `to_torch`; any number of instants, in any order; 0 outside
        of the sound. The model holds every parameter as float32 (a lapped network every coefficient, 0 or not), and
        takes memory for instants times parameters of a block: ask for some thousand instants at a time. Its metadata
        name rate, sample count, channels and network.

        Raises:
            TypeError: `path` is not a path.
            InputError: the file exists and `overwrite` is false, it cannot be written, or the function is beyond 2 GiB.
            MissingExtra: torch, onnx or onnxscript is not installed (`pip install "ligeia[onnx]"`).

        Example:
            `inr.to_onnx("tone.onnx")`, then `onnxruntime.InferenceSession("tone.onnx").run(None, {"seconds": times})`
        """
        checked_target(path, overwrite=overwrite)
        with needs_extra("torch", "torch"):
            from ligeia.inr_onnx import make_model
        model = make_model(self.spec, self.parameters, self.gains, self.rate, self.segments)
        write_bytes(path, model.SerializeToString(), overwrite=overwrite)

    def __call__(self, seconds: ArrayLike) -> NDArray[np.float32]:
        """Amplitudes float32 `[channels, n]` at `seconds`, float `[n]`, in any order; 0 outside the sound.

        Raises:
            InputError: `seconds` is not one-dimensional, or holds NaN or infinite values.
            MissingExtra: the network needs torch, which is not installed.
        """
        return self._evaluator.at(_checked_times(seconds))

    @checks_types
    def derivative(self, seconds: ArrayLike, order: int = 1) -> NDArray[np.float64]:
        """The derivative of given order with respect to time, float64 `[channels, n]`, per second^order.

        It is that of the function itself, in double precision and with cross-fades between blocks, not a difference
        quotient: in closed form for the windowed-sine network, by automatic differentiation for all others.

        Raises:
            InputError: `order` is not between 1 and 8, or `seconds` is not usable (see `__call__`).
            MissingExtra: the network needs torch, which is not installed.
        """
        if not 1 <= order <= MAX_ORDER:
            raise SettingsError(f"order must lie between 1 and {MAX_ORDER}, got {order}")
        return self._evaluator.derivative(_checked_times(seconds), order)

    @checks_types
    def render(
        self, rate: float | None = None, *, start: float = 0.0, stop: float | None = None, antialias: bool = True
    ) -> Audio:
        """The sound between `start` and `stop` (seconds), sampled at `rate` Hz (default: the original one).

        Sample k is the function at `start` + k / rate. At the original rate the whole sound has exactly the original
        number of samples. Below it, what lies above half the new rate would alias: the function is sampled at the
        original rate and resampled. With `antialias=False` the samples are those of the function itself.

        Raises:
            InputError: `rate`, `start` or `stop` is out of range.
            MissingExtra: the network needs torch, which is not installed.
        """
        pieces = list(self.render_pieces(rate, start=start, stop=stop, antialias=antialias))
        return Audio(np.concatenate(pieces, axis=1), self.rate if rate is None else checked_rate(rate))

    def render_pieces(
        self,
        rate: float | None = None,
        *,
        start: float = 0.0,
        stop: float | None = None,
        antialias: bool = True,
        size: int = 2**18,
    ) -> Iterator[NDArray[np.float32]]:
        """The sound that `render` gives, in pieces of at most `size` samples, float32 `[channels, n]`."""
        rate = self.rate if rate is None else checked_rate(rate)
        total = count_samples(self.seconds, rate, start, stop)

        def sampled(first: float, rate: int, count: int) -> Iterator[NDArray[np.float32]]:
            for done in range(0, max(count, 1), size):
                yield self.evenly(first + done / rate, 1 / rate, min(size, count - done))

        if rate < self.rate and antialias:
            rates, part = (self.rate, rate), (start, total)
            yield from resampled_part(sampled, rates, part, seconds=self.seconds, channels=self.channels)
        else:
            yield from sampled(start, rate, total)

    def evenly(self, first: float, step: float, count: int) -> NDArray[np.float32]:
        """Amplitudes float32 `[channels, count]` at `first` + n `step` seconds: the same as calling, but faster."""
        return self._evaluator.evenly(first, step, count)


def _floats(name: str, values: Any) -> NDArray[np.float32]:
    """Return numbers as float32; one sentence where they are none."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{name} must be an array: these are rows of several lengths") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be an array of numbers, got {described(values)}")
    return array.astype(np.float32, copy=False)


def _checked_times(seconds: ArrayLike) -> NDArray[np.float64]:
    try:
        given: Any = seconds
        times = np.asarray(given.detach().cpu() if hasattr(given, "dtype") and hasattr(given, "detach") else given)
    except ValueError as error:
        raise InputError("seconds must be one row of numbers: these are rows of several lengths") from error
    if times.dtype.kind not in "fiu":
        raise TypeError(f"seconds must be numbers, got {described(seconds)}")
    times = times.astype(np.float64)
    if times.ndim != 1:
        raise InputError(f"seconds must be one-dimensional, got {times.ndim} dimension(s)")
    if not np.isfinite(times).all():
        raise InputError("seconds hold NaN or infinite values")
    return times
