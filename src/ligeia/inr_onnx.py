"""An INR as an ONNX model: seconds in, amplitudes out, for programs that run neither Python nor torch.

What a torch module may decide by looking at its instants, an ONNX graph cannot. Here each instant finds its block by
arithmetic, and takes the parameters of that block along (`BlockGraph`), or the coefficients of the one or two hops
that it lies in (`HopGraph`, for the lapped network). Memory grows with instants times parameters of a block.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call
from torch.nn import Module

from ligeia.audio.blocks import Segments
from ligeia.errors import InputError, needs_extra
from ligeia.inr_torch import cross_fade
from ligeia.networks.coordinates import span_seconds, to_coordinates
from ligeia.networks.lapped import Lapped
from ligeia.networks.lapped_net import SLACK, window
from ligeia.networks.spec import NetworkSpec
from ligeia.networks.windowed_sines import WindowedSines

if TYPE_CHECKING:
    from onnx import ModelProto

MOST_BYTES = 2**31 - 2**20
"""An ONNX file is one message of protobuf, which ends at 2 GiB."""
LEAST_OPSET = 18
UNSUITED = {
    "local": "which of its windows it evaluates depends on the instants",
    "phased": "which of its sines it evaluates depends on what its first layer makes of the instants",
}
"""Networks without a graph that is the same for all instants, and why."""

Arrays = Mapping[str, NDArray[np.float32]]


class BlockGraph(Module):
    """Seconds float64 `[n]` to amplitudes float32 `[channels, n]`: networks in blocks, cross-faded."""

    def __init__(self, spec: NetworkSpec, parameters: Arrays, gains: NDArray[np.float32], segments: Segments) -> None:
        super().__init__()
        self.spec, self.segments = spec, segments
        self.network = spec.build(blocks=1).requires_grad_(False)
        self.names = list(spec.shapes())
        for name in self.names:
            self.register_buffer(f"all_{name}", torch.from_numpy(parameters[name].copy()))
        self.register_buffer("gains", torch.from_numpy(gains.copy()))
        self.rate = 1.0

    def forward(self, seconds: Tensor) -> Tensor:
        """Amplitudes; 0 outside of the sound."""
        samples = seconds * self.rate
        cut = self.segments
        early = 0.5 if cut.overlap else 0.0  # cross-fades begin half a sample before the first sample with a weight
        block = torch.floor((samples + early + SLACK) / cut.hop)
        values = self._of_block(samples, block)
        return values + self._of_block(samples, block - 1) if cut.overlap else values

    def _of_block(self, samples: Tensor, block: Tensor) -> Tensor:
        """Cross-faded amplitudes `[channels, n]` of one block for each of `samples [n]`, float64 as `block [n]` is."""
        cut = self.segments
        known = block.clamp(0, cut.count - 1)
        local = samples - known * cut.hop
        inside = (block == known) & (samples + SLACK < cut.sample_count) & (local + SLACK < cut.length)
        inside = inside & (local + SLACK >= torch.where(known > 0, -0.5 if cut.overlap else 0.0, 0.0))
        span = span_seconds(cut.length, 1, closed=self.spec.closed_grid)
        coordinates, index = to_coordinates(local, span), known.long()
        level = self.get_buffer("gains")[index] * cross_fade(cut, known, local).float() * inside
        return self._evaluated(index, coordinates) * level

    def _evaluated(self, index: Tensor, coordinates: Tensor) -> Tensor:
        """Outputs `[channels, n]` of the network of each instant's block."""
        numbers = {name: self.get_buffer(f"all_{name}") for name in self.names}
        if self.segments.count == 1:
            values: Tensor = functional_call(self.network, numbers, (coordinates.unsqueeze(0), torch.float32))
            return values[0].transpose(0, 1).float()
        chosen = {name: value[index] for name, value in numbers.items()}
        values = functional_call(self.network, chosen, (coordinates.unsqueeze(1), torch.float32))
        return values[:, 0].transpose(0, 1).float()


class HopGraph(Module):
    """Seconds float64 `[n]` to amplitudes float32 `[channels, n]`: the lapped network, hop by hop."""

    def __init__(self, spec: Lapped, parameters: Arrays, gains: NDArray[np.float32], sample_count: int) -> None:
        super().__init__()
        self.spec, self.sample_count = spec, sample_count
        hops = WindowedSines(spec, parameters, gains, 1, sample_count).hops
        counts = spec.frame_size // hops.length
        frame = hops.block * spec.frames + hops.frame
        for name in ("start", "length", "before", "after"):
            self.register_buffer(name, torch.from_numpy(getattr(hops, name).astype(np.float64)))
        first = np.flatnonzero(hops.hop == 0)
        self.register_buffer("first", torch.from_numpy(first.astype(np.float64)))
        self.register_buffer("pace", torch.from_numpy(hops.length[first].astype(np.float64)))
        place = np.zeros(len(frame), np.int64)
        self.lengths = sorted({int(length) for length in hops.length})
        for length in self.lengths:
            chosen = np.flatnonzero(hops.length == length)
            place[chosen] = np.arange(len(chosen))
            rows = parameters["weight"][hops.block[chosen], hops.frame[chosen]]
            rows = rows.reshape(len(chosen), length, spec.frame_size // length, spec.channels)
            rows = rows[np.arange(len(chosen)), :, hops.hop[chosen]] * gains[hops.block[chosen], None, None]
            self.register_buffer(f"weight_{length}", torch.from_numpy(np.ascontiguousarray(rows, np.float32)))
        self.register_buffer("place", torch.from_numpy(place))
        assert counts.min() >= 1
        self.rate = 1.0

    def forward(self, seconds: Tensor) -> Tensor:
        """Amplitudes; 0 outside of the sound."""
        samples = seconds * self.rate
        # Windows are symmetric about half a sample before a border: counted from there, borders are whole numbers.
        points = samples + 0.5
        size, first, pace = self.spec.frame_size, self.get_buffer("first"), self.get_buffer("pace")
        frame = torch.floor((points + SLACK) / size).clamp(0, len(first) - 1)
        index = frame.long()
        within = torch.floor((points + SLACK - frame * size) / pace[index])
        here = (first[index] + within.clamp(min=0).minimum(size / pace[index] - 1)).long()
        before = points - self.get_buffer("start")[here] < self.get_buffer("length")[here] / 2
        beside = here + torch.where(before, -1, 1)
        known = beside.clamp(0, len(self.get_buffer("start")) - 1)
        values = self._of_hop(points, here) + self._of_hop(points, known) * (beside == known)
        return values * ((samples >= -SLACK) & (samples < self.sample_count - SLACK))

    def _of_hop(self, points: Tensor, hop: Tensor) -> Tensor:
        """Amplitudes `[channels, n]` of one hop for each of `points [n]`."""
        facts = {name: self.get_buffer(name)[hop] for name in ("start", "length", "before", "after")}
        local, place = points - facts["start"], self.get_buffer("place")[hop]
        total = torch.zeros(1, dtype=torch.float32)
        for length in self.lengths:
            at = facts["length"] == length
            turns = (torch.arange(length, dtype=torch.float64) + 0.5) * (torch.pi / length)
            units = (2 / length) ** 0.5 * torch.cos((local + length).unsqueeze(1) * turns).float()
            weight = self.get_buffer(f"weight_{length}")[torch.where(at, place, 0)]
            total = total + (units.unsqueeze(2) * weight).sum(1).transpose(0, 1) * at
        shape = window(local, facts["length"], facts["before"], facts["after"], sine=self.spec.sine, kind=torch.float64)
        covered = (local > -facts["length"]) & (local < 2 * facts["length"])
        return total * (shape * covered).float()


def make_model(
    spec: NetworkSpec, parameters: Arrays, gains: NDArray[np.float32], rate: int, segments: Segments
) -> "ModelProto":
    """Return the function of a sound as an ONNX model: "seconds" float64 `[n]` to "amplitudes" float32 `[channels, n]`.

    Raises:
        InputError: it would be larger than an ONNX file can be, or the network decides by its instants what to compute.
        MissingExtra: onnx or onnxscript is not installed.
    """
    size = sum(value.nbytes for value in parameters.values())
    if size > MOST_BYTES:
        raise InputError(f"{size} bytes of parameters are more than an ONNX file can hold, {MOST_BYTES}")
    if spec.name in UNSUITED:
        raise InputError(f"the network {spec.name} cannot be an ONNX model: {UNSUITED[spec.name]}")
    with needs_extra("onnx", "onnx"), needs_extra("onnxscript", "onnx"):
        import onnx
        import onnxscript  # noqa: F401 - what torch exports with
    graph: BlockGraph | HopGraph
    if isinstance(spec, Lapped):
        graph = HopGraph(spec, parameters, gains, segments.sample_count)
    else:
        graph = BlockGraph(spec, parameters, gains, segments)
    graph.rate = float(rate)
    model = _exported(graph.eval())
    facts = {"rate": rate, "sample_count": segments.sample_count, "channels": spec.channels, "network": spec.name}
    onnx.helper.set_model_props(model, {name: str(value) for name, value in facts.items()})
    return model


def _exported(graph: Module) -> "ModelProto":
    seconds = torch.linspace(0.0, 0.01, 5, dtype=torch.float64)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            graph,
            (seconds,),
            input_names=["seconds"],
            output_names=["amplitudes"],
            dynamic_shapes={"seconds": {0: torch.export.Dim("n")}},
            opset_version=LEAST_OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model: ModelProto = program.model_proto
    for node in model.graph.node:  # where in torch's sources each came from: most of a small file
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter tells its own makers from the user; errors remain."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with catch_warnings():
            simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
