"""Cost of the entries of a manifest, without recordings: `python -m benchmarks.corpus_entries NUMBER`."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ligeia.corpus.folder import Found
from ligeia.corpus.manifest import MANIFEST, write_manifest
from ligeia.corpus.order import Order
from ligeia.corpus.ordering import line_of
from ligeia.corpus.run import RunSettings, open_corpus, run_corpus
from ligeia.corpus.work import KEPT

Row = dict[str, Any]


class MadeUp:
    """A folder that only lists."""

    def __init__(self, entries: int, ending: str) -> None:
        self.entries, self.ending = entries, ending

    def list(self, takes: tuple[str, ...], *, on_link: Callable[[str], None] | None = None) -> Iterator[Found]:
        """Yield files in an order that is not that of their names, as folders do."""
        for number in range(self.entries):
            name = number * 7919 % self.entries
            yield Found(f"speaker-{name % 1000:04}/chapter/{name:08}{self.ending}", 32_044, "1790000000000000000")

    def make(self) -> None:
        """Make nothing: it is there."""

    def sweep(self) -> None:
        """Remove nothing."""

    def sync(self) -> None:
        """Wait for nothing."""


def main() -> None:
    """Print what the entries cost as JSON."""
    base = _peak()
    facts = costs(int(sys.argv[1]))
    print(json.dumps({**facts, "base_bytes": base, "peak_bytes": _peak()}))


def costs(entries: int) -> Row:
    """Return the processor's seconds of writing a manifest, and of a run in which all is done already."""
    with tempfile.TemporaryDirectory(prefix="ligeia-") as folder, only_listed(entries):
        order = Order(action="encode", sources="in", results="out", state=Path(folder), settings={"kbps": 24.0})
        began = time.process_time()
        manifest = write_manifest(order)
        written = time.process_time() - began
        bytes_written = (Path(folder) / MANIFEST).stat().st_size
        with (Path(folder) / "rows.jsonl").open("wb") as rows:
            for entry in manifest.entries():
                rows.write(line_of(row_of(entry, order)))
        began = time.process_time()
        with open_corpus(order) as corpus:
            totals = run_corpus(corpus, Refusing(), RunSettings())
        again = time.process_time() - began
    if totals.done != entries:
        raise RuntimeError(f"{totals.done} of {entries} entries count as done")
    return {"manifest_seconds": written, "manifest_bytes": bytes_written, "again_seconds": again}


class Refusing:
    """An executor for a run that has nothing to do."""

    def submit(self, *_: object) -> None:
        """Say that there was something."""
        raise RuntimeError("a file that is done was given to a worker")


def row_of(entry: Row, order: Order) -> Row:
    """Return the row of a file that was done."""
    facts: Row = {"error": None, "sha256": "0" * 64, "output_bytes": 32_044, "output_sha256": "0" * 64, "seconds": 1.0}
    facts |= {"figures": {"snr_db": 12.345}, "preset": "speech", "notes": [], "version": "0.1.0", "elapsed": 0.05}
    kept = {name: (entry | {"settings": order.digest})[name] for name in KEPT if name in entry or name == "settings"}
    return kept | facts


@contextmanager
def only_listed(entries: int) -> Iterator[None]:
    """Let folders hold made-up files."""

    def opened(address: str, *, without: str | None = None) -> MadeUp:
        return MadeUp(entries, ".lig" if address == "out" else ".flac")

    with (
        patch("ligeia.corpus.manifest.open_folder", opened),
        patch("ligeia.corpus.rows.open_folder", opened),
        patch("ligeia.corpus.run.open_folder", opened),
    ):
        yield


def _peak() -> int:
    """Return the peak of this program: `ru_maxrss` counts what its parent held when it was started, too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


if __name__ == "__main__":
    main()
