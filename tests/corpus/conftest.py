"""A folder of tiny recordings, some of them bad; and ways to run a corpus in this process."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.codec.settings import EncodeSettings
from ligeia.corpus.order import Order
from ligeia.corpus.report import Totals
from ligeia.corpus.run import RunSettings, open_corpus, run_corpus

RATE = 8000


def write_tone(path: Path, hertz: float, *, seconds: float = 0.2) -> None:
    """Write a tone, whose folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * RATE)) / RATE
    write_audio(path, Audio(0.3 * np.sin(2 * np.pi * hertz * times)[None], RATE), overwrite=True)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Three recordings, one of them in a folder."""
    folder = tmp_path / "in"
    for name, hertz in (("a.wav", 440.0), ("b.flac", 550.0), ("deep/c.wav", 660.0)):
        write_tone(folder / name, hertz)
    return folder


@pytest.fixture
def order(sources: Path, tmp_path: Path) -> Order:
    """Encode them."""
    return encoding(sources, tmp_path / "out")


def encoding(sources: Path, results: Path, **settings: Any) -> Order:
    """An order to encode a folder."""
    from dataclasses import asdict

    wanted = asdict(EncodeSettings(**settings)) | {"tags": True}
    return Order(action="encode", sources=str(sources), results=str(results), state=results, settings=wanted)


class Counting(Executor):
    """One thread of this process, and the tasks that it was given."""

    at_once = 2

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []
        self._thread = ThreadPoolExecutor(1)

    def submit(self, function: Callable[..., Any], /, task: dict[str, Any]) -> Future[Any]:  # type: ignore[override]
        self.tasks.append(json.loads(json.dumps(task)))
        return self._thread.submit(function, self.tasks[-1])

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._thread.shutdown(wait, cancel_futures=cancel_futures)


Run = Callable[..., tuple[Totals, list[str]]]


@pytest.fixture
def run() -> Iterator[Run]:
    """Run an order; give the totals, and the sources that were worked on."""
    with Counting() as executor:

        def through(order: Order, *, force: bool = False, **settings: Any) -> tuple[Totals, list[str]]:
            before = len(executor.tasks)
            with open_corpus(order, force=force) as corpus:
                totals = run_corpus(corpus, executor, RunSettings(**settings))
            return totals, sorted(task["source"] for task in executor.tasks[before:])

        yield through


def rows_of(results: Path) -> list[dict[str, Any]]:
    """The rows of a folder as they lie there."""
    return [json.loads(line) for line in (results / "rows.jsonl").read_text().splitlines()]
