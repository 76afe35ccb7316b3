"""A slow decoder of the coding of families, written from FORMAT.md §9 alone: numpy, and nothing of Ligeia.

`decode(stream, model)` gives header, (gain, code) of each block, and the samples, for the kinds `film` (sines, no
groups) and `lapped` (without hidden layers). It borrows ANS, tables and the functions of networks from
`reference_decoder`, which is of the same origin.
"""

import hashlib
import json
import struct
from typing import Any

import numpy as np
import reference_decoder as base
from reference_decoder import Ans, Cursor, bits_table, rule

Named = dict[str, np.ndarray]


def read_model(data: bytes) -> tuple[dict[str, Any], Named]:
    """§9.1: what the file says, and its arrays."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    facts = json.loads(header.pop("__metadata__")["ligeia"])
    rule(facts["format"] == 1, "format")
    kinds = {"F32": "<f4", "F16": "<f2", "I8": "i1"}
    arrays = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + length + first : 8 + length + end], kinds[entry["dtype"]])
        arrays[name] = values.reshape(entry["shape"]).astype(float)
    return facts, arrays


def read_header(data: bytes, model: bytes) -> tuple[dict[str, Any], int]:
    """§2 with the coding 0xC001: the header as if it were of network parameters, and where it ends."""
    cursor = Cursor(data)
    cursor.take(4)
    network = cursor.varint()
    cursor.take(1)
    cursor.varint()
    if network != 11:
        cursor.varint(), cursor.varint()
    start = cursor.at
    rule(int.from_bytes(cursor.take(2), "little") == 0xC001, "coding")
    name = cursor.take(cursor.take(1)[0]).decode()
    rule(name == read_model(model)[0]["name"], "name")
    rule(cursor.take(8) == hashlib.sha256(model).digest()[:8], "digest")
    end = cursor.at
    # The rest is as in any header: read it with another coding in the place of this one.
    cursor.varint()
    plain = data[:start] + b"\x00\x00" + data[end:]
    size = len(plain)
    for stop in range(start + 3, size + 1):
        body = plain[:stop]
        attempt = Cursor(body + base.crc32(body).to_bytes(4, "little"))
        try:
            header = base.read_header(attempt)
        except base.Invalid:
            continue
        at = stop + end - start - 2
        if int.from_bytes(data[at : at + 4], "little") == base.crc32(data[:at]):
            return header, at + 4
    raise base.Invalid("CRC")


def read_member(payload: bytes, facts: dict[str, Any], arrays: Named, limits: list[int]) -> tuple[float, np.ndarray]:
    """§9.2, of families without a pitch."""
    codes = arrays["codes"]
    real = [k for k, limit in enumerate(limits) if limit == 0]
    amount = {k: next(m for m in real if m > k) for k, limit in enumerate(limits) if limit}
    still = (codes.max(axis=0) == codes.min(axis=0)).tolist()
    groups = [[k for k in real if still[k] == same] for same in (False, True)]
    groups = [group for group in groups if group]
    gain = float(struct.unpack("<f", b"\0\0" + payload[:2])[0])
    rule(0 < gain <= 2.0**32 and payload[2] <= 40, "gain and precision")
    factor = 2.0 ** (-payload[2] / 2)
    tables = payload[3 : 3 + 2 * len(groups)]
    ans = Ans(payload[3 + 2 * len(groups) :])
    spread = codes.std(axis=0)
    mean = spread[real].mean()
    spread = np.maximum(spread, 0.01 * mean) if mean > 0 else np.ones(len(spread))
    spread = arrays.get("spread", spread)
    numbers, code = np.zeros(codes.shape[1], int), np.zeros(codes.shape[1])
    for group, bits, table in zip(groups, tables[::2], tables[1::2], strict=True):
        rule(2 <= bits <= 24, "bits")
        numbers[group] = base.read_numbers(ans, table, len(group), bits)
    for k in real:
        centre = 0.0 if k in amount.values() else codes[:, k].mean()
        code[k] = centre + numbers[k] * spread[k] * factor
    for k, limit in enumerate(limits):
        if limit and numbers[amount[k]]:
            bits, low, value = (limit - 1).bit_length(), 0, 0
            while low < bits:
                part = min(12, bits - low)
                value += ans.symbol(bits_table(part)) << low
                low += part
            rule(value < limit, "whole number")
            code[k] = value
    ans.finish()
    return gain, code


def decode(data: bytes, model: bytes) -> tuple[dict[str, Any], list[tuple[float, np.ndarray]], np.ndarray]:
    """Header, (gain, code) of each block, samples `[frames]`."""
    facts, arrays = read_model(model)
    header, at = read_header(data, model)
    rule(header["rate"] == facts["rate"], "rate")
    limits = limits_of(facts)
    cursor, blocks = Cursor(data), []
    cursor.at = at
    base.read_sections(cursor)
    for number in range(header["count"]):
        start = cursor.at
        rule(cursor.take(1) == b"\xb7" and cursor.varint() == number, "block")
        payload = cursor.take(cursor.varint())
        cursor.checksum(start)
        blocks.append(read_member(payload, facts, arrays, limits) if payload else (0.0, np.zeros(len(limits))))
    rule(cursor.at == len(data), "the stream goes on")
    return header, blocks, render(header, blocks, facts, arrays)


def limits_of(facts: dict[str, Any]) -> list[int]:
    settings = facts["decoder"]
    if facts["kind"] != "lapped" or not settings["details"]:
        return [0] * settings["code"]
    frames = -(-facts["samples"] // settings["frame_size"])
    corners = (frames + settings["shape_frames"] - 1) * (settings["frame_size"] + settings["shape_bins"] - 1)
    return [0] * (settings["code"] - 3 * settings["details"]) + [corners, settings["dictionary"], 0] * settings[
        "details"
    ]


# --- kinds: §9.4 ------------------------------------------------------------------------------------


def film(code: np.ndarray, x: np.ndarray, settings: dict[str, Any], arrays: Named) -> np.ndarray:
    hidden = code
    for k in range(settings["mapping_layers"] + 1):
        hidden = hidden @ arrays[f"decoder.map_weight_{k}"] + arrays[f"decoder.map_bias_{k}"]
        if k < settings["mapping_layers"]:
            hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
    gamma, beta = np.split(hidden, 2)
    h = x[:, None]
    for k, width in enumerate([*settings["widths"], 1]):
        weight = arrays[f"decoder.weight_{k}"]
        weight = weight * arrays[f"decoder.length_{k}"] / np.sqrt((weight**2).sum(axis=0))
        y = h @ weight + arrays[f"decoder.bias_{k}"]
        if k == len(settings["widths"]):
            return y[:, 0]
        omega = settings["first_omega"] if k == 0 else settings["hidden_omega"]
        h = np.sin((omega + gamma[:width]) * y + beta[:width])
    raise AssertionError


def lapped(code: np.ndarray, facts: dict[str, Any], arrays: Named) -> np.ndarray:
    settings = facts["decoder"]
    size = settings["frame_size"]
    frames = -(-facts["samples"] // size)
    edges = [0, *settings["borders"], size]
    bands, at = len(edges) - 1, 0
    plane = np.zeros((frames, size))
    for number, rank in enumerate(settings["ranks"]):
        stretch, band = divmod(number, bands)
        rows = slice(stretch * frames // settings["stretches"], (stretch + 1) * frames // settings["stretches"])
        for atom in range(rank):
            plane[rows, edges[band] : edges[band + 1]] += code[at] * arrays[f"decoder.atoms_{stretch}_{band}"][atom]
            at += 1
    height, width = settings["shape_frames"], settings["shape_bins"]
    for place, shape, value in code[at:].reshape(-1, 3):
        row, column = divmod(int(place), size + width - 1)
        row, column = row - (height - 1), column - (width - 1)
        for f in range(height):
            for k in range(width):
                if 0 <= row + f < frames and 0 <= column + k < size:
                    sign = -1 if column % 2 and f % 2 else 1
                    plane[row + f, column + k] += sign * value * arrays["decoder.shapes"][int(shape), f, k]
    header = {"frame_size": size, "frames": frames, "channels": 1, "sine": 1}
    upright = [np.zeros(frames), np.zeros(2), plane[:, :, None]]
    return base.lapped(np.arange(facts["samples"], dtype=float), upright, header)[:, 0]


def render(
    header: dict[str, Any], blocks: list[tuple[float, np.ndarray]], facts: dict[str, Any], arrays: Named
) -> np.ndarray:
    """§9.3."""
    hop, count = header["hop"], header["count"]
    total = np.zeros(max(count * hop + header.get("overlap", 0), header["samples"]) + 2 * hop)
    for b, (gain, code) in enumerate(blocks):
        if not gain:
            continue
        if header["network"] == 12:
            n = hop + header["overlap"]
            j = np.arange(n, dtype=float)
            values = film(code, -1 + 2 * j / n, facts["decoder"], arrays) * base.weights_of(b, j, header)
            total[hop + b * hop : hop + b * hop + n] += gain * values
            continue
        size, shared = header["frame_size"], header["frame_size"] // 4
        start = -shared // 2 if count > 1 else 0
        p = np.arange(-size, hop + size, dtype=float)
        member = np.zeros(len(p))
        sound = lapped(code, facts, arrays)[: len(p) - size - start]
        member[size + start : size + start + len(sound)] = sound
        ends = np.array([float(b > 0), float(b < count - 1)])
        values = np.zeros(len(p))
        for f in range(header["frames"]):
            for k in range(size):
                weight = np.zeros((header["frames"], size, 1))
                weight[f, k] = 1
                unit = base.lapped(p, [np.zeros(header["frames"]), ends, weight], header)[:, 0]
                values += unit * (unit @ member)
        total[hop + b * hop - size : hop + b * hop - size + len(p)] += gain * values
    return total[hop : hop + header["samples"]]
