"""Tables inside pages: what stands between `<!-- table: NAME -->` and `<!-- end -->` is made from data, never typed."""

import re

from benchmarks import codecs, conformance
from benchmarks.report import table
from benchmarks.rows import ROOT
from benchmarks.step import step_table
from ligeia.bench.markdown import markdown
from ligeia.bench.tables import summary_table
from ligeia.metrics.table import METRICS

PAGES = ("README.md", "docs/metrics.md", "docs/networks.md")
IN_README = ("ligeia:standard", "flac")
RATES_IN_README = {"speech": ("8", "16", "24", "32", "64"), "music": ("32", "48", "64", "96", "128")}
MEASURED_BY = {
    "speech": ("pesq_wb", "visqol_speech", "stoi", "si_sdr"),
    "music": ("visqol_audio", "mel_distance", "si_sdr"),
}


def insert_tables() -> None:
    """Make every table in the pages anew."""
    made = {
        "metrics": metric_table(),
        "conformance": conformance_table(),
        "codecs speech": codec_table("speech"),
        "codecs music": codec_table("music"),
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


def codec_table(group: str) -> str:
    """Medians over the clips of a group."""
    rows = [row for row in codecs.known_rows() if row["group"] == group]
    if not rows:
        return ""
    names = {
        *IN_README,
        *(family + rate for family in ("ligeia:lapped@", "opus:", "mp3:") for rate in RATES_IN_README[group]),
    }
    shown = {name: METRICS[name] for name in MEASURED_BY[group]}
    return markdown(summary_table(rows, shown, names))
