"""A slow decoder of `.lig`, written from FORMAT.md alone: numpy, and nothing of Ligeia.

`decode(data)` gives the header as a dict, the parameters of each block, and the samples. It is the oracle that the real
decoder is held against, and a check that FORMAT.md is complete. Section numbers are those of FORMAT.md.
"""

import re
import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import ceil, ldexp, prod
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import reference_coded
import reference_dependent

FORMAT = Path(__file__).parents[2] / "src" / "ligeia" / "codec" / "FORMAT.md"


class Invalid(Exception):
    """The stream breaks a rule of FORMAT.md."""


def rule(holds: bool, name: str) -> None:
    if not holds:
        raise Invalid(name)


def listed(name: str) -> list[str]:
    """The numbers of the block ```text `name` of FORMAT.md."""
    text = FORMAT.read_text(encoding="utf-8").split(f"```text {name}\n")[1].split("```")[0]
    return text.replace(",", " ").split()


def table_rows(heading: str) -> list[list[str]]:
    """The cells of the table in FORMAT.md whose first heading is `heading`."""
    lines = FORMAT.read_text(encoding="utf-8").split(f"| {heading} |")[1].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            return rows
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    raise AssertionError("the table does not end")


RATIOS = [int(value) for value in listed("ratios")]
MANTISSAS = [float(value) for value in listed("mantissas")]
RECONSTRUCTION = {
    name: float(value)
    for name, value in zip(listed("reconstruction")[::2], listed("reconstruction")[1::2], strict=True)
}
PROFILES = reference_coded.profiles(
    table_rows(
        "name | profile | scale factors | slope | loud | spread | past | tilt | low | high | limit | empty low | "
        "empty high | empty limit | noise_split_hz | reconstruction_bias"
    )
)


def fields_of_networks() -> dict[int, list[tuple[str, str, float, str]]]:
    """§7: name, kind, default and limits of the fields of each network, by its number."""
    fields = {}
    for section in FORMAT.read_text(encoding="utf-8").split("**Network ")[1:]:
        rows = [line.strip("|").split("|") for line in section.splitlines() if re.match(r"\| \d", line)]
        cells = [[cell.strip() for cell in row] for row in rows]
        fields[int(section.split(":")[0])] = [(row[1], row[2], float(row[3]), row[4]) for row in cells]
    return fields


SLOPE = int(listed("slopes")[1])
NETWORKS = fields_of_networks()
RATES = [0, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000]


class Cursor:
    """§1."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        rule(self.at + count <= len(self.data), "the stream ends early")
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self) -> int:
        value = 0
        for k in range(8):
            byte = self.take(1)[0]
            value += (byte % 128) * 128**k
            if byte < 128:
                rule(k == 0 or byte != 0, "shortest spelling")
                return value
        raise Invalid("a varint has at most 8 bytes")

    def number(self) -> float:
        tag = self.varint()
        rule(tag % 2 == 0 or tag == 1, "tag")
        return tag // 2 if tag != 1 else struct.unpack("<d", self.take(8))[0]

    def checksum(self, start: int) -> None:
        body = self.data[start : self.at]
        rule(int.from_bytes(self.take(4), "little") == crc32(body), "CRC")


def read_header(cursor: Cursor) -> dict[str, Any]:
    """§2, §6."""
    start = cursor.at
    rule(cursor.take(3) == b"LIG" and cursor.take(1) == b"\1", "magic and version")
    network = cursor.varint()
    rule(network in NETWORKS, "network")
    channels, code = divmod(cursor.take(1)[0], 16)
    rule(code < len(RATES), "rate byte")
    header: dict[str, Any] = {"rate": RATES[code] or cursor.varint(), "channels": channels or cursor.varint()}
    header["network"] = network
    header["samples"] = cursor.varint()
    if network not in (11, 13):
        header["hop"], header["overlap"] = cursor.varint() or header["samples"], cursor.varint()
    word = int.from_bytes(cursor.take(2), "little")
    rule(word < 2**15 + 2**14, "a coding that needs a model")
    if word >= 2**15:
        header["profile"] = word - 2**15 - (2**13 if network == 13 else 0)
        rule(network in (11, 13) and header["profile"] in PROFILES, "profile")
        rule(network != 13 or header["profile"] == 4, "a profile with phases")
        rule(PROFILES[header["profile"]].name != reference_dependent.PROFILE or header["channels"] == 1, "one channel")
    else:
        bits = [(word // 2**shift) % 32 or 32 for shift in (10, 5, 0)]
        rule(all(depth <= 24 for depth in bits) or bits == [32] * 3, "32 bits")
        rule(min(bits) >= 2, "bits")
        header["bits"] = bits
    mask = cursor.varint()
    rule(mask < 2 ** len(NETWORKS[network]), "mask")
    for k, (name, kind, default, limits) in enumerate(NETWORKS[network]):
        value = cursor.number() if mask >> k & 1 else default
        low, high = (float(x) for x in limits.replace(" to ", " or ").split(" or "))
        rule(low <= value <= high, name)
        rule(kind == "real" or float(value).is_integer(), name)
        header[name] = float(value) if kind == "real" else int(value)
    cursor.checksum(start)
    return check_header(header)


def read_sections(cursor: Cursor) -> dict[str, str]:
    """§2, §6: the tags."""
    begin, last, tags = cursor.at, 0, {}
    while cursor.data[cursor.at : cursor.at + 1] == b"\x5a":
        start = cursor.at
        cursor.take(1)
        kind = cursor.varint()
        rule(kind > last, "order of sections")
        payload = cursor.take(cursor.varint())
        cursor.checksum(start)
        rule(cursor.at - begin <= 2**16, "length of sections")
        last = kind
        if kind == 1:
            tags = read_tags(Cursor(payload))
    return tags


def read_tags(cursor: Cursor) -> dict[str, str]:
    """§2."""
    tags: dict[str, str] = {}
    while cursor.at < len(cursor.data):
        try:
            name, value = (cursor.take(cursor.varint()).decode("utf-8") for _ in range(2))
        except UnicodeDecodeError:
            raise Invalid("UTF-8") from None
        rule(re.fullmatch(r"[a-z0-9_-]{1,32}", name) is not None, "name of a tag")
        rule(not tags or name > max(tags), "order of tags")
        rule(1 <= len(value.encode("utf-8")) <= 4096, "length of a tag")
        rule(re.search("[\0-\x08\x0b-\x1f\x7f-\x9f]", value) is None, "control character")
        tags[name] = value
    return tags


def check_header(header: dict[str, Any]) -> dict[str, Any]:
    if header["network"] in (11, 13):
        header["hop"], header["overlap"] = header["frame_size"] * header["frames"], 0
    samples, hop, overlap = header["samples"], header["hop"], header["overlap"]
    rule(1 <= header["rate"] <= 2**31 - 1 and 1 <= samples <= 2**48 and 1 <= header["channels"] <= 256, "limits")
    rule(overlap <= hop and hop + overlap <= 2**26, "hop and overlap")
    header["count"] = max(1, -((overlap - samples) // hop))
    rule(header["count"] <= 2**22, "count")
    rule(size_of(header) <= 2**24, "parameters")
    if header["network"] == 1:
        rule(not (header["fixed_first"] and header["octaves"]), "a fixed layer without encoding")
    if header["network"] in (11, 13):
        rule(header["frame_size"] % 32 == 0, "frame_size")
    if "profile" in header:
        rule(size_of(header) <= 2**21, "coded parameters")
        rule(header["frames"] * header["channels"] <= 2**12, "frames of a block")
    if header["network"] == 6:
        rule(header["hidden_omega"] <= 10 * header["scale"], "hidden_omega and scale")
    return header


@dataclass
class Tensor:
    """§4, §7."""

    name: str
    shape: tuple[int, ...]
    part: str


def tensors_of(header: dict[str, Any]) -> list[Tensor]:
    """§7."""
    return TENSORS[header.get("network", 1)](header)


def shapes_of(header: dict[str, Any]) -> list[tuple[int, ...]]:
    return [tensor.shape for tensor in tensors_of(header)]


def layer(k: int, inputs: int, outputs: int, part: str) -> list[Tensor]:
    return [Tensor(f"weight_{k}", (inputs, outputs), part), Tensor(f"bias_{k}", (outputs,), part)]


def output_layer(features: int, header: dict[str, Any]) -> list[Tensor]:
    shape = (features, header["channels"])
    return [Tensor("output_weight", shape, "output"), Tensor("output_bias", shape[1:], "output")]


def siren_tensors(header: dict[str, Any]) -> list[Tensor]:
    depth = header["depth"]
    sizes = [encoded_size(header), first_units(header), *[header["width"]] * (depth - 1), header["channels"]]
    tensors: list[Tensor] = []
    for k in range(first_layer(header), depth + 1):
        tensors += layer(k, sizes[k], sizes[k + 1], "first" if k == 0 else "hidden" if k < depth else "output")
    return tensors


def encoded_size(header: dict[str, Any]) -> int:
    return 2 * header["octaves"] + header["with_coordinate"] if header["octaves"] else 1


def chain_tensors(header: dict[str, Any], inputs: int) -> list[Tensor]:
    """Networks 2 and 5."""
    width = header["width"]
    tensors = layer(0, inputs, width, "first")
    for k in range(1, header["depth"]):
        tensors += layer(k, width, width, "hidden")
    return tensors + output_layer(width, header)


def wire_tensors(header: dict[str, Any]) -> list[Tensor]:
    width = header["width"]
    tensors = layer(0, 1, width, "first")
    for k in range(1, header["depth"]):
        real = layer(k, width, width, "hidden")
        tensors += real + [Tensor("imaginary_" + tensor.name, tensor.shape, "hidden") for tensor in real]
    return tensors + output_layer(2 * width, header)


def kan_tensors(header: dict[str, Any]) -> list[Tensor]:
    width = header["width"]
    tensors = layer(0, 2 * header["first_grid"], width, "first")
    for k in range(1, header["depth"]):
        tensors += layer(k, 2 * width * header["hidden_grid"], width, "hidden")
    return tensors + output_layer(2 * width * header["output_grid"], header)


def filter_tensors(header: dict[str, Any]) -> list[Tensor]:
    width = header["width"]
    tensors: list[Tensor] = []
    for k in range(header["depth"]):
        tensors += layer(k, width, width, "hidden") if k else []
        names = ["frequency", "phase"] + ["gamma", "centre"] * header["gabor"]
        tensors += [Tensor(f"{name}_{k}", (width,), "first") for name in names]
    return tensors + output_layer(width, header)


def headed_tensors(header: dict[str, Any]) -> list[Tensor]:
    """Networks 3 and 4."""
    shared, heads, width = header["shared_depth"], header["heads"], header["head_width"]
    units = [encoded_size(header), *shared_units(header)]
    tensors: list[Tensor] = []
    for k in range(shared):
        tensors += layer(k, units[k], units[k + 1], "hidden" if k else "first")
    for k in range(shared, shared + header["head_depth"]):
        tensors += layer(k, units[-1] if k == shared else width, heads * width, "hidden" if k else "first")
    return tensors + output_layer(width, {"channels": heads * header["channels"]})


def shared_units(header: dict[str, Any]) -> list[int]:
    units = [header["shared_width"]] * header["shared_depth"]
    if header["network"] == 4:
        units[0], units[-1] = header["first_width"] or units[0], header["last_width"] or units[-1]
    return units


def abreast_tensors(header: dict[str, Any], count: int) -> list[Tensor]:
    """Networks 9 and 10."""
    width = header["width"]
    tensors = layer(0, 1, count * width, "first")
    for k in range(1, header["depth"]):
        tensors += layer(k, width, count * width, "hidden")
    if header.get("ensemble"):
        return tensors + output_layer(width, {"channels": count * header["channels"]})
    return tensors + output_layer(count * width, header)


def lapped_tensors(header: dict[str, Any]) -> list[Tensor]:
    frames = header["frames"]
    windows = [Tensor("switching", (frames,), "hidden"), Tensor("edges", (2,), "hidden")]
    return [*windows, Tensor("weight", (frames, header["frame_size"], header["channels"]), "output")]


def phased_tensors(header: dict[str, Any]) -> list[Tensor]:
    return [*lapped_tensors(header), Tensor("phase", (header["units"],), "first")]


def film_tensors(header: dict[str, Any]) -> list[Tensor]:
    """Network 12."""
    depth, width = header["depth"], header["width"]
    units = [max(1, width // 2**k) if header["halving"] else width for k in range(depth)] + [header["channels"]]
    tensors = [Tensor(name, (width,), "first") for name in ("gamma", "beta")] * header["modulated"]
    for k in range(depth):
        tensors += layer(k, units[k - 1] if k else 1, units[k], "hidden" if k else "first")
        if film_joined(k, header):
            tensors.append(Tensor(f"coordinate_{k}", (units[k],), "first"))
    if header["last"]:
        tensors += layer(depth, units[depth - 1], units[depth], "hidden")
    return tensors + output_layer(units[depth] if header["last"] else units[depth - 1], header)


def film_joined(k: int, header: dict[str, Any]) -> bool:
    return k > 0 and (header["joined"] == 2 or (header["joined"] == 1 and k == header["depth"] // 2))


TENSORS = {
    1: siren_tensors,
    2: lambda header: chain_tensors(header, encoded_size(header)),
    3: headed_tensors,
    4: headed_tensors,
    5: lambda header: chain_tensors(header, 1),
    6: wire_tensors,
    7: kan_tensors,
    8: filter_tensors,
    9: lambda header: abreast_tensors(header, header["networks"]),
    10: lambda header: abreast_tensors(header, header["windows"]),
    11: lapped_tensors,
    12: film_tensors,
    13: phased_tensors,
}


def first_units(header: dict[str, Any]) -> int:
    return header["first_width"] or header["width"] * (2 if header["fixed_first"] else 1)


def first_layer(header: dict[str, Any]) -> int:
    """Number of the first layer that is stored."""
    return 1 if header["fixed_first"] else 0


def fixed_layer(header: dict[str, Any]) -> list[np.ndarray]:
    """§7: float64 weights and biases."""
    n, state, r = first_units(header), 1, []
    for _ in range(2 * n):
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        r.append(state // 2**32 / 2**32)
    weights = [header["fixed_first"] * (v + r[v]) / n for v in range(n)]
    return [np.array([weights]), np.array([2 * np.pi * r[n + v] for v in range(n)])]


def size_of(header: dict[str, Any]) -> int:
    return sum(prod(shape) for shape in shapes_of(header))


@dataclass
class Table:
    """§5: symbols `first`, `first + 1`, ... with their counts and starts."""

    first: int
    counts: list[int]
    starts: list[int]


def make_table(first: int, counts: list[int]) -> Table:
    starts = [0]
    for count in counts[:-1]:
        starts.append(starts[-1] + count)
    assert starts[-1] + counts[-1] == 2**24
    return Table(first, counts, starts)


@cache
def table_of(number: int, h: int) -> Table:
    rule(number <= 63, "table number")
    weights = [2**48]
    if number == 63:
        weights = [1] * (h + 1)
    else:
        r = RATIOS[number]
        s = r * r // 2**48
        for _ in range(h):
            weights.append(weights[-1] * r // 2**48)
            r = r * s // 2**48
    total, free = weights[0] + 2 * sum(weights[1:]), 2**24 - (2 * h + 1)
    side = [weight * free // total + 1 for weight in weights[1:]]
    return make_table(-h, [*side[::-1], 2**24 - 2 * sum(side), *side])


@cache
def bits_table(width: int) -> Table:
    return make_table(0, [2 ** (24 - width)] * 2**width)


class Ans:
    """§5."""

    def __init__(self, data: bytes) -> None:
        rule(len(data) % 4 == 0, "words of 4 bytes")
        self.words = [int.from_bytes(data[k : k + 4], "little") for k in range(0, len(data), 4)]
        rule(not self.words or self.words[-1] != 0, "last word")
        self.state = self.words.pop() if self.words else 0
        if self.words:
            self.state = self.state * 2**32 + self.words.pop()

    def symbol(self, table: Table) -> int:
        q = self.state % 2**24
        k = bisect_right(table.starts, q) - 1
        self.state = table.counts[k] * (self.state // 2**24) + q - table.starts[k]
        if self.state < 2**32 and self.words:
            self.state = self.state * 2**32 + self.words.pop()
        return table.first + k

    def finish(self) -> None:
        rule(self.state == 0 and not self.words, "end")


def read_parameters(data: bytes, header: dict[str, Any]) -> list[np.ndarray]:
    """§4: float32 arrays in order."""
    shapes = shapes_of(header)
    if header["bits"] == [32] * 3:
        rule(len(data) == 4 * size_of(header), "exact length")
        values = np.frombuffer(data, "<f4")
        rule(bool((np.abs(values) <= 2.0**40).all()), "exact values")  # false for NaN
        ends = np.cumsum([prod(shape) for shape in shapes])
        return [part.reshape(shape) for part, shape in zip(np.split(values, ends[:-1]), shapes, strict=True)]
    tensors = tensors_of(header)
    size = sum(1 if rows_of(tensor) == 1 else 2 for tensor in tensors)
    tables, ans = Cursor(data[:size]), Ans(data[size:])
    arrays = [read_tensor(ans, tables, tensor, header["bits"]) for tensor in tensors]
    ans.finish()
    return arrays


def rows_of(tensor: Tensor) -> int:
    return tensor.shape[1] if len(tensor.shape) == 2 and tensor.part != "first" else 1


def read_tensor(ans: Ans, tables: Cursor, tensor: Tensor, depths: list[int]) -> np.ndarray:
    shape, bits = tensor.shape, depths[["first", "hidden", "output"].index(tensor.part)]
    if len(shape) != 2 and tensor.part != "first":
        bits = min(24, bits + 2)
    rows = rows_of(tensor)
    codes = [ans.symbol(bits_table(8))]
    if rows > 1:
        table = table_of(tables.take(1)[0], 255)
        for _ in range(rows - 1):
            codes.append(codes[-1] + ans.symbol(table))
    rule(all(0 <= code <= 255 for code in codes), "scale code")
    numbers = read_numbers(ans, tables.take(1)[0], prod(shape), bits)
    values = np.zeros((rows, prod(shape) // rows), np.float32)
    for k, q in enumerate(numbers):
        row, column = divmod(k, values.shape[1])
        octave, step = divmod(codes[row] - 128, 8)
        rule(codes[row] > 0 or q == 0, "numbers without scale")
        values[row, column] = np.float32(q * ldexp(MANTISSAS[step], octave + 8 - bits)) if q else 0
    return values.T.copy() if rows > 1 else values.reshape(shape)


def read_numbers(ans: Ans, table: int, count: int, bits: int) -> list[int]:
    limit = 2 ** (bits - 1) - 1
    if bits <= 12:
        return [ans.symbol(table_of(table, limit)) for _ in range(count)]
    low = bits - 12
    upper = [ans.symbol(table_of(table, 2048)) for _ in range(count)]
    numbers = [symbol * 2**low + ans.symbol(bits_table(low)) for symbol in upper]
    rule(all(abs(q) <= limit for q in numbers), "number out of range")
    return numbers


def evaluate(x: np.ndarray, arrays: list[np.ndarray], header: dict[str, Any]) -> np.ndarray:
    """§7: float64 `[n, channels]`."""
    if header["network"] == 1:
        return siren(x, arrays, header)
    t = {tensor.name: array.astype(float) for tensor, array in zip(tensors_of(header), arrays, strict=True)}
    if header["network"] in (3, 4) or header.get("ensemble"):
        return headed(x, t, header)
    h = FEATURES[header["network"]](x, t, header)
    return h @ t["output_weight"] + t["output_bias"]


def encoded(z: np.ndarray, header: dict[str, Any]) -> np.ndarray:
    e = [z]
    if header["octaves"]:
        phases = [2.0**i * np.pi * z for i in range(header["octaves"])]
        sines, cosines = [np.sin(p) for p in phases], [np.cos(p) for p in phases]
        pairs = [wave for pair in zip(sines, cosines, strict=True) for wave in pair]
        e = ([z] if header["with_coordinate"] else []) + (sines + cosines if header["grouped_encoding"] else pairs)
    return np.stack(e, axis=1)


def siren(x: np.ndarray, arrays: list[np.ndarray], header: dict[str, Any]) -> np.ndarray:
    h = encoded(header["coordinate_scale"] * x, header)
    if header["fixed_first"]:
        arrays = [*fixed_layer(header), *arrays]
    for k in range(header["depth"]):
        omega = header["hidden_omega"] if k else header["first_omega"]
        on_bias = omega if header["omega_on_bias"] else 1.0
        h = np.sin(omega * (h @ arrays[2 * k].astype(float)) + on_bias * arrays[2 * k + 1].astype(float))
    if header["output_omega"]:
        h = header["hidden_omega"] * h
    return h @ arrays[-2].astype(float) + arrays[-1].astype(float)


Named = dict[str, np.ndarray]


def lin(k: int, h: np.ndarray, t: Named) -> np.ndarray:
    return h @ t[f"weight_{k}"] + t[f"bias_{k}"]


def fmlp(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    h = encoded(x, header)
    for k in range(header["depth"]):
        h = np.clip(lin(k, h, t), 0, 2.0**40)
    return h


def finer(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    h = x[:, None]
    for k in range(header["depth"]):
        z = lin(k, h, t)
        h = np.sin((header["hidden_omega"] if k else header["first_omega"]) * (np.abs(z) + 1) * z)
    return h


def wire(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    psi = wavelets(header["first_omega"], lin(0, x[:, None], t), header)
    for k in range(1, header["depth"]):
        weight = t[f"weight_{k}"] + 1j * t[f"imaginary_weight_{k}"]
        z = psi @ weight + t[f"bias_{k}"] + 1j * t[f"imaginary_bias_{k}"]
        psi = wavelets(header["hidden_omega"], z, header)
    return np.concatenate([psi.real, psi.imag], axis=1)


def wavelets(omega: float, z: np.ndarray, header: dict[str, Any]) -> np.ndarray:
    return np.exp(1j * omega * z - abs(header["scale"] * z) ** 2)


def kan(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    h = waves(np.pi * header["turns"] * x[:, None], header["first_grid"])
    for k in range(header["depth"]):
        h = waves(lin(k, h, t), header["hidden_grid"] if k < header["depth"] - 1 else header["output_grid"])
    return h


def waves(y: np.ndarray, grid: int) -> np.ndarray:
    angles = [k * y[:, i] for i in range(y.shape[1]) for k in range(1, grid + 1)]
    return np.stack([np.cos(a) for a in angles] + [np.sin(a) for a in angles], axis=1)


def filters(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    h = one_filter(0, x[:, None], t)
    for k in range(1, header["depth"]):
        h = np.clip(lin(k, h, t) * one_filter(k, x[:, None], t), -(2.0**40), 2.0**40)
    return h


def one_filter(k: int, x: np.ndarray, t: Named) -> np.ndarray:
    g = np.sin(x * t[f"frequency_{k}"] + t[f"phase_{k}"])
    if f"gamma_{k}" in t:
        g = g * np.exp(-abs(t[f"gamma_{k}"]) / 2 * (x - t[f"centre_{k}"]) ** 2)
    return g


def headed(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    """Networks 3, 4, and 9 with `ensemble`: the first of the heads, or their mean."""
    ensemble = header["network"] == 9
    count = header["networks"] if ensemble else header["heads"]
    said = []
    for j in range(count):
        g = chain(j, x, t, header) if ensemble else head(j, shared(x, t, header), t, header)
        own = slice(j * header["channels"], (j + 1) * header["channels"])
        said.append(g @ t["output_weight"][:, own] + t["output_bias"][own])
    return np.mean(said, axis=0) if ensemble or header["average"] else said[0]


def shared(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    h = encoded(x, header | {"grouped_encoding": 0})
    for k in range(header["shared_depth"]):
        h = np.sin((header["hidden_omega"] if k else header["first_omega"]) * lin(k, h, t))
    return h


def head(j: int, g: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    for k in range(header["shared_depth"], header["shared_depth"] + header["head_depth"]):
        z = lin_of(k, j, header["head_width"], g, t)
        g = np.clip(z, 0, 2.0**40) if header["network"] == 4 else np.sin(header["hidden_omega"] * z)
    return g


def lin_of(k: int, j: int, width: int, g: np.ndarray, t: Named) -> np.ndarray:
    own = slice(j * width, (j + 1) * width)
    return g @ t[f"weight_{k}"][:, own] + t[f"bias_{k}"][own]


def chain(m: int, x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    g = x[:, None]
    for k in range(header["depth"]):
        g = np.sin(lin_of(k, m, header["width"], g, t))
    return g


def parallel(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    return np.concatenate([chain(m, x, t, header) for m in range(header["networks"])], axis=1)


def local(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    count, fade = header["windows"], header["fade"]

    def r(a: np.ndarray) -> np.ndarray:
        return np.sin(np.pi / 2 * np.clip(a * (1 + fade) / (2 * fade), 0, 1)) ** 2

    parts = []
    for m in range(count):
        u = (x + 1 - (2 * m + 1) / count) * count / (1 + fade)
        w = (r(1 + u) if m > 0 else 1) * (r(1 - u) if m < count - 1 else np.ones(len(u)))
        parts.append(w[:, None] * chain(m, u, t, header))
    return np.concatenate(parts, axis=1)


def film(x: np.ndarray, t: Named, header: dict[str, Any]) -> np.ndarray:
    z = header["coordinate_scale"] * x[:, None]
    h = z
    for k in range(header["depth"]):
        p = lin(k, h, t)
        if film_joined(k, header):
            p = p + t[f"coordinate_{k}"] * z
        omega = header["hidden_omega"] if k else header["first_omega"]
        q = omega * p
        if header["modulated"]:
            units = p.shape[1]
            q = (omega + t["gamma"][:units]) * p + t["beta"][:units]
        relu = header["hidden_relu"] if k else header["first_relu"]
        h = np.clip(np.maximum(q, 0.02 * q), -(2.0**20), 2.0**20) if relu else np.sin(q)
    if header["last"]:
        h = (np.tanh if header["last"] == 2 else np.sin)(lin(header["depth"], h, t))
    return h


FEATURES = {2: fmlp, 5: finer, 6: wire, 7: kan, 8: filters, 9: parallel, 10: local, 12: film}


def lapped(p: np.ndarray, arrays: list[np.ndarray], header: dict[str, Any]) -> np.ndarray:
    """§7, network 11: f_b at p samples from the start of the block, `[n, channels]`."""
    splits, edges, weight = (array.astype(float) for array in arrays)
    size, frames = header["frame_size"], header["frames"]
    ends = (0, frames - 1)
    split = [int(np.clip(round(float(x)), 0, 2 if f in ends else 4)) for f, x in enumerate(splits)]
    shared = [size >> max(pair) for pair in pairwise(split)]
    shared = [size // 4 * int(edges[0] > 0.5), *shared, size // 4 * int(edges[1] > 0.5)]
    values = np.zeros((len(p), header["channels"]))
    for f, j in enumerate(split):
        m = size >> j
        for h in range(1 << j):
            before, after = shared[f] if h == 0 else m, shared[f + 1] if h == (1 << j) - 1 else m
            y = p + 0.5 - f * size - h * m
            w = rise_of(y, before, header) if before else y >= 0.5
            w = w * (rise_of(m - y, after, header) if after else y < m + 0.5) * np.sqrt(2 / m)
            for k in range(m):
                values += np.outer(w * np.cos(np.pi / m * (k + 0.5) * (y + m)), weight[f, (k << j) + h])
    return values


def bent(p: np.ndarray, phase: np.ndarray, header: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """§7, network 13: phi and its slope at p samples from the start of the block."""
    count, size = header["units"], header["frame_size"]
    steep = np.exp(np.clip(phase.astype(float), -1, 1))
    w = [0.0, *(steep / steep.mean() - 1), 0.0]
    h = (size * header["frames"] - size / 4) / (count + 1)
    phi, slope = [], []
    for place in p:
        z = min(max((place + 0.5 - size / 8) / h, 0), count + 1)
        k = min(int(z), count)
        x, low, high = z - k, w[k], w[k + 1]
        whole = sum((w[j] + w[j + 1]) / 2 for j in range(k))
        phi.append(place + h * (whole + low * x + (high - low) * (x / 2 - np.sin(np.pi * x) / (2 * np.pi))))
        slope.append(1 + low + (high - low) * (1 - np.cos(np.pi * x)) / 2)
    return np.array(phi), np.array(slope)


def phased(header: dict[str, Any], blocks: list[tuple[float, list[np.ndarray]]]) -> np.ndarray:
    """§7, network 13: all samples, `[channels, n]`."""
    hop, silence = header["hop"], np.zeros(header["units"])
    parts = []
    for b, (gain, arrays) in enumerate(blocks):
        p = np.arange(min(hop, header["samples"] - b * hop))
        phi, slope = bent(p, arrays[3] if gain else silence, header)
        near = [(c, *blocks[c]) for c in range(max(b - 1, 0), min(b + 2, len(blocks))) if blocks[c][0]]
        said = [g * lapped(phi + (b - c) * hop, numbers[:3], header) for c, g, numbers in near]
        parts.append(sum(said, np.zeros((len(p), header["channels"]))) * np.sqrt(slope)[:, None])
    return np.concatenate(parts).T


def rise_of(inside: np.ndarray, shared: int, header: dict[str, Any]) -> np.ndarray:
    u = np.sin(np.pi / 2 * np.clip(inside / shared + 0.5, 0, 1))
    return u if header["sine"] else np.sin(np.pi / 2 * u**2)


def weights_of(block: int, j: np.ndarray, header: dict[str, Any]) -> np.ndarray:
    """§3: the cross-fade."""
    overlap = header["overlap"]
    w = np.ones(len(j))
    if overlap and block > 0:
        w *= np.sin(np.pi / 2 * np.clip((j + 0.5) / overlap, 0, 1)) ** 2
    if overlap and block < header["count"] - 1:
        w *= 1 - np.sin(np.pi / 2 * np.clip((j - header["hop"] + 0.5) / overlap, 0, 1)) ** 2
    return w


def read_block(cursor: Cursor, number: int, header: dict[str, Any]) -> tuple[float, list[np.ndarray]]:
    """§3: gain and parameters (none for silence)."""
    start = cursor.at
    rule(cursor.take(1) == b"\xb7", "marker")
    rule(cursor.varint() == number, "number of the block")
    length = cursor.varint()
    rule(length <= 16 * size_of(header) + 64, "longest payload")
    payload = cursor.take(length)
    cursor.checksum(start)
    if not payload:
        return 0.0, []
    if "profile" in header:
        rule(1024 * len(payload) >= size_of(header), "shortest payload")
        return 1.0, read_coded(payload, number, header)
    rule(len(payload) >= 2 and 32 * len(payload) >= size_of(header), "shortest payload")
    gain = float(struct.unpack("<f", b"\0\0" + payload[:2])[0])
    rule(0 < gain <= 2.0**32, "gain")
    return gain, read_parameters(payload[2:], header)


def read_coded(payload: bytes, number: int, header: dict[str, Any]) -> list[np.ndarray]:
    """§8."""
    phases: list[np.ndarray] = []
    if header["network"] == 13:
        cursor = Cursor(payload)
        phases = [read_phase(cursor.take(cursor.varint()), header["units"])]
        payload = payload[cursor.at :]
    rule(len(payload) % 4 == 2, "words of 4 bytes behind the head")
    head, words = int.from_bytes(payload[:2], "little"), payload[2:]
    rule(head % 2**15 < 1024 and (head < 2**15 or header["channels"] == 2), "head")
    while words.endswith(bytes(4)):
        words = words[:-4]
    ans, profile = Ans(words), PROFILES[header["profile"]]
    symbol = lambda first, counts: ans.symbol(make_table(first, counts))  # noqa: E731
    if profile.name == reference_dependent.PROFILE:
        coded = reference_dependent.Decoder(symbol, header, profile).read(head)
        ans.finish()
        return reference_dependent.restored(coded, header, number)
    coded = reference_coded.Decoder(symbol, header, profile).read(head)
    ans.finish()
    return [*reference_coded.restored(coded, header | RECONSTRUCTION, profile, number), *phases]


def read_phase(data: bytes, units: int) -> np.ndarray:
    """§8.7."""
    rule(len(data) % 4 == 0, "words of slopes")
    if not data:
        return np.zeros(units, np.float32)
    while data.endswith(bytes(4)):
        data = data[:-4]
    ans, slopes, change = Ans(data), [0], 0
    for _ in range(units):
        counts = reference_coded.model("siren")["phases"][min(max(change, -3), 3) + 3]
        change = ans.symbol(make_table(-32, [int(count) for count in counts]))
        slopes.append(slopes[-1] + change)
    ans.finish()
    rule(max(map(abs, slopes)) <= SLOPE, "slope")
    return np.array(slopes[1:], np.float32) / np.float32(SLOPE)


def decode(data: bytes) -> tuple[dict[str, Any], list[tuple[float, list[np.ndarray]]], np.ndarray]:
    """Header, (gain, parameters) of each block, samples float64 `[channels, frames]`."""
    cursor = Cursor(data)
    header = read_header(cursor)
    header["tags"] = read_sections(cursor)
    blocks = [read_block(cursor, number, header) for number in range(header["count"])]
    rule(cursor.at == len(data), "the stream goes on")
    return header, blocks, render(header, blocks)


def render(header: dict[str, Any], blocks: list[tuple[float, list[np.ndarray]]]) -> np.ndarray:
    if header["network"] == 13:
        return phased(header, blocks)
    if header["network"] == 11:
        k = np.arange(header["samples"])
        audible = [(b * header["hop"], gain, arrays) for b, (gain, arrays) in enumerate(blocks) if gain]
        said = [gain * lapped(k - start, arrays, header) for start, gain, arrays in audible]
        return sum(said, np.zeros((len(k), header["channels"]))).T
    n = header["hop"] + header["overlap"]
    steps = max(n - 1, 1) if header["closed"] else n
    sound = np.zeros((header["channels"], header["samples"]))
    assert header["count"] == max(1, ceil((header["samples"] - header["overlap"]) / header["hop"]))
    for block, (gain, arrays) in enumerate(blocks):
        j = np.arange(min(n, header["samples"] - block * header["hop"]))
        if gain:
            values = evaluate(-1 + 2 * j / steps, arrays, header) * gain * weights_of(block, j, header)[:, None]
            sound[:, block * header["hop"] + j] += values.T
    return sound
