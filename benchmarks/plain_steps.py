"""Plain PyTorch statements of our networks: the formula by hand, for `step`.

A statement maps (spec, numbers, t) to the output of the network. `t` is `[n, 1]` where a network is alone and
`[1, n, 1]` where all blocks are stacked; the output is `[n, channels]` or `[blocks, n, channels]`. They know the
options that the recipes of the benchmark need, and no other option of the networks.
"""

from collections.abc import Callable, Mapping
from math import pi
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from ligeia.networks.abreast import layer_apart

Numbers = Mapping[str, Tensor]


def prepared(spec: Any, numbers: Numbers) -> Numbers:
    """Return our numbers, `[blocks, ...]`, in the form of the plain statement."""
    return PREPARED[spec.name](spec, numbers) if spec.name in PREPARED else numbers


# --- the networks -----------------------------------------------------------------------------------


def dense(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x W + b: `nn.Linear` for one network, and `torch.baddbmm` for a stack of them."""
    if weight.dim() == 2:
        return linear(x, weight, bias)
    return torch.baddbmm(bias.unsqueeze(1), x.expand(len(weight), -1, -1), weight)


def octaves(t: Tensor, count: int, *, with_coordinate: bool, grouped: bool = False) -> Tensor:
    """Sines and cosines of 2^i pi t, by turns or one kind after the other."""
    phases = t * (pi * 2.0 ** torch.arange(count, device=t.device))
    pair = phases.sin(), phases.cos()
    encoded = torch.cat(pair, -1) if grouped else torch.stack(pair, -1).flatten(-2)
    return torch.cat([t, encoded], -1) if with_coordinate else encoded


def siren(spec: Any, n: Numbers, t: Tensor) -> Tensor:
    """sin(omega (W x + b)), layer by layer; a fixed first layer is one like the others."""
    x = octaves(t, spec.octaves, with_coordinate=spec.with_coordinate) if spec.octaves else t
    for k in range(spec.depth):
        x = torch.sin(spec.omega(k) * dense(x, n[f"weight_{k}"], n[f"bias_{k}"]))
    return dense(x, n[f"weight_{spec.depth}"], n[f"bias_{spec.depth}"])


def fmlp(spec: Any, n: Numbers, t: Tensor) -> Tensor:
    """Octaves, then ReLU layers."""
    x = octaves(t, spec.octaves, with_coordinate=spec.with_coordinate, grouped=spec.grouped_encoding)
    for k in range(spec.depth):
        x = torch.relu(dense(x, n[f"weight_{k}"], n[f"bias_{k}"]))
    return dense(x, n["output_weight"], n["output_bias"])


def twins(spec: Any, n: Numbers, t: Tensor) -> list[Tensor]:
    """Shared sine layers, then for each head one layer of sines or ReLUs and its output."""
    x, last = octaves(t, spec.octaves, with_coordinate=spec.with_coordinate), spec.shared_depth
    for k in range(last):
        x = torch.sin(spec.omega(k) * dense(x, n[f"weight_{k}"], n[f"bias_{k}"]))
    outputs = []
    for head in range(spec.heads):
        z = dense(x, n[f"weight_{last}/{head}"], n[f"bias_{last}/{head}"])
        z = torch.relu(z) if spec.name == "siamese-relu" else torch.sin(spec.omega(last) * z)
        outputs.append(dense(z, n[f"output_weight/{head}"], n[f"output_bias/{head}"]))
    return outputs


def finer(spec: Any, n: Numbers, t: Tensor) -> Tensor:
    """sin(omega (|z| + 1) z) of z = W x + b."""
    x = t
    for k in range(spec.depth):
        z = dense(x, n[f"weight_{k}"], n[f"bias_{k}"])
        x = torch.sin((spec.hidden_omega if k else spec.first_omega) * (z.abs() + 1) * z)
    return dense(x, n["output_weight"], n["output_bias"])


def wire(spec: Any, n: Numbers, t: Tensor) -> Tensor:
    """exp(j omega z - |scale z|^2) of complex z = W x + b, and the real part of a complex output layer."""
    x = t
    for k in range(spec.depth):
        z = dense(x, n[f"weight_{k}"], n[f"bias_{k}"])
        omega = spec.hidden_omega if k else spec.first_omega
        x = torch.exp(1j * omega * z - (spec.scale * z).abs().square())
    outputs: Tensor = dense(x, n["output_weight"], n["output_bias"]).real
    return outputs


def kan(spec: Any, n: Numbers, t: Tensor) -> Tensor:
    """Sums over inputs i and harmonics g of a cos(g x) + b sin(g x)."""
    x: Tensor = pi * spec.turns * t
    for layer in (*(f"weight_{k}" for k in range(spec.depth)), "output_weight"):
        cosines, sines, bias = n[f"{layer}/cos"], n[f"{layer}/sin"], n[layer.replace("weight", "bias")]
        phases = x.unsqueeze(-1) * torch.arange(1, cosines.shape[2] + 1, device=t.device)
        sums = [torch.einsum("bnig,bigo->bno", *each) for each in ((phases.cos(), cosines), (phases.sin(), sines))]
        x = sums[0] + sums[1] + bias.unsqueeze(1)
    return x


def mfn(spec: Any, n: Numbers, t: Tensor) -> Tensor:
    """Products of Gabor filters of t, with linear layers between."""

    def gabor(k: int) -> Tensor:
        row = {kind: n[f"{kind}_{k}"].unsqueeze(1) for kind in ("frequency", "phase", "gamma", "centre")}
        decay = torch.exp(-row["gamma"].abs() / 2 * (t - row["centre"]).square())
        return torch.sin(row["frequency"] * t + row["phase"]) * decay

    x = gabor(0)
    for k in range(1, spec.depth):
        x = dense(x, n[f"weight_{k}"], n[f"bias_{k}"]) * gabor(k)
    return dense(x, n["output_weight"], n["output_bias"])


def parallel(spec: Any, n: Numbers, t: Tensor) -> Tensor:
    """Sum of several small SIRENs."""
    return _sines(spec, n, t, spec.networks).sum(1) + n["output_bias"].unsqueeze(1)


def local(spec: Any, n: Numbers, t: Tensor) -> Tensor:
    """Sum of small SIRENs under windows, each evaluated everywhere."""
    local_t = spec.own_coordinates(t.squeeze(-1))
    outputs = _sines(spec, n, local_t.squeeze(0).repeat(len(n["output_bias"]), 1).unsqueeze(-1), spec.windows)
    windows: Tensor = spec.weights(local_t).unsqueeze(-1)
    return (windows * outputs).sum(1) + n["output_bias"].unsqueeze(1)


def _sines(spec: Any, n: Numbers, x: Tensor, count: int) -> Tensor:
    """Outputs of each of `count` small SIRENs, `[blocks, count, n, channels]`."""
    for k in range(spec.depth):
        x = torch.sin(dense(x, n[f"weight_{k}"], n[f"bias_{k}"]))
    outputs = torch.bmm(x, n["output_weight"])
    return outputs.view(-1, count, *outputs.shape[1:])


PLAIN: dict[str, Callable[[Any, Numbers, Tensor], Tensor | list[Tensor]]] = {
    "siren": siren,
    "fmlp": fmlp,
    "siamese": twins,
    "siamese-relu": twins,
    "finer": finer,
    "wire": wire,
    "kan": kan,
    "mfn": mfn,
    "parallel": parallel,
    "local": local,
}
NO_STEP = {"lapped": "solved in closed form, without an optimiser"}
"""Networks that have no step to be stated, and why."""


# --- our numbers, `[blocks, ...]`, in the form of the plain statements ------------------------------


def _heads_split(spec: Any, numbers: Numbers) -> Numbers:
    """The heads' columns one by one: `NAME/HEAD`."""
    split = [name for name in numbers if spec.divided(name)]
    heads = [spec.numbers_of(head, numbers) for head in range(spec.heads)]
    shared = {name: value for name, value in numbers.items() if name not in split}
    return shared | {f"{name}/{head}": of_head[name] for head, of_head in enumerate(heads) for name in split}


def _complex(spec: Any, numbers: Numbers) -> Numbers:
    """Real and imaginary parts in one; our output weights hold Re(W) above -Im(W)."""
    real, imaginary = numbers["output_weight"].chunk(2, 1)
    bias = numbers["output_bias"]
    output = {"output_weight": torch.complex(real, -imaginary), "output_bias": torch.complex(bias, 0 * bias)}
    hidden = {name: numbers[name] for name in ("weight_0", "bias_0")}
    for name in (f"{kind}_{k}" for k in range(1, spec.depth) for kind in ("weight", "bias")):
        hidden[name] = torch.complex(numbers[name], numbers[f"imaginary_{name}"])
    return hidden | output


def _series(spec: Any, numbers: Numbers) -> Numbers:
    """Coefficients `[blocks, inputs, harmonics, units]` of cosines, and of sines."""
    layers = [(f"weight_{k}", f"bias_{k}") for k in range(spec.depth)] + [("output_weight", "output_bias")]
    grids = [spec.first_grid, *[spec.hidden_grid] * (spec.depth - 1), spec.output_grid]
    split: dict[str, Tensor] = {}
    for (weight, bias), grid in zip(layers, grids, strict=True):
        cosines, sines = (half.reshape(len(half), -1, grid, half.shape[2]) for half in numbers[weight].chunk(2, 1))
        split |= {f"{weight}/cos": cosines, f"{weight}/sin": sines, bias: numbers[bias]}
    return split


def _networks_apart(spec: Any, numbers: Numbers) -> Numbers:
    """Networks that lie side by side, one after another: `[blocks * networks, ...]`."""
    count = spec.networks if spec.name == "parallel" else spec.windows
    weight = numbers["output_weight"]
    split = {"output_weight": weight.reshape(count * len(weight), -1, weight.shape[2])}
    for k in range(spec.depth):
        split[f"weight_{k}"], split[f"bias_{k}"] = layer_apart(numbers, k, count)
    return split | {"output_bias": numbers["output_bias"]}


PREPARED: dict[str, Callable[[Any, Numbers], Numbers]] = {
    "siamese": _heads_split,
    "siamese-relu": _heads_split,
    "wire": _complex,
    "kan": _series,
    "parallel": _networks_apart,
    "local": _networks_apart,
}
