"""results/README.md: tables made from the rows, never typed."""

from collections.abc import Iterable
from typing import Any

from benchmarks.rows import RESULTS, Rows

Row = dict[str, Any]


def write_report() -> None:
    """Make results/README.md anew."""
    parts = ["# Results\n\nMade by `make bench` from the rows beside this file; do not edit.\n"]
    parts += [fit_table(Rows("fit").rows), size_table(Rows("size").rows), decode_table(Rows("decode").rows)]
    parts.append(lapped_tables(Rows("lapped").rows))
    parts.append(startup_table(Rows("startup").rows))
    (RESULTS / "README.md").write_text("\n".join(part for part in parts if part))


def table(header: Iterable[str], lines: Iterable[Iterable[Any]]) -> str:
    """A Markdown table."""
    head = list(header)
    rows = ["| " + " | ".join(map(str, line)) + " |" for line in lines]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *rows]) + "\n"


def machine(rows: list[Row]) -> str:
    """On what the rows were measured."""
    seen = sorted({f"{row['machine']}, {row['threads']} threads, torch {row['torch']}" for row in rows})
    return "Measured on: " + "; ".join(seen) + ".\n"


def fit_table(rows: list[Row]) -> str:
    """SNR at each budget on both sides, and how soon ours has what the paper's recipe ends with."""
    if not rows:
        return ""
    budgets = sorted({row["budget_seconds"] for row in rows if row["side"] == "ligeia"})
    clips = dict.fromkeys(row["clip"] for row in rows)
    lines = [fit_line(clip, [row for row in rows if row["clip"] == clip], budgets) for clip in clips]
    text = (
        "## Fit: SNR in dB at equal seconds\n\n"
        "Ours is run anew for each budget, because its schedule ends with the budget; the paper's recipe "
        "(Siamese SIREN 2023, PE + SIREN 3x256, full batch) is run once, and its SNR read off at the same seconds. "
        "Both sides have at most 141 000 parameters; clips are 22.05 kHz mono, 10 s at most. "
        "The paper's run is cut short: 2500 steps, as in its tables, would take an hour or more for each clip here. "
        "`make bench` lets the sides take turns; each row names the commit at which it was measured.\n\n"
    )
    header = ["clip", *(f"ours, {b:g} s" for b in budgets), "paper's, same seconds", "paper's, end", "ours there in"]
    return text + table(header, lines) + "\n" + machine(rows)


def fit_line(clip: str, rows: list[Row], budgets: list[float]) -> list[str]:
    """One clip's line."""
    ours = [row for row in rows if row["side"] == "ligeia"]
    paper = min((row for row in rows if row["side"] != "ligeia"), key=lambda row: row["seconds"], default=None)
    cells = [" / ".join(f"{row['snr_db']:.1f}" for row in ours if row["budget_seconds"] == b) for b in budgets]
    if paper is None:
        return [clip, *cells, "", "", ""]
    same = " / ".join(f"{snr_at(paper, b):.1f}" for b in budgets)
    paper = max((row for row in rows if row["side"] != "ligeia"), key=lambda row: row["seconds"])
    end = f"{paper['snr_db']:.1f} after {paper['steps']} steps, {paper['seconds']:.0f} s"
    reached = [row["seconds"] for row in ours if row["snr_db"] >= paper["snr_db"]]
    return [clip, *cells, same, end, f"at most {min(reached):.1f} s" if reached else "not reached"]


def snr_at(row: Row, seconds: float) -> float:
    """SNR that a trace had reached after `seconds`; 0 before its first point."""
    return float(max((snr for _, when, snr in row["trace"] if when <= seconds), default=0.0))


def size_table(rows: list[Row]) -> str:
    """Bytes on disk."""
    if not rows:
        return ""
    ours = [row for row in rows if row["side"] != "siamese-baseline"]
    lines = [
        [
            row["clip"],
            row["side"],
            f"{row['bytes']:,}",
            f"{row['kbps']:.1f}",
            f"{row['snr_db']:.1f}",
            f"{row['encode_seconds']:.1f}",
            f"{100 * row['bytes'] / row['flac8_bytes']:.0f} %",
            f"{100 * row['bytes'] / row['pcm16_bytes']:.0f} %",
        ]
        for row in ours
    ]
    text = "## Size: bytes on disk\n\n" + table(
        ["clip", "preset", "bytes", "kbps", "SNR dB", "encode s", "of FLAC -8", "of 16-bit PCM"], lines
    )
    paper = next((row for row in rows if row["side"] == "siamese-baseline"), None)
    if paper is None:
        return text
    return (
        text
        + "\nThe paper's PE + SIREN 3x256, counted once and as the paper counts:\n\n"
        + table(
            ["", "true", "as Siamese SIREN 2023 counts (wrong)"],
            [
                ["parameters", f"{paper['unique_parameters']:,}", f"{paper['paper_parameters']:,}"],
                [
                    "float32",
                    f"{paper['bytes_float32']:,} bytes on disk",
                    f"{paper['paper_float32_bytes']:,} bytes and more",
                ],
                ["8 bits", f"{paper['bytes_8_bits']:,} bytes on disk", ""],
            ],
        )
    )


def decode_table(rows: list[Row]) -> str:
    """Decoding speed and memory."""
    if not rows:
        return ""
    return "## Decode (siren)\n\n" + speeds(rows) + "\n" + machine(rows)


def speeds(rows: list[Row]) -> str:
    """Speed, and peak memory where that was measured."""
    lines = [
        [
            row["what"],
            f"{row['seconds']:.3g} s",
            f"{row['speed']:.3g} x real time",
            f"{row['peak_bytes'] / 2**20:.0f} MiB" if "peak_bytes" in row else "",
        ]
        for row in rows
    ]
    return table(["what", "time", "speed", "peak memory of the process"], lines)


def lapped_tables(rows: list[Row]) -> str:
    """Speed, memory, overhead and second generation of the lapped codec."""
    if not rows:
        return ""
    title = "## The lapped codec on one core\n\n"
    parts = [title, "A minute of speech at 22.05 kHz, mono; an hour of it through the command.\n\n"]
    parts.append(speeds([row for row in rows if "speed" in row]))
    parts.extend(
        f"\nBytes of 3 s of speech (16 kHz, mono) that are no coded numbers: {row['bytes']} "
        f"(header {row['header']}, frames of blocks {row['framing']}, steps {row['steps']}).\n"
        for row in rows
        if row["what"].startswith("overhead")
    )
    twice = [row for row in rows if row["what"] == "second generation"]
    lines = [
        [row["preset"], row["clip"], *(f"{row[name]:.2f}" for name in ("snr_db", "second_snr_db", "loss_db"))]
        for row in twice
    ]
    if lines:
        parts.append("\nEncoded at quality 5, decoded, and encoded again:\n\n")
        parts.append(table(["preset", "clip", "SNR dB", "after the second time", "loss"], lines))
    return "".join(parts) + "\n" + machine(rows)


def startup_table(rows: list[Row]) -> str:
    """Start-up times."""
    if not rows:
        return ""
    lines = [[row["command"], f"{row['median_seconds']:.2f} s", f"{row['max_seconds']:.2f} s"] for row in rows]
    return "## Start-up\n\n" + table(["command", "median", "slowest of 7"], lines)
