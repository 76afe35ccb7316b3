"""Codes folded into networks: what a conditional decoder is for one code, as parameters of an ordinary spec (numpy).

The numbers are computed in double precision and rounded once. Phases lose their full turns before that: omega times a
bias reaches ten thousand radians, of which single precision would keep three digits behind the point.
"""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.concatenation import ConcatenationSettings, ImNetSettings
from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.hypernetwork import HypernetworkSettings
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.family.multiplicative import MultiplicativeSettings
from ligeia.codec.family.parallel import ParallelSettings
from ligeia.networks import Film, Multiplicative, NetworkSpec, Parallel
from ligeia.networks.film import ALL, LINEAR, MIDDLE, NOWHERE, SINE, TANH

Doubles = NDArray[np.float64]
Numbers = dict[str, Doubles]
Member = tuple[NetworkSpec, dict[str, NDArray[np.float32]]]

SLOPE = 0.2
"""Slope of the leaky ReLU of mapping networks."""


def film(model: FamilyModel, codes: NDArray[Any]) -> Member:
    """Return the network and the parameters `[n, ...]` of the members with `codes [n, numbers]` of a FiLM family.

    Like all functions of this file: of (model, codes), to a spec and float32 arrays.

    Raises:
        InputError: the model is not valid.
    """
    settings, numbers = cast(FilmSettings, model.decoder), _numbers(model)
    gamma, beta = np.split(_mapped(numbers, codes), 2, axis=1)
    layers: list[Numbers] = []
    for k, activation in enumerate(settings.activation_names()):
        weight, bias = _weight(numbers, k), numbers[f"bias_{k}"]
        if k == len(settings.widths):
            layers.append(_same(weight, bias, len(codes)))
            break
        omega = numbers["omegas"] if k == 0 and settings.groups else settings.omega(k)
        scale = omega + gamma[:, : len(bias)]
        shift = (scale * bias if settings.omega_on_bias else bias) + beta[:, : len(bias)]
        shift = _turned(shift) if activation == "sine" else shift
        layers.append({"weight": weight * scale[:, None, :], "bias": shift})
    relu = [activation == "relu" for activation in settings.activation_names()]
    last = SINE if settings.activations == "sine_last" else LINEAR
    spec = Film(
        first_relu=relu[0], hidden_relu=relu[min(1, len(settings.widths) - 1)], last=last, **_sizes(settings.widths)
    )
    return _member(spec, layers, settings.widths)


def concatenation(model: FamilyModel, codes: NDArray[Any]) -> Member:
    """Return the network and the parameters of members of a family that is conditioned by concatenation."""
    settings, numbers = cast(ConcatenationSettings, model.decoder), _numbers(model)
    conditions = _mapped(numbers, codes)
    layers: list[Numbers] = []
    for k in range(len(settings.widths)):
        omega, bias = settings.omega(k), numbers[f"bias_{k}"]
        layer = _joined(_weight(numbers, k), bias, conditions, first=k == 0, joined=settings.joined(k))
        layers.append({name: value * omega for name, value in layer.items()})
        layers[-1]["bias"] = _turned(layers[-1]["bias"])
    last = len(settings.widths)
    layers.append(_same(_weight(numbers, last), numbers[f"bias_{last}"], len(codes)))
    joined = ALL if settings.where == "all" else MIDDLE
    return _member(Film(joined=joined if last > 1 else NOWHERE, **_sizes(settings.widths)), layers, settings.widths)


def im_net(model: FamilyModel, codes: NDArray[Any]) -> Member:
    """Return the network and the parameters of members of an IM-NET."""
    settings, numbers = cast(ImNetSettings, model.decoder), _numbers(model)
    conditions = codes.astype(np.float64)
    layers = [
        _joined(numbers[f"weight_{k}"], numbers[f"bias_{k}"], conditions, first=k == 0, joined=True)
        for k in range(len(settings.widths))
    ]
    last = len(settings.widths)
    layers.append(_same(numbers[f"weight_{last}"], numbers[f"bias_{last}"], len(codes)))
    joined = ALL if last > 1 else NOWHERE
    spec = Film(first_relu=True, hidden_relu=True, last=TANH, joined=joined, **_sizes(settings.widths),
                coordinate_scale=settings.coordinate_scale)  # fmt: skip
    return _member(spec, layers, settings.widths)


def hypernetwork(model: FamilyModel, codes: NDArray[Any]) -> Member:
    """Return the network and the parameters of members that a hypernetwork writes."""
    settings, numbers = cast(HypernetworkSettings, model.decoder), _numbers(model)
    written, first, layers = _mapped(numbers, codes), 0, []
    for k, (inputs, outputs) in enumerate(shape for shape in settings.written().values() if len(shape) == 2):
        middle, end = first + inputs * outputs, first + (inputs + 1) * outputs
        weight = written[:, first:middle].reshape(-1, inputs, outputs) * settings.omega(k)
        bias = written[:, middle:end] * settings.omega(k)
        layers.append({"weight": weight, "bias": _turned(bias) if k < len(settings.widths) else bias})
        first = end
    return _member(Film(**_sizes(settings.widths)), layers, settings.widths)


def multiplicative(model: FamilyModel, codes: NDArray[Any]) -> Member:
    """Return the network and the parameters of members of a family of multiplicative filter networks."""
    settings, numbers = cast(MultiplicativeSettings, model.decoder), _numbers(model)
    conditions = _mapped(numbers, codes).reshape(len(codes), settings.conditions, 2, settings.width)
    arrays: Numbers = {}
    for k in range(settings.depth):
        if k:
            weight, bias = numbers[f"weight_{k}"][None], numbers[f"bias_{k}"][None]
            if settings.conditioned != "filters":
                gamma, beta = conditions[:, k - 1, 0], conditions[:, k - 1, 1]
                weight, bias = weight * (1 + gamma)[:, None], bias * (1 + gamma) + beta
            arrays |= {f"weight_{k}": weight, f"bias_{k}": bias}
        frequency, phase = numbers[f"frequency_{k}"][None], numbers[f"phase_{k}"][None]
        if settings.conditioned != "linear":
            gamma, beta = conditions[:, k - settings.depth, 0], conditions[:, k - settings.depth, 1]
            frequency, phase = frequency + gamma, phase + beta
        arrays |= {f"frequency_{k}": frequency, f"phase_{k}": _turned(phase)}
    arrays |= {name: numbers[name][None] for name in ("output_weight", "output_bias")}
    return _rounded(Multiplicative(width=settings.width, depth=settings.depth), arrays, len(codes))


def parallel(model: FamilyModel, codes: NDArray[Any]) -> Member:
    """Return the network and the parameters of members of a family of networks in parallel."""
    settings, numbers = cast(ParallelSettings, model.decoder), _numbers(model)
    count, width = settings.networks, settings.width
    conditions = _mapped(numbers, codes).reshape(len(codes), 2, count, width)
    gamma, beta = conditions[:, 0], conditions[:, 1]
    arrays: Numbers = {}
    for k in range(settings.depth):
        scale = np.array(settings.omegas(k))[:, None] + gamma
        weight = numbers[f"weight_{k}"] * scale[:, :, None]
        arrays[f"weight_{k}"] = weight.transpose(0, 2, 1, 3).reshape(len(codes), -1, count * width)
        arrays[f"bias_{k}"] = _turned(numbers[f"bias_{k}"] + beta).reshape(len(codes), -1)
    arrays |= {"output_weight": numbers["output_weight"].reshape(1, -1, 1), "output_bias": numbers["output_bias"][None]}
    return _rounded(Parallel(networks=count, width=width, depth=settings.depth), arrays, len(codes))


# --- parts --------------------------------------------------------------------------------------------


def _numbers(model: FamilyModel) -> Numbers:
    return {name: np.asarray(value, np.float64) for name, value in model.arrays.items()}


def _mapped(numbers: Numbers, codes: NDArray[Any]) -> Doubles:
    """Return the output of the mapping network for codes."""
    hidden: Doubles = codes.astype(np.float64)
    layers = sum(name.startswith("map_weight_") for name in numbers)
    for k in range(layers):
        hidden = hidden @ numbers[f"map_weight_{k}"] + numbers[f"map_bias_{k}"]
        hidden = np.maximum(hidden, SLOPE * hidden) if k < layers - 1 else hidden
    return hidden


def _weight(numbers: Numbers, layer: int) -> Doubles:
    """The weight of a layer, with its lengths where weights are normalised."""
    weight = numbers[f"weight_{layer}"]
    if f"length_{layer}" not in numbers:
        return weight
    norms = np.sqrt(np.square(weight).sum(0))
    # A file from a stranger may hold a column of zeros, which has no direction.
    factors: Doubles = np.divide(numbers[f"length_{layer}"], norms, out=np.zeros_like(norms), where=norms > 0)
    return weight * factors


def _joined(weight: Doubles, bias: Doubles, conditions: Doubles, *, first: bool, joined: bool) -> Numbers:
    """A layer with rows for its own inputs, then for the conditions and the time where they are joined."""
    if not joined:
        return _same(weight, bias, len(conditions))
    count = conditions.shape[1]
    own, rest = (weight[:1], weight[1:]) if first else (weight[: -count - 1], weight[-count - 1 :])
    layer = _same(own, bias, len(conditions)) | {"bias": bias + conditions @ rest[:count]}
    return layer if first else layer | {"coordinate": np.repeat(rest[count:], len(conditions), 0)}


def _same(weight: Doubles, bias: Doubles, count: int) -> Numbers:
    """A layer that `count` members have alike."""
    return {"weight": np.repeat(weight[None], count, 0), "bias": np.repeat(bias[None], count, 0)}


def _turned(phases: Doubles) -> Doubles:
    """Phases without their full turns, -pi to pi."""
    turned: Doubles = np.remainder(phases + np.pi, 2 * np.pi) - np.pi
    return turned


def _sizes(widths: tuple[int, ...]) -> dict[str, Any]:
    """Width, depth and halving of the network that has these widths, or is wider and has units that are always 0."""
    halved = all(width == max(1, widths[0] >> k) for k, width in enumerate(widths))
    return {"width": widths[0] if halved else max(widths), "depth": len(widths), "halving": halved and len(widths) > 1}


def _member(spec: Film, layers: list[Numbers], widths: tuple[int, ...]) -> Member:
    """The parameters of a spec made of its layers; the last is the output, or precedes it with the identity behind."""
    arrays: Numbers = {}
    count = len(layers[0]["weight"])
    names = [*(f"{{}}_{k}" for k in range(len(widths))), f"{{}}_{len(widths)}" if spec.last else "output_{}"]
    for name, layer in zip(names, layers, strict=True):
        arrays |= {name.format(kind): value for kind, value in layer.items()}
    if spec.last:
        arrays |= {"output_weight": np.ones((1, 1, 1)), "output_bias": np.zeros((1, 1))}
    return _rounded(spec, {name: _padded(arrays[name], shape) for name, shape in spec.shapes().items()}, count)


def _padded(value: Doubles, shape: tuple[int, ...]) -> Doubles:
    """`value [n, ...]` with zeros behind, to `[n, *shape]`."""
    return np.pad(value, [(0, 0), *((0, wanted - have) for wanted, have in zip(shape, value.shape[1:], strict=True))])


def _rounded(spec: NetworkSpec, arrays: Mapping[str, Doubles], count: int) -> Member:
    """Single precision, in the order of the spec, a row for each of `count` members."""
    shapes = spec.shapes()
    return spec, {
        name: np.ascontiguousarray(np.broadcast_to(arrays[name], (count, *shape)), np.float32)
        for name, shape in shapes.items()
    }
