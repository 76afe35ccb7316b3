"""A slow decoder of `.lig`, written from FORMAT.md alone: numpy, and nothing of Ligeia.

`decode(data)` gives the header as a dict, the parameters of each block, and the samples. It is the oracle that the real
decoder is held against, and a check that FORMAT.md is complete. Section numbers are those of FORMAT.md.
"""

import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from math import ceil, ldexp, prod
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

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
FIELDS = [(name, kind, float(default), limits) for _, name, kind, default, limits in table_rows("bit")]
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
    rule(cursor.varint() == 1, "network")
    channels, code = divmod(cursor.take(1)[0], 16)
    rule(code < len(RATES), "rate byte")
    header: dict[str, Any] = {"rate": RATES[code] or cursor.varint(), "channels": channels or cursor.varint()}
    for name in ("frames", "hop", "overlap"):
        header[name] = cursor.varint()
    header["hop"] = header["hop"] or header["frames"]
    word = int.from_bytes(cursor.take(2), "little")
    rule(word < 2**15, "reserved bit")
    bits = [(word // 2**shift) % 32 or 32 for shift in (10, 5, 0)]
    rule(all(depth <= 24 for depth in bits) or bits == [32] * 3, "32 bits")
    rule(min(bits) >= 2, "bits")
    header["bits"] = bits
    mask = cursor.varint()
    rule(mask < 2 ** len(FIELDS), "mask")
    for k, (name, kind, default, limits) in enumerate(FIELDS):
        value = cursor.number() if mask >> k & 1 else default
        low, high = (float(x) for x in limits.replace(" to ", " or ").split(" or "))
        rule(low <= value <= high, name)
        rule(kind == "real" or float(value).is_integer(), name)
        header[name] = float(value) if kind == "real" else int(value)
    cursor.checksum(start)
    return check_header(header)


def check_header(header: dict[str, Any]) -> dict[str, Any]:
    frames, hop, overlap = header["frames"], header["hop"], header["overlap"]
    rule(1 <= header["rate"] <= 2**31 - 1 and 1 <= frames <= 2**48 and 1 <= header["channels"] <= 256, "limits")
    rule(overlap <= hop and hop + overlap <= 2**26, "hop and overlap")
    header["count"] = max(1, -((overlap - frames) // hop))
    rule(header["count"] <= 2**22, "count")
    rule(size_of(header) <= 2**24, "parameters")
    rule(not (header["fixed_first"] and header["octaves"]), "a fixed layer without encoding")
    return header


def shapes_of(header: dict[str, Any]) -> list[tuple[int, ...]]:
    """§7."""
    inputs = 2 * header["octaves"] + header["with_coordinate"] if header["octaves"] else 1
    sizes = [inputs, first_units(header), *[header["width"]] * (header["depth"] - 1), header["channels"]]
    shapes: list[tuple[int, ...]] = []
    for k in range(first_layer(header), header["depth"] + 1):
        shapes += [(sizes[k], sizes[k + 1]), (sizes[k + 1],)]
    return shapes


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
    layers = [first_layer(header) + k // 2 for k in range(len(shapes))]
    size = sum(1 if rows_of(shape, layer) == 1 else 2 for shape, layer in zip(shapes, layers, strict=True))
    tables, ans = Cursor(data[:size]), Ans(data[size:])
    arrays = [read_tensor(ans, tables, shape, layer, header) for shape, layer in zip(shapes, layers, strict=True)]
    ans.finish()
    return arrays


def rows_of(shape: tuple[int, ...], layer: int) -> int:
    return shape[1] if len(shape) == 2 and layer > 0 else 1


def read_tensor(ans: Ans, tables: Cursor, shape: tuple[int, ...], layer: int, header: dict[str, Any]) -> np.ndarray:
    first, hidden, output = header["bits"]
    bits = first if layer == 0 else hidden if layer < header["depth"] else output
    if len(shape) == 1 and layer > 0:
        bits = min(24, bits + 2)
    rows = rows_of(shape, layer)
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
    z = header["coordinate_scale"] * x
    e = [z]
    if header["octaves"]:
        phases = [2.0**i * np.pi * z for i in range(header["octaves"])]
        sines, cosines = [np.sin(p) for p in phases], [np.cos(p) for p in phases]
        pairs = [wave for pair in zip(sines, cosines, strict=True) for wave in pair]
        e = ([z] if header["with_coordinate"] else []) + (sines + cosines if header["grouped_encoding"] else pairs)
    h = np.stack(e, axis=1)
    if header["fixed_first"]:
        arrays = [*fixed_layer(header), *arrays]
    for k in range(header["depth"]):
        omega = header["hidden_omega"] if k else header["first_omega"]
        on_bias = omega if header["omega_on_bias"] else 1.0
        h = np.sin(omega * (h @ arrays[2 * k].astype(float)) + on_bias * arrays[2 * k + 1].astype(float))
    if header["output_omega"]:
        h = header["hidden_omega"] * h
    return h @ arrays[-2].astype(float) + arrays[-1].astype(float)


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
    rule(len(payload) >= 2 and 32 * len(payload) >= size_of(header), "shortest payload")
    gain = float(struct.unpack("<f", b"\0\0" + payload[:2])[0])
    rule(0 < gain <= 2.0**32, "gain")
    return gain, read_parameters(payload[2:], header)


def decode(data: bytes) -> tuple[dict[str, Any], list[tuple[float, list[np.ndarray]]], np.ndarray]:
    """Header, (gain, parameters) of each block, samples float64 `[channels, frames]`."""
    cursor = Cursor(data)
    header = read_header(cursor)
    blocks = [read_block(cursor, number, header) for number in range(header["count"])]
    rule(cursor.at == len(data), "the stream goes on")
    return header, blocks, render(header, blocks)


def render(header: dict[str, Any], blocks: list[tuple[float, list[np.ndarray]]]) -> np.ndarray:
    n = header["hop"] + header["overlap"]
    steps = max(n - 1, 1) if header["closed"] else n
    sound = np.zeros((header["channels"], header["frames"]))
    assert header["count"] == max(1, ceil((header["frames"] - header["overlap"]) / header["hop"]))
    for block, (gain, arrays) in enumerate(blocks):
        j = np.arange(min(n, header["frames"] - block * header["hop"]))
        if gain:
            values = evaluate(-1 + 2 * j / steps, arrays, header) * gain * weights_of(block, j, header)[:, None]
            sound[:, block * header["hop"] + j] += values.T
    return sound
