"""The shipped model that writes functions: quality on speakers it never saw beside closed forms, and speed on one core.

In a process of one thread.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median, stdev
from time import perf_counter

import ligeia
from benchmarks.commands import REPEATS, timed, timed_here
from benchmarks.lapped import ONE_CORE, speech
from benchmarks.rows import DATA, Rows
from ligeia.audio.signal import Audio
from ligeia.datasets.provenance import is_unseen
from ligeia.datasets.suite import Clip, read_suite
from ligeia.fitting.own_recipes import own_recipe
from ligeia.fitting.plan import with_parameters
from ligeia.inr import INR
from ligeia.metrics.table import METRICS
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import decimals, fixed, heading, markdown, table

MODEL = "hypersound"
SUITE = "unseen_speech"
SCORES = ("si_snr", "pesq_wb", "stoi", "visqol_speech", "mel_distance")
STEPS = (10, 100)
"""Gradient steps after the pass."""
MINUTE, HOUR_THIRD = 60, 1200
FEWER = (2, 4, 8)
"""The closed form is measured with so many times fewer numbers too."""


def run() -> None:
    """Add the rows that are missing, in a process of one thread."""
    subprocess.run([sys.executable, "-m", "benchmarks.embed"], check=True, env=os.environ | ONE_CORE)


def measure() -> None:
    """Add the rows that are missing."""
    rows = Rows("embed")
    for clip in read_suite(SUITE, DATA):
        for system, embed in systems().items():
            key = {"benchmark": "embed", "system": system, "clip": clip.name}
            rows.add_once(key, lambda embed=embed, clip=clip: quality(embed, clip))
    speeds(rows)


def systems() -> dict[str, Callable[[Audio], INR]]:
    """Return functions that make an INR of a sound, by name."""
    made: dict[str, Callable[[Audio], INR]] = {"one pass": lambda audio: ligeia.embed(audio, MODEL, device="cpu")}
    for steps in STEPS:
        made[f"{steps} steps more"] = lambda audio, steps=steps: ligeia.embed(audio, MODEL, refine=steps, device="cpu")
    for fewer in (1, *FEWER):
        name = "closed form, as many numbers" if fewer == 1 else f"closed form, 1/{fewer} of the numbers"
        made[name] = lambda audio, fewer=fewer: closed_form(audio, fewer)
    return made


def closed_form(audio: Audio, fewer: int) -> INR:
    """Return the windowed-sine network with as many numbers as the model writes, or fewer; positions count."""
    numbers = ligeia.embed(audio, MODEL, device="cpu").parameter_count // fewer
    return ligeia.fit(audio, with_parameters(own_recipe("lapped"), audio, numbers))


def quality(embed: Callable[[Audio], INR], clip: Clip) -> Row:
    """Return the scores of a clip at 16 kHz, as the INR renders it, and the numbers of the INR."""
    audio = ligeia.resample(ligeia.read_audio(clip.path).mono(), 16000)
    started = perf_counter()
    inr = embed(audio)
    seconds = perf_counter() - started
    scores = ligeia.score(reference=audio, estimate=inr.render(16000), metrics=SCORES, align=False)
    return {
        "unseen": is_unseen(clip.name, MODEL),
        "metrics": {name: scores[name] for name in SCORES},
        "numbers_per_sample": inr.parameter_count / audio.sample_count,
        "digest": inr.report.get("digest"),
        "seconds": seconds,
    }


def speeds(rows: Rows) -> None:
    """Time a minute in this process, and the command on a minute and on twenty minutes of two channels at 44.1 kHz."""
    audio = ligeia.resample(speech(MINUTE), 16000)
    for turn in range(REPEATS):
        key = {"benchmark": "embed", "what": "embed, a minute", "turn": turn}
        rows.add_once(key, lambda: timed_here(lambda: ligeia.embed(audio, MODEL, device="cpu"), MINUTE))
    sounds = {"a minute": audio, "20 minutes, stereo, 44.1 kHz": None}
    for name, sound in sounds.items():
        key = {"benchmark": "embed", "what": f"ligeia embed, {name}"}
        rows.add_once(key, lambda sound=sound: command(stereo() if sound is None else sound))


def stereo() -> Audio:
    """Return twenty minutes of speech in two channels at 44.1 kHz."""
    import numpy as np

    minute = ligeia.resample(speech(MINUTE), 44100).samples[0]
    both = np.stack([minute, np.roll(minute, 44100)])
    return Audio(np.tile(both, HOUR_THIRD // MINUTE), 44100)


def command(audio: Audio) -> Row:
    """Time the command on a recording: seconds and peak memory of the process, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        wav, lig = Path(folder, "sound.wav"), Path(folder, "sound.lig")
        ligeia.write_audio(wav, audio)
        facts = timed("embed", MODEL, wav, "-o", lig, "--json", "--device", "cpu", sound_seconds=audio.seconds)
        return facts | {"bytes": lig.stat().st_size}


# --- tables -------------------------------------------------------------------------------------------


def quality_table() -> str:
    """Return means and standard deviations over the clips, system by system."""
    groups = grouped([row for row in Rows("embed").rows if "system" in row], "system")
    header = ["", "clips", "numbers per sample", *(heading(METRICS[name]) for name in SCORES)]
    return markdown(table(header, [_line(group) for group in groups])) if groups else ""


def _line(rows: list[Row]) -> list[str]:
    numbers = mean(row["numbers_per_sample"] for row in rows)
    cells = []
    for name in SCORES:
        values = [row["metrics"][name] for row in rows]
        texts = [fixed(value, decimals(METRICS[name])) for value in (mean(values), stdev(values))]
        cells.append(" ± ".join(texts))
    return [rows[0]["system"], str(len(rows)), f"{numbers:.3f}", *cells]


def speed_table() -> str:
    """Return median seconds, seconds of the core, speed by the latter, and memory of each kind of run."""
    groups = grouped([row for row in Rows("embed").rows if "what" in row], "what")
    lines = [
        [
            group[0]["what"],
            f"{median(row['seconds'] for row in group):.3g}",
            f"{median(row['cpu_seconds'] for row in group):.3g}",
            f"{median(row['sound_seconds'] / row['cpu_seconds'] for row in group):.0f} x",
            f"{group[0]['peak_bytes'] / 2**20:.0f} MiB" if "peak_bytes" in group[0] else "",
        ]
        for group in groups
    ]
    header = ["what", "seconds", "seconds of the core", "real time by the latter", "peak memory of the process"]
    return markdown(table(header, lines)) if lines else ""


if __name__ == "__main__":
    measure()
