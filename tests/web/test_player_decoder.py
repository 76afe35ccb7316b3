"""The player's decoder beside Python's: the same sound of real and of mutated streams, and the same ones refused."""

import json
import os
import runpy
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ligeia
from ligeia.codec.budget import check_budget
from ligeia.codec.decode import decode_pieces
from ligeia.codec.framing import open_stream
from ligeia.codec.source import opened
from ligeia.errors import FormatError

ROOT = Path(__file__).resolve().parents[2]
PLAYED = 20_000
"""Samples of a mutated stream that are compared."""
MUTATIONS = 200
SOUNDS: dict[str, tuple[int, int, dict[str, Any]]] = {
    "speech": (16000, 1, {"preset": "speech", "kbps": 16}),
    "speech at a low rate": (16000, 1, {"preset": "speech", "kbps": 5}),
    "fine speech": (24000, 1, {"preset": "speech", "quality": 9}),
    "music": (44100, 2, {"preset": "music", "kbps": 96}),
    "coarse music": (48000, 2, {"preset": "music", "quality": 0}),
    "surround": (32000, 6, {"preset": "music", "quality": 4}),
    "waveform": (22050, 2, {"preset": "waveform", "snr_db": 30}),
    "telephone": (8000, 1, {"preset": "waveform", "snr_db": 12}),
    "odd rate": (11127, 1, {"preset": "music", "quality": 6}),
}
"""Rate, channels and settings of the encoder."""


@pytest.fixture(scope="module")
def node() -> Any:
    """The tools in web/: what runs node, and the way to vitest."""
    builder = runpy.run_path(str(ROOT / "scripts" / "build_page.py"))
    try:
        found = builder["find_node"]()
    except builder["CannotBuild"] as error:
        pytest.skip(str(error))
    if not builder["installed"]():
        pytest.skip("no tools of the page in web/node_modules: run `make page`")
    return found, builder["package_script"]("vitest")


def compare(node: Any, cases: list[tuple[str, bytes, NDArray[np.float32] | None]], folder: Path) -> None:
    """Let the player decode each stream, and compare with the samples; None: it must be refused."""
    program, vitest = node
    verdicts = []
    for name, stream, samples in cases:
        verdicts.append({"name": name, "refused": samples is None, "stream": stream.hex()})
        if samples is not None:
            samples.astype("<f4").tofile(folder / f"{len(verdicts) - 1}.f32")
    (folder / "cases.json").write_text(json.dumps(verdicts), encoding="utf-8")
    environment = os.environ | {"LIGEIA_COMPARED": str(folder)}
    words = [program.program, vitest, "run", "player/src/compared.test.ts", "--reporter", "dot"]
    done = subprocess.run(words, cwd=ROOT / "web", env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert (folder / "compared").read_text(encoding="utf-8") == str(len(cases))


def sound(rate: int, channels: int, seconds: float = 0.7) -> ligeia.Audio:
    """A tone that glides, noise, clicks that switch windows, and silence; every channel has something of its own."""
    generator, count = np.random.default_rng(rate + channels), round(rate * seconds)
    time = np.arange(count) / rate
    shared = 0.3 * np.sin(2 * np.pi * (200 + 300 * time) * time) * (time % 0.5 < 0.4)
    own = 0.05 * generator.standard_normal((channels, count)) * (time < 0.8 * seconds)
    own[:, :: rate // 5] += 0.8
    samples = shared + own * np.arange(1, channels + 1)[:, None] / channels
    samples[:, count // 2 : count // 2 + rate // 8] = 0
    return ligeia.Audio(samples.astype(np.float32), rate)


def test_it_decodes_what_python_decodes(node: Any, tmp_path: Path) -> None:
    cases: list[tuple[str, bytes, NDArray[np.float32] | None]] = []
    for name, (rate, channels, settings) in SOUNDS.items():
        stream = ligeia.encode(sound(rate, channels), **settings)
        cases.append((name, stream, np.concatenate([*decode_pieces(stream, enhance="off")], axis=1)))
    assert {ligeia.inspect(stream).profile for _, stream, _ in cases} == {"speech", "speech_low", "music", "waveform"}
    compare(node, cases, tmp_path)


def test_it_refuses_what_python_refuses(node: Any, tmp_path: Path) -> None:
    fuzz = runpy.run_path(str(ROOT / "scripts" / "fuzz.py"))
    streams = {path.stem: path.read_bytes() for path in (ROOT / "tests" / "vectors").glob("coded_*.lig")}
    streams |= {f"mutation {n}": stream for n, stream in enumerate(fuzz["mutations"](MUTATIONS, 16, "coded"))}
    for name in [name for name in streams if name.startswith("coded_")]:
        parts = fuzz["bodies"](streams[name])
        streams |= {f"{name}, bit {bit}": fuzz["sealed"](parts) for bit in flipped(parts)}
    cases = [(name, stream, verdict(stream)) for name, stream in streams.items()]
    refused = sum(samples is None for _, _, samples in cases)
    assert min(refused, len(cases) - refused) > 20
    compare(node, cases, tmp_path)


def flipped(parts: list[bytes]) -> Iterator[int]:
    """Flip each bit of a header, which comes first, while the caller looks; checksums are to be made anew."""
    whole = parts[0]
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        parts[0] = bytes(changed)
        yield bit
    parts[0] = whole


def verdict(stream: bytes) -> NDArray[np.float32] | None:
    """The first samples, float32 `[channels, n]`; None where the stream is refused."""
    try:
        with opened(stream) as source:
            parsed = open_stream(source)
            check_budget(parsed, parsed.header.rate)
            stop = min(parsed.header.segments.sample_count, PLAYED) / parsed.header.rate
            return np.concatenate([*decode_pieces(parsed, stop=stop, enhance="off")], axis=1)
    except FormatError:
        return None


def test_the_benchmark_sums_up_its_turns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows, player = import_module("benchmarks.rows"), import_module("benchmarks.player")
    monkeypatch.setattr(rows, "RESULTS", tmp_path)
    fields = [name for name in player.FIELDS if name.endswith("speed")]
    for turn, speed in enumerate((10.0, 30.0, 20.0)):
        facts = dict.fromkeys(fields, speed) | {"first_sound_ms": 5 * speed, "first_sound_cpu_ms": speed}
        rows.Rows("player").add({"stream": "speech", "loops": "simd", "turn": turn} | facts)
    assert "| speech | simd | 20 x | 20 x | 20 x | 20 x | 100 ms | 20 ms |" in player.player_table()


def test_only_workers_below_this_process_count() -> None:
    player = import_module("benchmarks.player")
    assert player.worker_seconds() == 0.0
