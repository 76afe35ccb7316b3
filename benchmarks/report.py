"""Tables made from the rows, never typed: results/README.md, and those inside pages.

In a page, everything between `<!-- table: NAME -->` and `<!-- end -->` is made.
"""

import re

from benchmarks import codecs
from benchmarks.chart import write_chart
from benchmarks.codec_speed import codec_speed_table
from benchmarks.conformance import conformance_table
from benchmarks.corpus import beyond_table, corpus_table, entries_table
from benchmarks.denoise import denoise_clean_table, denoise_speed_table, denoise_table
from benchmarks.embed import quality_table, speed_table
from benchmarks.family_codes import codes_table
from benchmarks.hypersound import hypersound_table
from benchmarks.latent import latent_table
from benchmarks.low_rates import goal_table, low_rate_speed_table, low_rate_table
from benchmarks.music_denoise import clean_table, material_table, music_denoise_table, white_noise_table
from benchmarks.notes import instruments_table, notes_table
from benchmarks.overfit import overfit_table
from benchmarks.page import page_table
from benchmarks.peers import GROUPS, peers_table
from benchmarks.player import player_table
from benchmarks.player_start import player_start_table
from benchmarks.rows import RESULTS, ROOT, Rows
from benchmarks.service import service_table
from benchmarks.service_jobs import service_jobs_table
from benchmarks.siren import siren_table
from benchmarks.speech_metrics import speech_metrics_table
from benchmarks.step import step_table
from benchmarks.waveform import recombiner_table, waveform_speed_table, waveform_table
from ligeia.bench.tables import summary_table
from ligeia.metrics.table import METRICS
from ligeia.records.columns import Column, grouped, table_of
from ligeia.records.journal import Row, read_rows
from ligeia.records.tables import markdown, table

FIT = """## Fit: SNR in dB at equal seconds

Ours is run anew for each budget, because its schedule ends with the budget; the paper's recipe \
(Siamese SIREN 2023, PE + SIREN 3x256, full batch) is run once, and its SNR read off at the same seconds. \
Both sides have at most 141 000 parameters; clips are 22.05 kHz mono, 10 s at most. \
The paper's run is cut short: 2500 steps, as in its tables, would take an hour or more for each clip here. \
`make bench` lets the sides take turns; each row names the commit at which it was measured.
"""
SIZE = (
    Column("clip", "clip"),
    Column("preset", "side"),
    Column("bytes", "bytes", ","),
    Column("kbps", "kbps", ".1f"),
    Column("SNR dB", "snr_db", ".1f"),
    Column("encode s", "encode_seconds", ".1f"),
    Column("of FLAC -8", lambda row: row["bytes"] / row["flac8_bytes"], ".0%"),
    Column("of 16-bit PCM", lambda row: row["bytes"] / row["pcm16_bytes"], ".0%"),
)
SPEED = (
    Column("what", "what"),
    Column("time", lambda row: f"{row['seconds']:.3g} s"),
    Column("speed", lambda row: f"{row['speed']:.3g} x real time"),
    Column("peak memory of the process", lambda row: row.get("peak_bytes") and f"{row['peak_bytes'] / 2**20:.0f} MiB"),
)
GENERATIONS = (
    Column("preset", "preset"),
    Column("clip", "clip"),
    Column("SNR dB", "snr_db", ".2f"),
    Column("after the second time", "second_snr_db", ".2f"),
    Column("loss", "loss_db", ".2f"),
)
ACCESS = (
    Column("5 s out of 20 minutes", "what"),
    Column("the first time", lambda row: f"{row.get('first_cpu_seconds', row.get('cpu_seconds')):.2f} s"),
    Column("again", lambda row: row.get("again_cpu_seconds") and f"{row['again_cpu_seconds']:.2f} s"),
    Column("peak memory of the process", lambda row: f"{row['peak_bytes'] / 2**20:.0f} MiB"),
)
STARTUP = (
    Column("command", "command"),
    Column("median", lambda row: f"{row['median_seconds']:.2f} s"),
    Column("slowest of 7", lambda row: f"{row['max_seconds']:.2f} s"),
)


# --- results/README.md --------------------------------------------------------------------------------


def write_tables() -> None:
    """Write results/README.md, every table in the pages, and the chart of the README again."""
    (RESULTS / "README.md").write_text(report(), encoding="utf-8")
    tables = page_tables()
    for name in PAGES:
        path = ROOT / name
        path.write_text(inserted(path.read_text(encoding="utf-8"), tables), encoding="utf-8")
    write_chart()


def report() -> str:
    """Return the text of results/README.md."""
    parts = ["# Results\n\nMade by `make bench` from the rows beside this file; do not edit.\n"]
    for name, section in SECTIONS.items():
        if rows := Rows(name).rows:
            parts += section(rows)
    return "\n".join(parts)


def _machines(rows: list[Row]) -> str:
    machines = sorted({f"{row['machine']}, {row['threads']} threads, torch {row['torch']}" for row in rows})
    return f"Measured on: {'; '.join(machines)}.\n"


def _fit(rows: list[Row]) -> list[str]:
    """SNR at each budget on both sides, and how soon ours has what the paper's recipe ends with."""
    budgets = sorted({row["budget_seconds"] for row in rows if row["side"] == "ligeia"})
    header = ["clip", *(f"ours, {b:g} s" for b in budgets), "paper's, same seconds", "paper's, end", "ours there in"]
    lines = [_fit_line(clip_rows, budgets) for clip_rows in grouped(rows, "clip")]
    return [FIT, markdown(table(header, lines)), _machines(rows)]


def _fit_line(rows: list[Row], budgets: list[float]) -> list[str]:
    """One clip's line; the paper's longest run is its end."""
    ours = [row for row in rows if row["side"] == "ligeia"]
    papers = sorted((row for row in rows if row["side"] != "ligeia"), key=lambda row: float(row["seconds"]))
    cells = [" / ".join(f"{row['snr_db']:.1f}" for row in ours if row["budget_seconds"] == b) for b in budgets]
    if not papers:
        return [rows[0]["clip"], *cells, "", "", ""]
    same = " / ".join(f"{snr_at(papers[0], budget):.1f}" for budget in budgets)
    last = papers[-1]
    end = f"{last['snr_db']:.1f} after {last['steps']} steps, {last['seconds']:.0f} s"
    reached = [row["seconds"] for row in ours if row["snr_db"] >= last["snr_db"]]
    return [rows[0]["clip"], *cells, same, end, f"at most {min(reached):.1f} s" if reached else "not reached"]


def snr_at(row: Row, seconds: float) -> float:
    """Return the SNR that a trace had reached after `seconds`; 0 before its first point."""
    return float(max((snr for _, when, snr in row["trace"] if when <= seconds), default=0.0))


def _size(rows: list[Row]) -> list[str]:
    ours = [row for row in rows if row["side"] != "siamese-baseline"]
    parts = ["## Size: bytes on disk\n", markdown(table_of(SIZE, ours, texts=(0, 1)))]
    for paper in [row for row in rows if row["side"] == "siamese-baseline"][:1]:
        lines = [
            ["parameters", f"{paper['unique_parameters']:,}", f"{paper['paper_parameters']:,}"],
            ["bytes as float32", f"{paper['bytes_float32']:,}", f"{paper['paper_float32_bytes']:,} and more"],
            ["bytes at 8 bits", f"{paper['bytes_8_bits']:,}", ""],
        ]
        parts.append("The paper's PE + SIREN 3x256, counted once and as the paper counts; bytes are those on disk:\n")
        parts.append(markdown(table(["", "true", "as Siamese SIREN 2023 counts (wrong)"], lines)))
    return parts


def _decode(rows: list[Row]) -> list[str]:
    return ["## Decode (a stream of the dense SIREN)\n", markdown(table_of(SPEED, rows)), _machines(rows)]


def _lapped(rows: list[Row]) -> list[str]:
    """Speed, memory, overhead and second generation of the lapped codec."""
    parts = [
        "## The lapped codec on one core\n",
        "A minute of speech at 22.05 kHz, mono; an hour of it through the command.\n",
        markdown(table_of(SPEED, [row for row in rows if "speed" in row])),
    ]
    parts += [
        f"Bytes of 3 s of speech (16 kHz, mono) other than entropy-coded symbols: {row['bytes']} "
        f"(header {row['header']}, frames of blocks {row['framing']}, steps {row['steps']}).\n"
        for row in rows
        if row["what"].startswith("overhead")
    ]
    if generations := [row for row in rows if row["what"] == "second generation"]:
        parts.append("Encoded at quality 5, decoded, and encoded again:\n")
        parts.append(markdown(table_of(GENERATIONS, generations, texts=(0, 1))))
    return [*parts, _machines(rows)]


def _codec_speed(rows: list[Row]) -> list[str]:
    """Speeds of encoding and decoding, alone and beside load."""
    return [
        "## Speed of the lapped codec, alone and beside load\n",
        "Times real time, in the library, of sounds of 20 s; the fastest of three runs. Loops are those of the codec: "
        "in numpy, or compiled (the extra `fast`).\n",
        codec_speed_table(),
        _machines(rows),
    ]


def _startup(rows: list[Row]) -> list[str]:
    return ["## Start-up\n", markdown(table_of(STARTUP, rows))]


def _access(rows: list[Row]) -> list[str]:
    """Return the section on reading a part of a long stream."""
    text = "Stereo at 44.1 kHz and 96 kbit/s; seconds of one core. The first time modules are loaded, too.\n"
    return ["## A part of a stream\n", text, markdown(table_of(ACCESS, rows)), _machines(rows)]


SECTIONS = {
    "fit": _fit,
    "size": _size,
    "decode": _decode,
    "lapped": _lapped,
    "access": _access,
    "codec_speed": _codec_speed,
    "startup": _startup,
}


# --- tables inside pages ------------------------------------------------------------------------------

PAGES = (
    "docs/benchmark.md",
    "docs/codec-log.md",
    "docs/denoise.md",
    "docs/families.md",
    "docs/hypersound.md",
    "docs/low-rates.md",
    "docs/metrics.md",
    "docs/models.md",
    "docs/networks.md",
    "docs/notes-model.md",
    "docs/serve.md",
    "docs/player.md",
    "docs/scale.md",
    "docs/shrinkage.md",
    "docs/siren.md",
)
UNLEARNED = RESULTS / "unlearned"
"""Rows of the clips that no network has learned from: the suite `unlearned`."""
ALWAYS_SHOWN = ("ligeia:standard", "flac")
RATES_IN_BENCHMARK = {"speech": ("8", "16", "24", "32", "64"), "music": ("32", "48", "64", "96", "128")}
RATES_IN_LOG = {"speech": ("8", "12", "16", "24", "32", "48", "64"), "music": ("32", "48", "64", "96", "128")}
MEASURED_BY = {
    "speech": ("pesq_wb", "visqol_speech", "stoi", "si_sdr"),
    "music": ("visqol_audio", "mel_distance", "si_sdr"),
}


def page_tables() -> dict[str, str]:
    """Return the tables of the pages, by name."""
    development, unlearned = (read_rows(folder / "rows.jsonl") for folder in (codecs.FOLDER, UNLEARNED))
    conformance = Rows("conformance").rows
    tables = {
        "metrics": metric_table(),
        "conformance": markdown(conformance_table(conformance), escape=False) if conformance else "",
        "step": step_table(),
        "codec speed": codec_speed_table(),
        "hypersound": hypersound_table(),
        "latent": latent_table(),
        "family codes": codes_table(),
        "embed quality": quality_table(),
        "embed speed": speed_table(),
        "overfit": overfit_table(),
        "notes": notes_table(),
        "instruments": instruments_table(),
        "music denoise": music_denoise_table(),
        "white noise": white_noise_table(),
        "clean recordings": clean_table(),
        "material": material_table(),
        "denoise pairs": denoise_table(),
        "denoise clean": denoise_clean_table(),
        "denoise speed": denoise_speed_table(),
        "low rates": low_rate_table(),
        "siren": siren_table(),
        "low rate goals": goal_table(),
        "low rate speed": low_rate_speed_table(),
        "speech metrics": speech_metrics_table(),
        "waveform": waveform_table(),
        "waveform goals": recombiner_table(),
        "waveform speed": waveform_speed_table(),
        "page": page_table(),
        "corpus files": corpus_table(),
        "corpus beyond": beyond_table(),
        "corpus entries": entries_table(),
        "service": service_table(),
        "service jobs": service_jobs_table(),
        "player": player_table(),
        "player start": player_start_table(),
    }
    tables |= {f"peers {group}": peers_table(group) for group in GROUPS}
    for group in MEASURED_BY:
        tables[f"codecs {group}"] = codec_table(development, group, RATES_IN_BENCHMARK[group])
        tables[f"unlearned {group}"] = codec_table(unlearned, group, RATES_IN_LOG[group])
    return tables


def inserted(text: str, tables: dict[str, str]) -> str:
    """Return `text` with the tables in their places; those without data stay as they are."""

    def put(place: re.Match[str]) -> str:
        made = tables.get(place["name"])
        return place[0] if not made else f"{place['start']}\n{made.strip()}\n\n{place['end']}"

    pattern = r"(?P<start><!-- table: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end -->)"
    return re.sub(pattern, put, text, flags=re.DOTALL)


def metric_table() -> str:
    """Return every metric: how to read it and where it comes from."""
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
    return markdown(table(header, lines, texts=range(len(header))), escape=False)


def codec_table(rows: list[Row], group: str, rates: tuple[str, ...]) -> str:
    """Return medians over the clips of a group."""
    rows = [row for row in rows if row["group"] == group]
    names = {*ALWAYS_SHOWN, *(family + rate for family in ("ligeia:lapped@", "opus:", "mp3:") for rate in rates)}
    metrics = {name: METRICS[name] for name in MEASURED_BY[group]}
    return markdown(summary_table(rows, metrics, names)) if rows else ""
