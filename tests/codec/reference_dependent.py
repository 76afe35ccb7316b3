"""The slow decoder of blocks with dependent quantisation, written from §8.8 of FORMAT.md alone, in integers of Python.

It takes the place of `reference_coded.Decoder` where the profile says so.
"""

from math import log2
from pathlib import Path
from typing import Any

import numpy as np
import reference_coded
from reference_coded import Coded, Profile, Symbol, whole_log

TEXT = (Path(__file__).parents[2] / "src" / "ligeia" / "codec" / "FORMAT.md").read_text(encoding="utf-8")
PROFILE = "waveform_speech"


def listed(name: str) -> list[str]:
    return TEXT.split(f"```text {name}\n")[1].split("```")[0].split()


NEXT = [int(value) for value in listed("next_state")]
CONSTANTS = listed("dependent")
BIAS = {name: float(value) for name, value in zip(CONSTANTS[::2], CONSTANTS[1::2], strict=True)}


def twelfths(x: float) -> int:
    return round(12 * log2(x))


def scaled(h: int, z: int) -> int:
    return min(64 + twelfths(min(h, 200) / 2), 127) if h else 49 - 6 * z


def mean_scaled(n: int) -> int:
    return min(64 + twelfths(n / 8), 127) if n else 0


def long_scaled(n: int) -> int:
    return min(64 + twelfths(n / 32), 127) if n else 0


class Memory:
    """m of §8.8, for one r and k."""

    def __init__(self, size: int, r: int, k: int) -> None:
        self.m, self.r, self.k = [0] * size, r, k

    def after(self, frame: "Frame", f: int) -> None:
        for u, m in enumerate(self.m):
            total = sum(frame.at(frame.w, o) for o in range(u - self.k, u + self.k + 1))
            self.m[u] = m + (256 * (total // (2 * self.k + 1)) - m) // min(f + 1, self.r)


class Frame:
    """h, v, g, W, y of the coefficients of a frame that are known; all 0 where nothing is."""

    def __init__(self, size: int) -> None:
        self.size, self.is_there = size, False
        self.v, self.g, self.w, self.y = [0] * size, [0] * size, [0] * size, [0] * size

    def put(self, u: int, q: int, z: int) -> None:
        h = 2 * abs(q) - z if q else 0
        self.v[u], self.g[u], self.w[u] = (h if q > 0 else -h), scaled(h, z), 4 * min(h, 200) + 1
        self.y[u], self.is_there = min(max(self.v[u], -200), 200), True

    def at(self, values: list[int], u: int) -> int:
        return values[u] if 0 <= u < self.size else 0

    def mean(self, u: int, k: int) -> int:
        return mean_scaled(sum(self.at(self.w, o) for o in range(u - k, u + k + 1)) // (2 * k + 1))

    def pair(self, u: int, k: int) -> int:
        return (self.at(self.g, u - k) + self.at(self.g, u + k)) >> 1

    def wave(self, u: int) -> int:
        a, b = abs(self.y[u]), abs(self.at(self.y, u + 1) - self.at(self.y, u - 1))
        return mean_scaled(2 * max(a, b) + min(a, b) + 1) if self.is_there else 0


class Decoder:
    """Reads the numbers of one block."""

    def __init__(self, symbol: Symbol, header: dict[str, Any], profile: Profile) -> None:
        self.symbol, self.arrays = symbol, reference_coded.model(profile.name)
        self.size, self.frames, self.rate = header["frame_size"], header["frames"], header["rate"]
        low = whole_log(250 * self.size)
        self.pitch = [min(max(whole_log((2 * u + 1) * self.rate) - low, 0), 127) for u in range(self.size)]
        self.predicted = min(self.size, 8000 * self.size // self.rate)

    def bits(self, count: int) -> int:
        return self.symbol(0, [2 ** (24 - count)] * 2**count)

    def read(self, head: int) -> Coded:
        coded = Coded(head % 1024, False, [])
        for f in range(self.frames):
            row = self.arrays["splits"][coded.switching[f - 1] if f else 0]
            coded.switching.append(self.symbol(0, [int(count) for count in row]))
        states, past = [0] * self.size, [Frame(self.size) for _ in range(3)]
        self.memories = [Memory(self.size, 16, 0), Memory(self.size, 40, 3)]
        for f in range(self.frames):
            own, levels = Frame(self.size), [0] * self.size
            for p in range(3):
                self.read_pass(coded, f, p, (own, past, states, levels))
            coded.coefficients[f, 0], coded.scale_factors[f, 0] = levels, [0] * self.bands
            coded.steps[f, 0] = [coded.exponent - 256] * self.size
            states = [NEXT[2 * state + q % 2] for state, q in zip(states, levels, strict=True)]
            past = [own, *past[:2]]
            for memory in self.memories:
                memory.after(own, f)
        return coded

    @property
    def bands(self) -> int:
        return len(reference_coded.edges_of(self.size, self.rate)) - 1

    def read_pass(self, coded: Coded, f: int, p: int, known: tuple[Frame, list[Frame], list[int], list[int]]) -> None:
        own, past, states, levels = known
        units = range((0, 2, 1)[p], self.size, (4, 4, 2)[p])
        contexts = [self.size_context(coded, (f, p, u), own, past, states[u] % 2) for u in units]
        sizes = []
        for context in contexts:
            counts = self.counts(f"sizes_{p}", context[0], context)
            sizes.append(self.symbol(0, counts))
        for k, size in enumerate(sizes):
            if size == 17:
                m = self.symbol(0, [838860] * 19 + [838876])
                sizes[k] = 16 + 2**m + (self.bits(m) if m else 0)
        for u, size in zip(units, sizes, strict=True):
            if size:
                levels[u] = size * self.sign(coded, (f, p, u), own, past, 2 * size - states[u] % 2)
        for u in units:
            own.put(u, levels[u], states[u] % 2)

    def counts(self, name: str, z: int, context: list[int]) -> list[int]:
        h = np.array(context, dtype=object)
        depth = sum(key.startswith(f"{name}.weight_") for key in self.arrays)
        for k in range(depth):
            sums = [int(v) for v in h.dot(self.arrays[f"{name}.weight_{k}"]) + self.arrays[f"{name}.bias_{k}"]]
            assert all(abs(value) < 2**24 for value in sums)
            h = np.array([min(max(value >> 6, 0), 127) for value in sums], dtype=object)
        row = min(max((sums[0] >> 9) + 32, 0), 63) + (64 if z else 0)
        return [int(count) for count in self.arrays[f"{name}.table"][row]]

    def size_context(self, coded: Coded, at: tuple[int, int, int], own: Frame, past: list[Frame], z: int) -> list[int]:
        f, p, u = at
        one, two, three = past
        found = [64 * z, one.g[u], one.at(one.g, u - 1), one.at(one.g, u + 1), one.pair(u, 2), one.pair(u, 3)]
        found += [sum(one.at(one.g, u + o) for o in range(-8, 8)) >> 4, one.mean(u, 1), one.mean(u, 4)]
        found += [one.wave(u), two.g[u], two.pair(u, 1), two.mean(u, 1), two.mean(u, 5), two.wave(u), three.mean(u, 2)]
        found += [long_scaled(memory.m[u] >> 6) for memory in self.memories]
        if p:
            n = 3 - p
            found += [own.at(own.g, u - n), own.at(own.g, u + n), own.pair(u, 3 * n)]
            found += [own.pair(u, 5)] if p == 2 else []
            around = [min(max(u + n * o, 0), self.size - 2 * n) for o in range(-7, 8, 2)]
            found += [sum(own.g[a] for a in around) >> 3, mean_scaled(sum(own.w[a] for a in around[2:6]) >> 2)]
            above, below = own.at(own.y, u + n), own.at(own.y, u - n)
            found += [mean_scaled(2 * abs(above - below) + 1), mean_scaled(2 * abs(above + below) + 1)]
            near = [[u - n + 2 * n * i for i in range(-reach // n, reach // n + 1)] for reach in (16, 12)]
            change = sum(own.at(own.g, o) - one.at(one.g, o) for o in near[0]) // len(near[0])
            found += [min(max(64 + 2 * change, 0), 127)]
            found += [mean_scaled(sum(own.at(own.w, o) for o in near[1]) // len(near[1]))]
        j, before = coded.switching[f], coded.switching[max(f - 1, 0)]
        return [*found, self.pitch[u], *(64 * flag for flag in (j == 0, j == 1, j >= 2, j != before, f == 0))]

    def sign(self, coded: Coded, at: tuple[int, int, int], own: Frame, past: list[Frame], h: int) -> int:
        f, p, u = at
        offsets = ((), (-6, -2, 2, 6), (-5, -3, -1, 1, 3, 5))[p]
        y = [own.at(own.v, u + o) for o in offsets]
        y += [frame.at(frame.v, u + o) for frame in past[:2] for o in range(-3, 4)]
        if not any(y) or u >= self.predicted:
            return 1 - 2 * self.bits(1)
        sign_of = lambda value: (value > 0) - (value < 0)  # noqa: E731
        t, m = sign_of(next(value for value in y if value)), max(abs(value) for value in y)
        scale = lambda x: min(64 + twelfths(min(x, 200) / 2), 127) - 32  # noqa: E731
        context = [t * sign_of(value) * (63 * abs(value) // m) for value in y]
        j, before = coded.switching[f], coded.switching[max(f - 1, 0)]
        context += [min(32 * h // m, 127), scale(m), scale(h), self.pitch[u], 64 * (j == 0), 64 * (before == 0)]
        return t * (1 - 2 * self.symbol(0, self.counts(f"signs_{p}", 0, context)))


def restored(coded: Coded, header: dict[str, Any], block: int) -> list[np.ndarray]:
    """`switching`, `edges`, `weight` of §7, float32."""
    weight, states = np.zeros((header["frames"], header["frame_size"], 1)), [0] * header["frame_size"]
    for f in range(header["frames"]):
        levels, steps = coded.coefficients[f, 0], coded.steps[f, 0]
        for u, (q, x) in enumerate(zip(levels, steps, strict=True)):
            z = states[u] % 2
            if q:
                h = 2 * abs(q) - z - BIAS[f"bias_{z}_{'1' if abs(q) == 1 else 'above'}"]
                weight[f, u, 0] = (1 if q > 0 else -1) * h * 2.0 ** (x / 16 - 24) / 2
            states[u] = NEXT[2 * states[u] + q % 2]
    ends = np.array([block > 0, block < header["count"] - 1], np.float32)
    return [np.array(coded.switching, np.float32), ends, weight.astype(np.float32)]
