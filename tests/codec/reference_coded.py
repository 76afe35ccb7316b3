"""The slow decoder of transform-coded blocks, written from §8 of FORMAT.md alone, in integers of Python.

`reference_decoder` hands it a payload and its own ANS decoder. Section numbers are those of FORMAT.md.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

MODELS = Path(__file__).parents[2] / "src" / "ligeia" / "codec" / "transform"
NOTHING = -10000
Counts = list[int]
Symbol = Callable[[int, Counts], int]
"""The next symbol: the first one's number, and the counts."""


@dataclass
class Profile:
    """§8.2."""

    has_scale_factors: bool
    slope: int
    loud: int
    spread: int
    past: int
    tilt: int
    fillings: tuple[tuple[float, ...], tuple[float, ...]]
    """Low, high, limit: among coefficients, and in empty bands."""
    noise_split_hz: int
    reconstruction_bias: float
    name: str
    """Also that of its file."""


def profiles(rows: list[list[str]]) -> dict[int, Profile]:
    """From the table in §8.2."""
    found = {}
    for name, number, *rest in rows:
        has_scale_factors, slope, loud, spread, past, tilt, *fillings, hertz, bias = (float(value) for value in rest)
        found[int(number)] = Profile(
            bool(has_scale_factors), int(slope), int(loud), int(spread), int(past), int(tilt),
            (tuple(fillings[:3]), tuple(fillings[3:])), int(hertz), bias, name,
        )  # fmt: skip
    return found


# --- §8.5 -------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def model(name: str) -> dict[str, np.ndarray]:
    data = (MODELS / f"{name}.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    facts, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    kinds = {"I8": "<i1", "I32": "<i4"}
    arrays = {}
    for key, fact in facts.items():
        if key != "__metadata__":
            low, high = fact["data_offsets"]
            arrays[key] = np.frombuffer(body[low:high], kinds[fact["dtype"]]).astype(object).reshape(fact["shape"])
    return arrays


def expected(arrays: dict[str, np.ndarray], name: str, context: list[int]) -> Counts:
    """The row of counts for a context."""
    depth = sum(key.startswith(f"{name}.weight_") for key in arrays)
    h = np.array(context, dtype=object)
    for k in range(depth):
        sums = [int(value) for value in h.dot(arrays[f"{name}.weight_{k}"]) + arrays[f"{name}.bias_{k}"]]
        assert all(abs(value) < 2**24 for value in sums)
        h = np.array([min(max(value >> 6, 0), 127) for value in sums], dtype=object)
    d = [value >> 9 for value in sums]
    row = min(max(d[0] + 32, 0), 63) if len(d) == 1 else 8 * min(max(d[0] + 4, 0), 7) + min(max(d[1] + 4, 0), 7)
    return [int(count) for count in arrays[f"{name}.table"][row]]


# --- §8.2 -------------------------------------------------------------------------------------------


def whole_log(n: int) -> int:
    return len(bin(n**16)) - 3


@cache
def edges_of(size: int, rate: int) -> list[int]:
    least = max(4, (200 * size + rate - 1) // rate)
    edges = [0]
    while edges[-1] < size:
        edges.append(min(edges[-1] + max(least, (9 * edges[-1] // 64 + 2) // 4 * 4), size))
    if len(edges) > 2 and edges[-1] - edges[-2] < least:
        edges.pop(-2)
    return edges


@cache
def rounded_log(a: int) -> int:
    """t of §8.4."""
    if a == 0:
        return -20
    a, k = min(a, 63), 0
    while a**32 >= 2 ** (2 * k + 1):
        k += 1
    return k


# --- §8.1, §8.3, §8.4 -------------------------------------------------------------------------------


@dataclass
class Coded:
    """The numbers of a block, by place."""

    exponent: int
    mid_side: bool
    switching: list[int]
    scale_factors: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    coefficients: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    magnitudes: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    steps: dict[tuple[int, int], list[int]] = field(default_factory=dict)


class Decoder:
    """Reads the numbers of one block."""

    def __init__(self, symbol: Symbol, header: dict[str, Any], profile: Profile) -> None:
        self.symbol, self.profile = symbol, profile
        self.arrays = model(profile.name)
        self.size, self.frames, self.channels = header["frame_size"], header["frames"], header["channels"]
        rate = header["rate"]
        self.edges = edges_of(self.size, rate)
        self.bands = len(self.edges) - 1
        self.band = [b for b in range(self.bands) for _ in range(self.edges[b], self.edges[b + 1])]
        pairs = zip(self.edges[:-1], self.edges[1:], strict=True)
        self.tilt = [max(whole_log((a + b) * rate) - whole_log(2800 * self.size), 0) for a, b in pairs]
        low = whole_log(250 * self.size)
        self.duration = min(max(whole_log(1000 * self.size) - whole_log(rate), 0), 127)
        self.place = [min(max(whole_log((2 * u + 1) * rate) - low, 0), 127) for u in range(self.size)]

    def bits(self, count: int) -> int:
        return self.symbol(0, [2 ** (24 - count)] * 2**count)

    def read(self, head: int) -> Coded:
        switching: list[int] = []
        for f in range(self.frames):
            row = self.arrays["splits"][switching[f - 1] if f else 0]
            switching.append(self.symbol(0, [int(count) for count in row]))
        coded = Coded(head % 1024, head >= 2**15, switching)
        places = [(f, c) for f in range(self.frames) for c in range(self.channels)]
        for f, c in places:
            absent = [0] * self.bands
            coded.scale_factors[f, c] = self.scale_factors(coded, f, c) if self.profile.has_scale_factors else absent
        for f, c in places:
            coded.steps[f, c] = self.steps(coded, f, c)
            self.coefficients(coded, f, c)
        return coded

    def steps(self, coded: Coded, f: int, c: int) -> list[int]:
        """Exponents x[u]."""
        p, own, old = self.profile, coded.scale_factors[f, c], coded.scale_factors[max(f - 1, 0), c]
        found = []
        for b, scale_factor in enumerate(own):
            x = (
                coded.exponent
                - 256
                + ((self.tilt[b] * p.tilt) >> 4)
                + p.slope * scale_factor
                + p.loud * sum(own) // self.bands
            )
            x += p.spread * max(own[max(b - 1, 0)] - scale_factor, own[min(b + 1, self.bands - 1)] - scale_factor, 0)
            found.append(x + p.past * max(old[b] - scale_factor, 0))
        return [found[b] for b in self.band]

    def scale_factors(self, coded: Coded, f: int, c: int) -> list[int]:
        old = coded.scale_factors.get((f - 1, c), [16] * self.bands)
        older = coded.scale_factors.get((f - 2, c), [16] * self.bands)
        new = [0] * self.bands
        for odd in (0, 1):
            for b in range(odd, self.bands, 2):
                up, down = min(b + 1, self.bands - 1), max(b - 1, 0)
                base, near, far = old[b], old[down], old[up]
                if odd:
                    e = b + 1 if b + 1 < self.bands else b - 1
                    base = old[b] + ((new[b - 1] + new[e] - old[b - 1] - old[e]) >> 1)
                    near, far = new[b - 1], new[e]
                v = [value - base for value in (old[b], older[b], old[down], old[up], near, far)]
                context = [min(max(6 * value + 64, 0), 127) for value in v]
                context += [min(max(4 * base, 0), 127), 127 * b // max(self.bands - 1, 1)]
                counts = expected(self.arrays, "odd_levels" if odd else "even_levels", context)
                new[b] = (min(max(base, 0), 47) + self.symbol(0, counts) - 24) % 48
        return new

    def coefficients(self, coded: Coded, f: int, c: int) -> None:
        q, own, x = [0] * self.size, [NOTHING] * self.size, coded.steps[f, c]
        for p in range(3):
            units = range((0, 2, 1)[p], self.size, (4, 4, 2)[p])
            contexts = [self.context(coded, (f, c), own, u, p) for u in units]
            symbols = [self.symbol(0, expected(self.arrays, "weights", context)) for context in contexts]
            for u, size in zip(units, symbols, strict=True):
                q[u] = size
                if size == 17:
                    m = self.symbol(0, [838860] * 19 + [838876])
                    q[u] = 16 + 2**m + (self.bits(m) if m else 0)
            for u in units:
                if q[u] and self.bits(1):
                    q[u] = -q[u]
            for u in units:
                own[u] = rounded_log(abs(q[u])) + x[u]
        coded.coefficients[f, c], coded.magnitudes[f, c] = q, own

    def context(self, coded: Coded, at: tuple[int, int], own: list[int], u: int, p: int) -> list[int]:
        f, c = at
        x, n = coded.steps[at][u], (4, 2, 1)[p]
        before, earlier = coded.magnitudes.get((f - 1, c), []), coded.magnitudes.get((f - 2, c), [])
        other = coded.magnitudes.get((f, c - 1), [])

        def there(r: list[int], k: int) -> int:
            return r[k] if 0 <= k < len(r) else NOTHING

        def single(r: list[int], o: int) -> int:
            return there(r, u + o) - x

        def both(r: list[int], o: int) -> int:
            return (single(r, -o) + single(r, o)) >> 1

        around = (sum(there(before, u + o) for o in range(-8, 8)) >> 4) - x
        v = [single(before, 0), single(before, -1), single(before, 1), both(before, 2), both(before, 3), around]
        v += [single(earlier, 0), both(earlier, 1), single(other, 0), both(other, 1)]
        v += [single(own, -n), single(own, n), both(own, 3 * n)] if p else [-20] * 3
        v += [both(own, 5 * n)] if p == 2 else [-20]
        around = [min(max(u + n * o, 0), self.size - 2 * n) for o in range(-7, 8, 2)]
        v += [(sum(own[k] for k in around) >> 3) - x] if p else [-20]
        b, same = self.band[u], coded.scale_factors[at]
        old, new = coded.scale_factors[max(f - 1, 0), c], coded.scale_factors[min(f + 1, self.frames - 1), c]
        near = [same[b], same[max(b - 1, 0)], same[min(b + 1, self.bands - 1)], old[b], new[b]]
        v += [16 * scale_factor - x for scale_factor in near] if self.profile.has_scale_factors else [0] * 5
        current = coded.switching[f]
        changed = f > 0 and current != coded.switching[f - 1]
        facts = [p == 0, p == 1, current == 0, current == 1, current >= 2, changed, f == 0, c > 0]
        context = [min(max(value + 64, 0), 127) for value in v]
        context += [64 * k for k in facts[:2]] + [self.place[u]] + [64 * k for k in facts[2:]]
        return [*context, self.duration]


# --- §8.6 -------------------------------------------------------------------------------------------


def restored(coded: Coded, header: dict[str, Any], profile: Profile, block: int) -> list[np.ndarray]:
    """`switching`, `edges`, `weight` of §7, float32."""
    size, frames, channels = header["frame_size"], header["frames"], header["channels"]
    edges = edges_of(size, header["rate"])
    weight = np.zeros((frames, size, channels))
    for f, c in coded.coefficients:
        q, x = coded.coefficients[f, c], coded.steps[f, c]
        steps = [2.0 ** (exponent / 16 - 24) for exponent in x]
        w = [amount(k, header, profile) * step for k, step in zip(q, steps, strict=True)]
        if profile.has_scale_factors:
            start = ((block * frames + f) * channels + c) * size
            for b, scale_factor in enumerate(coded.scale_factors[f, c]):
                fill_band(Band(w, q, steps, range(edges[b], edges[b + 1]), scale_factor), start, header, profile)
        weight[f, :, c] = w
    if coded.mid_side:
        mid, side = weight[:, :, 0].copy(), weight[:, :, 1].copy()
        weight[:, :, 0], weight[:, :, 1] = (mid + side) / np.sqrt(2), (mid - side) / np.sqrt(2)
    ends = np.array([block > 0, block < header["count"] - 1], np.float32)
    return [np.array(coded.switching, np.float32), ends, weight.astype(np.float32)]


def amount(q: int, header: dict[str, Any], profile: Profile) -> float:
    if q == 0:
        return 0.0
    return (1 if q > 0 else -1) * (abs(q) - (profile.reconstruction_bias if abs(q) == 1 else header["bias_above_1"]))


@dataclass
class Band:
    """A frame's coefficients, integers and steps, and the places and the scale factor of one band of it."""

    w: list[float]
    q: list[int]
    steps: list[float]
    units: range
    scale_factor: int


def fill_band(band: Band, start: int, header: dict[str, Any], profile: Profile) -> None:
    zeros = [u for u in band.units if band.q[u] == 0]
    if not zeros or band.scale_factor == 0:
        return
    missing = max(len(band.units) * 2.0 ** (2 * band.scale_factor - 48) - sum(band.w[u] ** 2 for u in band.units), 0.0)
    first, end = band.units.start, band.units.stop
    low, high, limit = profile.fillings[len(zeros) == len(band.units)]
    part = low if (first + end) * header["rate"] < 4 * header["frame_size"] * profile.noise_split_hz else high
    for u in zeros:
        band.w[u] = sign(start + u) * min(part * (missing / len(zeros)) ** 0.5, limit * band.steps[u])


def sign(place: int) -> int:
    k = (place + 1) * 0x9E3779B97F4A7C15 % 2**64
    k = (k ^ (k >> 32)) * 0xD6E8FEB86659FD93 % 2**64
    return 1 - 2 * (k >> 63)
