"""Tables inside pages: what stands between `<!-- table: NAME -->` and `<!-- end -->` is made from data, never typed."""

import re

from benchmarks import codecs, conformance
from benchmarks.report import table
from benchmarks.rows import RESULTS, ROOT
from benchmarks.step import step_table
from ligeia.bench.tables import summary_table
from ligeia.metrics.table import METRICS
from ligeia.records.journal import Row
from ligeia.records.tables import markdown

PAGES = ("README.md", "docs/metrics.md", "docs/networks.md", "docs/codec-log.md")
UNLEARNED = RESULTS / "unlearned"
"""Rows of the clips that no network has learned from: the suite `unlearned`."""
IN_README = ("ligeia:standard", "flac")
RATES_IN_README = {"speech": ("8", "16", "24", "32", "64"), "music": ("32", "48", "64", "96", "128")}
RATES_IN_LOG = {"speech": ("8", "12", "16", "24", "32", "48", "64"), "music": ("32", "48", "64", "96", "128")}
MEASURED_BY = {
    "speech": ("pesq_wb", "visqol_speech", "stoi", "si_sdr"),
    "music": ("visqol_audio", "mel_distance", "si_sdr"),
}


def insert_tables() -> None:
    """Make every table in the pages anew."""
    made = {
        "metrics": metric_table(),
        "conformance": conformance_table(),
        "codecs speech": codec_table(codecs.known_rows(), "speech", RATES_IN_README),
        "codecs music": codec_table(codecs.known_rows(), "music", RATES_IN_README),
        "unlearned speech": codec_table(codecs.known_rows(UNLEARNED), "speech", RATES_IN_LOG),
        "unlearned music": codec_table(codecs.known_rows(UNLEARNED), "music", RATES_IN_LOG),
        "step": step_table(),
    }
    for name in PAGES:
        path = ROOT / name
        path.write_text(inserted(path.read_text(encoding="utf-8"), made), encoding="utf-8")


def inserted(text: str, tables: dict[str, str]) -> str:
    """`text` with the tables in their places; those without data stay as they are."""

    def put(found: re.Match[str]) -> str:
        made = tables.get(found["name"])
        return found[0] if not made else f"{found['start']}\n{made.strip()}\n\n{found['end']}"

    pattern = r"(?P<start><!-- table: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end -->)"
    return re.sub(pattern, put, text, flags=re.DOTALL)


def metric_table() -> str:
    """Every metric: how to read it and where it comes from."""
    lines = [
        [
            f"`{one.name}`",
            one.summary.replace("|", "\\|"),
            one.unit,
            f"{one.lowest:g} … {one.highest:.4g}",
            one.better,
            ", ".join(map(str, one.rates)) or "any",
            one.mixing,
            one.source.replace("|", "\\|"),
            f"`{one.extra}`" if one.extra else "",
        ]
        for one in METRICS.values()
    ]
    header = ["name", "what it is", "unit", "range", "better", "rates (Hz)", "channels", "source", "extra"]
    return table(header, lines)


def conformance_table() -> str:
    """Known values beside ours."""
    lines = conformance.table_lines()
    header = ["metric and mode", "sounds", "known", "here", "deviation"]
    return table(header, lines) if lines else ""


def codec_table(rows: list[Row], group: str, rates: dict[str, tuple[str, ...]]) -> str:
    """Medians over the clips of a group."""
    rows = [row for row in rows if row["group"] == group]
    if not rows:
        return ""
    names = {
        *IN_README,
        *(family + rate for family in ("ligeia:lapped@", "opus:", "mp3:") for rate in rates[group]),
    }
    shown = {name: METRICS[name] for name in MEASURED_BY[group]}
    return markdown(summary_table(rows, shown, names))
