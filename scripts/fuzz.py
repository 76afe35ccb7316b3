"""Throws broken streams at the decoder: python scripts/fuzz.py [-n 100000] [--seed 0] [--named coded] [--folder OUT].

Each one must give an INR whose sound is finite, or FormatError, in seconds and in bounded memory. Half of the mutations
get their checksums repaired, so that they reach the layers below. What fails is written to the folder as hexadecimal.
"""

import argparse
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar
from zlib import crc32

import numpy as np
import torch

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.codec.bytesio import Reader, varint
from ligeia.codec.container import MARKER, read_block, read_header
from ligeia.codec.decode import decode_pieces
from ligeia.codec.encode import encode_inr
from ligeia.codec.family.finding import look_in
from ligeia.codec.parameters.quantise import EXACT, Bits
from ligeia.codec.sections import read_sections, write_sections
from ligeia.errors import FormatError
from ligeia.networks import Siren

VECTORS = Path(__file__).resolve().parents[1] / "tests" / "vectors"
SECONDS, BYTES = 5, 2**30
INSTANTS = 5
PIECES = 2
PLAYED = 20_000
"""Samples that are read at most."""


T = TypeVar("T")


class Hang(Exception):
    """A stream took longer than `SECONDS`."""


def seeds(generator: random.Random, named: str = "") -> list[bytes]:
    """The golden streams whose names begin with `named`; and some fresh ones of other shapes where that is nothing."""
    look_in(VECTORS)  # the models of families lie there too
    streams = [path.read_bytes() for path in sorted(VECTORS.glob(f"{named}*.lig"))]
    assert streams, f"no golden streams {named}* in {VECTORS}"
    return streams if named else streams + [fresh(generator) for _ in range(6)]


def fresh(generator: random.Random) -> bytes:
    hop = generator.randint(1, 200)
    cut = Segments(generator.randint(1, 5 * hop), hop, generator.randint(0, hop))
    spec = Siren(
        width=generator.randint(1, 20),
        depth=generator.randint(1, 4),
        channels=generator.randint(1, 3),
        octaves=generator.choice([0, 0, 3]),
        closed=generator.random() < 0.5,
        first_omega=generator.choice([1.0, 30.0, 0.5]),
    )
    parameters = {
        name: np.array([generator.gauss(0, 1) for _ in range(cut.count * int(np.prod(shape)))]).reshape(
            cut.count, *shape
        )
        for name, shape in spec.shapes().items()
    }
    gains = np.array([generator.choice([0.0, 0.5, 1.0]) for _ in range(cut.count)])
    bits = generator.choice([EXACT, Bits(), Bits(*(generator.randint(2, 24) for _ in range(3)))])
    return encode_inr(ligeia.INR(spec, parameters, generator.choice([8000, 44100, 7]), cut, gains), bits)


# --- mutations --------------------------------------------------------------------------------------


def flip(data: bytes, generator: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(generator.choice([1, 1, 2, 8])):
        out[generator.randrange(len(out))] ^= 1 << generator.randrange(8)
    return bytes(out)


def overwrite(data: bytes, generator: random.Random) -> bytes:
    out = bytearray(data)
    at = generator.randrange(len(out))
    out[at : at + generator.randint(1, 8)] = generator.choice(
        [bytes(4), b"\xff" * 4, b"\xb7", b"\x7f\xc0", generator.randbytes(6)]
    )
    return bytes(out)


def truncate(data: bytes, generator: random.Random) -> bytes:
    return data[: generator.randrange(len(data))]


def insert(data: bytes, generator: random.Random) -> bytes:
    at = generator.randrange(len(data) + 1)
    return data[:at] + generator.randbytes(generator.randint(1, 20)) + data[at:]


def delete(data: bytes, generator: random.Random) -> bytes:
    at = generator.randrange(len(data))
    return data[:at] + data[at + generator.randint(1, 20) :]


def number(data: bytes, generator: random.Random) -> bytes:
    """A varint of any size in place of a few bytes, mostly where the header is."""
    at = generator.randrange(min(len(data), generator.choice([30, len(data)])))
    value = generator.getrandbits(generator.randint(1, 56))
    return data[:at] + varint(value) + data[at + generator.randint(0, 3) :]


MUTATIONS: list[Callable[[bytes, random.Random], bytes]] = [flip, flip, overwrite, truncate, insert, delete, number]


def splice(streams: list[bytes], generator: random.Random) -> bytes:
    a, b = generator.choice(streams), generator.choice(streams)
    return a[: generator.randrange(len(a))] + b[generator.randrange(len(b)) :]


def bodies(stream: bytes) -> list[bytes]:
    """The header, the sections and the blocks of a valid stream, without their checksums."""
    reader = Reader(stream)
    header = read_header(reader)
    parts = [stream[: reader.position - 4]]
    parts += [write_sections([section])[:-4] for section in read_sections(reader)]
    for _ in range(header.segments.count):
        start = reader.position
        read_block(reader, header)
        parts.append(stream[start : reader.position - 4])
    return parts


def sealed(parts: list[bytes]) -> bytes:
    return b"".join(part + crc32(part).to_bytes(4, "little") for part in parts)


def repaired(stream: bytes, generator: random.Random) -> bytes:
    """A mutation below the checksums: in the header, in a frame, or (most often) in a payload, its length put right."""
    parts = bodies(stream)
    at = generator.randrange(len(parts))
    mutate = generator.choice(MUTATIONS)
    if at == 0:
        parts[0] = b"LIG\1" + mutate(parts[0][4:], generator)
    elif generator.random() < 0.2 or parts[at][0] != MARKER:
        parts[at] = mutate(parts[at], generator)
    else:
        frame = Reader(parts[at], 1)
        index, length = frame.varint(), frame.varint()
        payload = frame.take(length)
        if payload:
            payload = mutate(payload, generator)
        if generator.random() < 0.3:  # whole words, so that the entropy coder gets to see it
            payload = payload[: len(payload) - len(payload) % 4] + generator.randbytes(4 * generator.randint(0, 3))
        parts[at] = bytes([MARKER]) + varint(index) + varint(len(payload)) + payload
    if generator.random() < 0.2 and len(parts) > 2:
        block = generator.randrange(1, len(parts))
        parts.insert(generator.randrange(1, len(parts) + 1), parts[block])
        if generator.random() < 0.5:
            del parts[block]
    return sealed(parts)


def mutations(count: int, seed: int, named: str = "") -> Iterator[bytes]:
    """`count` broken (or, now and then, valid) streams; the same seed gives the same ones."""
    generator = random.Random(seed)
    streams = seeds(generator, named)
    for _ in range(count):
        kind = generator.random()
        stream = generator.choice(streams)
        if kind < 0.5:
            stream = repaired(stream, generator)
        elif kind < 0.55:
            stream = splice(streams, generator)
        else:
            for _ in range(generator.choice([1, 1, 1, 3])):
                stream = generator.choice(MUTATIONS)(stream, generator) or b"\0"
        yield stream


# --- checks -----------------------------------------------------------------------------------------


def check(stream: bytes) -> str:
    """Return what became of a stream: "rejected", "salvaged" (some or none of its blocks) or "decoded".

    Raises:
        Anything but FormatError: a bug. AssertionError: the sound is not finite, or the calls disagree.
    """
    strict = attempt(lambda: ligeia.decode(stream))
    facts = attempt(lambda: ligeia.inspect(stream))
    saved = attempt(lambda: ligeia.decode(stream, salvage=True))
    assert strict is None or (facts is not None and saved is not None), "the calls disagree on whether this is valid"
    for inr in (strict, saved):
        if inr is not None:
            listen(inr)
    played = attempt(lambda: play(stream))
    assert strict is None or played is not None, "decoding gives a function, and there is nothing to play"
    assert strict is not None or not played, "decoding fails, and playing finds nothing wrong"
    if saved is None:
        return "rejected"
    for piece in islice(decode_pieces(stream, salvage=True), PIECES):
        assert np.isfinite(piece).all(), "a piece of the sound is not finite"
    return "salvaged" if strict is None else "decoded"


def attempt(call: Callable[[], T]) -> T | None:
    try:
        return call()
    except FormatError:
        return None


def play(stream: bytes) -> bool:
    """Read all of a short sound, and a part of its end; return True if nothing was wrong with any of it."""
    reader = ligeia.open(stream)
    start = crc32(stream) % reader.sample_count / reader.rate
    part = attempt(lambda: reader.read(start, start + PLAYED / reader.rate / reader.channels))
    assert part is None or np.isfinite(part.samples).all(), "a part of the sound is not finite"
    if reader.sample_count * reader.channels > PLAYED:
        return False
    return attempt(lambda: reader.read()) is not None


def listen(inr: "ligeia.INR") -> None:
    """Evaluate a few instants, the first and the last sample among them."""
    times = np.linspace(0, (inr.sample_count - 1) / inr.rate, INSTANTS)
    values = inr(times)
    assert values.shape == (inr.channels, INSTANTS)
    assert np.isfinite(values).all(), "the sound is not finite"


def guarded(stream: bytes) -> str:
    """`check` with an alarm."""

    def ring(*_: object) -> None:
        raise Hang(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return check(stream)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def run(count: int, seed: int, folder: Path | None = None, named: str = "") -> tuple[Counter[str], list[str]]:
    """Outcomes, and a line for each failure; where a folder is given, failing streams are written to it."""
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    peak = peak_bytes()
    for k, stream in enumerate(mutations(count, seed, named)):
        problem = ""
        try:
            outcomes[guarded(stream)] += 1
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        grown = peak_bytes() - peak
        if grown > BYTES:
            problem, peak = problem or f"memory grew by {grown} bytes", peak_bytes()
        if problem:
            failures.append(f"stream {k} of seed {seed}: {problem}{written(stream, k, seed, folder)}")
    return outcomes, failures


def written(stream: bytes, k: int, seed: int, folder: Path | None) -> str:
    if folder is None:
        return f" (hex: {stream.hex()[:4000]})"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seed}-{k}.hex"
    path.write_text(stream.hex())
    return f" -> {path}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=100_000, help="mutations")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--named", default="", help="only golden streams whose names begin so, such as coded")
    parser.add_argument("--folder", type=Path, default=Path("fuzz-out"), help="where failing streams go")
    options = parser.parse_args()
    torch.set_num_threads(1)
    started, before = time.monotonic(), peak_bytes()
    outcomes, failures = run(options.n, options.seed, options.folder, options.named)
    for line in failures:
        print(line)
    counts = ", ".join(f"{outcomes[name]} {name}" for name in ("decoded", "salvaged", "rejected"))
    print(
        f"{options.n} streams (seed {options.seed}): {counts}, {len(failures)} failed; "
        f"{time.monotonic() - started:.0f} s, memory grew by {(peak_bytes() - before) / 2**20:.0f} MiB"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
