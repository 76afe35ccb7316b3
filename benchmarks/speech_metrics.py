"""The preset "speech" on speakers that nothing has learned from: scores by rate, now and with the noise it had before.

The rows "before" are those of `results/peers` at the commit that they name, when all scale factors were rounded by
themselves: the same clips, of which the same ten seconds count.
"""

from statistics import mean

import numpy as np

import ligeia
from benchmarks.low_rates import sound_of
from benchmarks.rows import DATA, Rows
from ligeia.datasets.suite import Clip, read_suite
from ligeia.metrics.table import METRICS
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import decimals, fixed, heading, markdown, table

SUITE, SECONDS = "unseen_speech", 10
KBPS = (8.0, 12.0, 16.0, 24.0, 25.6, 32.0)
SCORES = ("pesq_wb", "visqol_speech", "stoi", "snr", "mel_distance")
BEFORE, NOW = "before", "now"


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("speech_metrics")
    for kbps in KBPS:
        for clip in read_suite(SUITE, DATA):
            key = {"benchmark": "speech_metrics", "system": NOW, "kbps": kbps, "clip": clip.name}
            rows.add_once(key, lambda kbps=kbps, clip=clip: quality(kbps, clip))


def quality(kbps: float, clip: Clip) -> Row:
    """Return rate and scores of a clip."""
    whole = sound_of(clip)
    audio = ligeia.Audio(np.ascontiguousarray(whole.samples[:, : SECONDS * whole.rate]), whole.rate)
    stream = ligeia.encode(audio, "speech", kbps=kbps)
    scores = ligeia.score(reference=audio, estimate=ligeia.decode(stream).render(), metrics=SCORES, align=False)
    return {
        "stream_kbps": len(stream) * 8 / audio.seconds / 1000,
        "metrics": {name: scores[name] for name in SCORES},
    }


def speech_metrics_table() -> str:
    """Return means over the clips, by rate and system."""
    rows = Rows("speech_metrics").rows
    header = ["kbit/s", "noise in empty bands", *(heading(METRICS[name]) for name in SCORES)]
    lines = []
    for kbps in KBPS:
        for system in (BEFORE, NOW):
            for group in grouped([row for row in rows if (row["kbps"], row["system"]) == (kbps, system)], "system"):
                cells = [_mean(group, name) for name in SCORES]
                lines.append([f"{mean(row['stream_kbps'] for row in group):.1f}", system, *cells])
    return markdown(table(header, lines)) if lines else ""


def _mean(rows: list[Row], name: str) -> str:
    return fixed(mean(row["metrics"][name] for row in rows), decimals(METRICS[name]))


if __name__ == "__main__":
    run()
