"""Ligeia beside other codecs on the development suite: `results/codecs`, rows and report.

The same as
`ligeia bench speech_music --seconds 10 --codecs CODECS -o results/codecs`.
"""

from benchmarks.rows import DATA, RESULTS
from ligeia.bench.codecs import codecs_named
from ligeia.bench.report import write_bench_report
from ligeia.bench.run import BenchSettings, run_bench
from ligeia.datasets.suite import read_suite
from ligeia.metrics.table import HEADLINES, METRICS
from ligeia.records.environment import read_environments
from ligeia.records.journal import Row

SUITE = "speech_music"
FOLDER = RESULTS / "codecs"
LAPPED = ",".join(f"ligeia:lapped@{rate}" for rate in (8, 16, 24, 32, 48, 64, 96, 128))
CODECS = f"{LAPPED},ligeia:standard,opus,mp3,flac"
SECONDS = 10.0


def run() -> None:
    """Add the rows that are missing, then make the report.

    The siren's rows are left out of it: a family has one curve, and these are another codec.
    """
    clips, settings = read_suite(SUITE, DATA), BenchSettings(seconds=SECONDS)
    rows = run_bench(clips, codecs_named(CODECS), FOLDER, settings, on_row=_print)
    reported = [row for row in rows if not row["codec"].startswith("ligeia:") or "lapped" in row["codec"]]
    metrics = {name: METRICS[name] for name in HEADLINES}
    write_bench_report(reported, read_environments(FOLDER), FOLDER, metrics=metrics)


def _print(done: int, total: int, row: Row) -> None:
    print(f"{done}/{total}", row["clip"], row["codec"], row["error"] or f"{row['kbps']:.1f} kbps", flush=True)
