"""A small round of scripts/fuzz.py, and checks that it would notice."""

import importlib.util
import random
import time
from pathlib import Path

import pytest
import torch

import ligeia
from ligeia.errors import FormatError

SCRIPT = Path(__file__).parents[2] / "scripts" / "fuzz.py"


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # thousands of tiny products: threads would only wait for each other
    yield module
    torch.set_num_threads(threads)


def test_broken_streams_are_refused_or_decoded(fuzz, thorough):
    count = 20_000 if thorough else 600
    outcomes, failures = fuzz.run(count, seed=1)
    assert not failures
    assert outcomes.total() == count
    assert min(outcomes[name] for name in ("rejected", "salvaged", "decoded")) > count // 40


def test_the_seeds_are_valid_and_mutations_repeat(fuzz):
    for stream in fuzz.seeds(random.Random(0)):
        assert fuzz.check(stream) == "decoded"
        assert fuzz.sealed(fuzz.bodies(stream)) == stream
    assert list(fuzz.mutations(30, 5)) == list(fuzz.mutations(30, 5)) != list(fuzz.mutations(30, 6))


def test_repaired_streams_reach_the_layers_below(fuzz):
    generator = random.Random(0)
    stream = fuzz.seeds(generator)[0]
    messages = set()
    for _ in range(300):
        try:
            ligeia.decode(fuzz.repaired(stream, generator))
        except FormatError as error:
            messages.add(str(error))
    for deep in ("not a valid table", "words of 4 bytes", "continue after", "impossible header", "impossible gain"):
        assert any(deep in message for message in messages), deep


@pytest.mark.parametrize("error", [ValueError("odd"), MemoryError(), AssertionError("not finite")])
def test_a_failure_is_noticed_and_written(fuzz, error, monkeypatch, tmp_path):
    def broken(stream, **_):
        raise error

    monkeypatch.setattr(fuzz.ligeia, "decode", broken)
    _, failures = fuzz.run(3, seed=2, folder=tmp_path)
    assert len(failures) == 3
    assert type(error).__name__ in failures[0]
    written = sorted(path.read_text() for path in tmp_path.iterdir())
    assert written == sorted(stream.hex() for stream in fuzz.mutations(3, 2))


def test_a_hang_is_noticed(fuzz, monkeypatch):
    monkeypatch.setattr(fuzz, "SECONDS", 0.05)
    monkeypatch.setattr(fuzz.ligeia, "decode", lambda *_, **__: time.sleep(2))
    _, failures = fuzz.run(1, seed=2)
    assert "Hang" in failures[0]


def test_memory_is_watched(fuzz, monkeypatch):
    sizes = iter(range(0, 2**40, 2**31))
    monkeypatch.setattr(fuzz, "peak_bytes", lambda: next(sizes))
    _, failures = fuzz.run(1, seed=2)
    assert "memory grew" in failures[0]
