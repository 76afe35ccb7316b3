"""Settings of the model: encoder, trunk, the network that is written, and the readings of the paper."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from math import prod
from typing import Any, ClassVar, Literal

from ligeia.errors import SettingsError
from ligeia.networks import NetworkSpec, SirenInit, spec_named
from ligeia.training.config import require, require_choice, settings_from

MAX_SAMPLES = 2**20
MAX_LAYERS = 64
"""Entries of `strides` and of `trunk` at most."""
MAX_WIDTH = 2**16
"""Channels, or units of a layer, at most."""

Norm = Literal["layer", "group", "frame", "none"]
Variant = Literal["standard", "shared", "additive", "multiplicative"]


@dataclass(frozen=True, kw_only=True)
class HyperSoundConfig:
    """Structure of a model. The defaults are the paper's sizes in the forms that are best for use.

    Raises:
        InputError: a setting is out of range, or the target network cannot be written.
    """

    rate: int = 22050
    """Samples per second of the waveforms."""
    samples: int = 32768
    """Samples of a segment: what one written function stands for."""
    channels: int = 16
    """Channels of the encoder's first layer; each block doubles them."""
    latent: int = 32
    """Channels of the encoder's output."""
    strides: tuple[int, ...] = (2, 4, 5, 8)
    """Factor by which each block of the encoder shortens the sequence; none: there is no encoder, and the trunk sees
    the samples themselves, which suits segments of a few hundred samples."""
    norm: Norm = "group"
    """Normalisation in the encoder: "layer" over channels and time with a gain and an offset for each element (as
    executed; for one length only), "group" the same with one for each channel, "frame" of each instant over the
    channels, or "none"."""
    trunk: tuple[int, ...] = (400, 768, 768, 768, 768, 400)
    """Units in the dense layers between encoder and head."""
    network: str = "fmlp"
    """The architecture that is written, by name (`ligeia.networks.SPECS`)."""
    target: dict[str, Any] = field(default_factory=dict)
    """The fields of that architecture; what is not named has its default."""
    variant: Variant = "standard"
    """Written numbers: all, all but those of shared layers, or terms or factors of shared numbers (Table 1)."""
    shared_layers: tuple[int, ...] = ()
    """Variant "shared": the layers, counted from 0, that all sounds have in common."""
    reading: Literal["paper", "executed"] = "paper"
    """Biases of the variants "additive" and "multiplicative": as in Table 1 of the paper, or as its code has them."""
    initialisation: Literal["auto", "hyperfan", "start", "gentle"] = "auto"
    """Of the head: "hyperfan" (Chang et al. 2019), or "start", from where the architecture itself starts (the paper's
    for SIREN); "auto" takes the first for ReLU networks and the second for all others. "gentle" is ours: both together,
    hyperfan rows around the architecture's start, and a trunk that starts so small that it is nearly linear."""

    NORMS: ClassVar[tuple[str, ...]] = ("layer", "group", "frame", "none")
    VARIANTS: ClassVar[tuple[str, ...]] = ("standard", "shared", "additive", "multiplicative")

    def __post_init__(self) -> None:
        require(1 <= self.rate <= 768_000, f"rate must lie between 1 and 768000 Hz, got {self.rate}")
        require(1 <= self.samples <= MAX_SAMPLES, f"samples must lie between 1 and {MAX_SAMPLES}, got {self.samples}")
        for name in ("strides", "trunk"):
            sizes = getattr(self, name)
            require(len(sizes) <= MAX_LAYERS, f"{name} must have at most {MAX_LAYERS} entries, got {len(sizes)}")
            fits = all(1 <= size <= MAX_WIDTH for size in sizes)
            require(fits, f"{name} must be whole numbers between 1 and {MAX_WIDTH}, got {list(sizes)}")
        require(bool(self.trunk), "trunk must have a layer at least")
        require(min(self.channels, self.latent) >= 1, "channels and latent must be at least 1")
        widest = max(self.channels * 2 ** len(self.strides), self.latent)  # each block doubles the channels
        require(widest <= MAX_WIDTH, f"channels and latent: a layer would have {widest}; {MAX_WIDTH} is the most")
        require_choice("norm", self.norm, self.NORMS)
        require_choice("variant", self.variant, self.VARIANTS)
        require_choice("reading", self.reading, ("paper", "executed"))
        require_choice("initialisation", self.initialisation, ("auto", "hyperfan", "start", "gentle"))
        spec = self.spec()
        require(spec.channels == 1, f"the written network must have 1 channel, got {spec.channels}")
        layers = len(layers_of(spec))
        for layer in self.shared_layers:
            require(0 <= layer < layers, f"shared_layers: there is no layer {layer}; the network has {layers}")
        shares = self.variant == "shared"
        require(shares == bool(self.shared_layers), 'shared_layers belong to the variant "shared", which needs some')
        require(len(set(self.shared_layers)) < layers, "shared_layers: no layer is left for the model to write")

    def spec(self) -> NetworkSpec:
        """The network that is written.

        Raises:
            InputError: there is no such architecture, or it has no such field.
        """
        kind, fields = spec_named(self.network), dict(self.target)
        if isinstance(fields.get("init"), Mapping):
            fields["init"] = settings_from(SirenInit, fields["init"], "target.init")
            return _with_init(settings_from(kind, {k: v for k, v in fields.items() if k != "init"}, "target"), fields)
        return settings_from(kind, fields, "target")

    @property
    def code_size(self) -> int:
        """Numbers of the code of a segment: the units of the trunk's last layer."""
        return self.trunk[-1]

    def written(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the parameters that the head writes, in order."""
        spec = self.spec()
        shared = {name for layer in self.shared_layers for name in layers_of(spec)[layer]}
        return {name: shape for name, shape in spec.shapes().items() if name not in shared}

    @property
    def numbers(self) -> int:
        """Numbers that the head writes for a segment."""
        return sum(prod(shape) for shape in self.written().values())

    @property
    def least_weights(self) -> int:
        """Numbers that the model itself has at least: matrices of trunk and head, and the encoder's widest layers."""
        dense = sum(a * b for a, b in pairwise((*self.trunk, self.numbers)))
        if not self.strides:
            return dense
        widest = self.channels << len(self.strides)  # each block doubles them
        elements = self.samples * self.channels if self.norm == "layer" else 0
        return dense + widest**2 // 2 + elements

    @property
    def ratio(self) -> float:
        """The paper's compression ratio: samples of a segment per number that is written."""
        return self.samples / self.numbers

    def table(self) -> dict[str, Any]:
        """The settings as plain values."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: object, place: str) -> "HyperSoundConfig":
        """Make the settings of plain values; `place` begins the messages.

        Raises:
            InputError: a setting is unknown, of another type, or out of range.
        """
        return settings_from(cls, table, place)


def _with_init(spec: NetworkSpec, fields: Mapping[str, Any]) -> NetworkSpec:
    return replace(spec, init=fields["init"])  # type: ignore[call-arg]


def layers_of(spec: NetworkSpec) -> list[list[str]]:
    """Names of the parameters of each layer: those that end in _k are of layer k, all others of the last one."""
    numbered: dict[int, list[str]] = {}
    last: list[str] = []
    for name in spec.shapes():
        _, _, number = name.rpartition("_")
        (numbered.setdefault(int(number), []) if number.isdigit() else last).append(name)
    layers = [numbered[k] for k in sorted(numbered)]
    return [*layers, last] if last else layers


def executed(**changes: Any) -> HyperSoundConfig:
    """The settings of the paper's own code, with changes: element-wise norm, closed grid, biases as executed."""
    name = changes.get("network", "fmlp")
    if name not in TARGETS:
        raise SettingsError(f"the paper has no target network {name!r}; it has {' and '.join(TARGETS)}")
    target = {**TARGETS[name], **changes.pop("target", {})}
    return HyperSoundConfig(**{"norm": "layer", "reading": "executed", **changes, "target": target})


TARGETS: Mapping[str, Mapping[str, Any]] = {
    "fmlp": {"width": 90, "depth": 5, "octaves": 10, "closed": True},
    "siren": {
        "width": 90,
        "depth": 5,
        "first_omega": 2000.0,
        "hidden_omega": 30.0,
        "omega_on_bias": False,
        "output_omega": True,
        "closed": True,
        "init": {"bias": "weight_bound"},
    },
}
"""The two target networks of the paper, on its closed grid, at the width of its repository."""

WIDTHS: Mapping[str, Mapping[float, int]] = {
    "fmlp": {10: 26, 4: 42, 2: 61, 1: 87, 0.5: 125, 0.125: 253},
    "siren": {10: 28, 4: 44, 2: 63, 1: 90, 0.5: 127, 0.125: 255},
}
"""Width of five hidden layers at each compression ratio of Table 2: the nearest to 32768 / ratio numbers. (The
paper's code names one, "1": 90 units, which is 0.943 for FMLP.)"""
