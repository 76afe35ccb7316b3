"""Denoising: quality on the pairs of VoiceBank-DEMAND, what happens to clean recordings, speed and memory.

Methods that fit a network to each recording take minutes for a clip; the study `denoise_table` has them. Speeds are
those of the seconds that one core was busy, in a process of one thread. Rows are measured again with --fresh;
`python -m benchmarks.denoise NAME ...` adds those of some methods.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import numpy as np

import ligeia
from benchmarks.commands import HOUR, REPEATS, timed, timed_here
from benchmarks.lapped import ONE_CORE, speech
from benchmarks.rows import DATA, Rows
from ligeia.audio.corrupt import add_noise
from ligeia.audio.writing import AudioWriter
from ligeia.datasets.suite import read_suite
from ligeia.enhance.denoising.denoise import METHODS, denoise
from ligeia.metrics.table import METRICS
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import decimals, fixed, heading, markdown, table

ORDER = ("ligeia", "suppressor", "shrinkage", "logmmse", "gate", "gate-nonstationary", "rnnoise")
"""Methods that need no fit and no weights of the user's."""
NOISY, PEER = "noisy", "CMGAN (as published)"
SCORES = ("pesq_wb", "stoi", "segmental_snr", "csig", "cbak", "covl", "si_sdr")
RATE, MINUTE, SNR_DB = 16000, 60, 10.0
MOST_SECONDS = 20.0
"""Longest part of a clean recording."""
UNCHANGED_DB = 200.0
"""Value in place of an infinite SI-SDR."""


def run() -> None:
    """Add the rows that are missing, in a process of one thread."""
    subprocess.run([sys.executable, "-m", "benchmarks.denoise"], check=True, env=os.environ | ONE_CORE)


def measure() -> None:
    """Add the rows that are missing."""
    rows = Rows("denoise")
    for path in sorted((DATA / "noisy_speech").glob("*_noisy.flac")):
        for system in (NOISY, PEER, *methods()):
            key = {"benchmark": "denoise", "part": "pairs", "system": system, "clip": path.name}
            rows.add_once(key, lambda system=system, path=path: pair(system, path))
    for name, audio in clean_recordings():
        for method in methods():
            key = {"benchmark": "denoise", "part": "clean", "system": method, "clip": name}
            rows.add_once(key, lambda method=method, audio=audio: clean(method, audio))
    speeds(rows)


def methods() -> list[str]:
    """Return those of `ORDER` that there are."""
    wanted = [word for word in sys.argv[1:] if word in ORDER] or ORDER
    there = [name for name in wanted if name in METHODS]
    return there if find_spec("pyrnnoise") else [name for name in there if name != "rnnoise"]


def pair(system: str, noisy_path: Path) -> Row:
    """Return the scores of one noisy recording, or of what a system made of it."""
    named = {part: Path(str(noisy_path).replace("_noisy", f"_{part}")) for part in ("clean", "cmgan")}
    clean_sound, noisy = ligeia.read_audio(named["clean"]), ligeia.read_audio(noisy_path)
    if system == PEER:
        estimate = ligeia.read_audio(named["cmgan"])
    else:
        estimate = noisy if system == NOISY else denoise(noisy, system).audio
    scores = ligeia.score(reference=clean_sound, estimate=estimate, metrics=SCORES, align=False)
    return {"metrics": {name: scores[name] for name in SCORES}}


def clean_recordings() -> Iterator[tuple[str, ligeia.Audio]]:
    """Yield recordings in which there is little to take away: speech that nothing learned from, and music."""
    for suite in ("unseen_speech", "speech_music"):
        for clip in read_suite(suite, DATA):
            if suite == "unseen_speech" or clip.group == "music":
                with ligeia.open_audio(clip.path) as file:
                    yield clip.name, ligeia.Audio(file.read(0, int(MOST_SECONDS * file.rate)), file.rate)


def clean(method: str, audio: ligeia.Audio) -> Row:
    """Return how much a method changes a clean recording."""
    result = denoise(audio, method)
    scores = ligeia.score(reference=audio, estimate=result.audio, metrics=("si_sdr",), align=False)
    si_sdr = min(scores["si_sdr"], UNCHANGED_DB)
    return {"rate": audio.rate, "si_sdr": si_sdr, "snr_db": result.report.get("snr_db")}


def speeds(rows: Rows) -> None:
    """Time each method on a minute of noisy speech at 16 and at 48 kHz, and the command on an hour at 16 kHz."""
    at_16 = ligeia.resample(speech(MINUTE), RATE)
    for rate in (RATE, 48000):
        audio = add_noise(ligeia.resample(at_16, rate), snr_db=SNR_DB, seed=0)
        for method in methods():
            denoise(ligeia.Audio(audio.samples[:, :rate], rate), method)  # loads what it needs
            for turn in range(REPEATS):
                key = {"benchmark": "denoise", "part": "speed", "system": method, "rate": rate, "turn": turn}
                rows.add_once(
                    key, lambda method=method, audio=audio: timed_here(lambda: denoise(audio, method), MINUTE)
                )
    keys = {m: {"benchmark": "denoise", "part": "hour", "system": m} for m in methods()}
    if all(rows.has(**key) for key in keys.values()):
        return
    with TemporaryDirectory() as folder:
        wav = Path(folder, "hour.wav")
        write_hour(wav, at_16)
        for method, key in keys.items():
            rows.add_once(key, lambda method=method: hour(method, wav))


def write_hour(wav: Path, minute: ligeia.Audio) -> None:
    """Write an hour of noisy speech and a tail that fills no frame, in 16 bits."""
    random = np.random.default_rng(0)
    with AudioWriter(wav, rate=minute.rate, channels=1) as writer:
        for _ in range(HOUR // MINUTE):
            writer.write(minute.samples + random.normal(0, 0.01, minute.samples.shape))
        writer.write(minute.samples[:, :12345])


def hour(method: str, wav: Path) -> Row:
    """Return time and peak memory of the command, and the samples that were lost."""
    result = wav.with_name("result.wav")
    facts = timed("denoise", wav, "-o", result, "--method", method, "--force", "--json", sound_seconds=HOUR)
    with ligeia.open_audio(wav) as before, ligeia.open_audio(result) as after:
        return facts | {"lost_samples": before.sample_count - after.sample_count}


# --- tables -------------------------------------------------------------------------------------------


def denoise_table() -> str:
    """Return means over the pairs, by system."""
    header = ["", *(heading(METRICS[name]) for name in SCORES)]
    lines = []
    for group in _groups("pairs"):
        means = (mean(row["metrics"][name] for row in group) for name in SCORES)
        cells = [fixed(value, decimals(METRICS[name])) for name, value in zip(SCORES, means, strict=True)]
        lines.append([group[0]["system"], *cells])
    return markdown(table(header, lines)) if lines else ""


def denoise_clean_table() -> str:
    """Return what is left of clean recordings: the median and the worst SI-SDR, of speech and of music."""
    lines = []
    for group in _groups("clean"):
        cells = []
        for is_music in (False, True):
            values = [row["si_sdr"] for row in group if (row["rate"] > RATE) == is_music]
            cells += [_left(median(values)), _left(min(values))] if values else ["", ""]
        lines.append([group[0]["system"], *cells])
    header = ["", "speech, median dB", "worst", "music, median dB", "worst"]
    return markdown(table(header, lines)) if lines else ""


def _left(si_sdr: float) -> str:
    return "unchanged" if si_sdr >= UNCHANGED_DB else f"{si_sdr:.1f}"


def denoise_speed_table() -> str:
    """Return speed and memory by system."""
    fast, hours = _groups("speed"), {group[0]["system"]: group[0] for group in _groups("hour")}
    lines = []
    for group in fast:
        name = group[0]["system"]
        at = {rate: [_speed(row) for row in group if row["rate"] == rate] for rate in (RATE, 48000)}
        cells = [f"{median(values):.0f}" if values else "" for values in at.values()]
        whole = hours.get(name)
        more = [f"{_speed(whole):.0f}", f"{whole['peak_bytes'] / 2**20:.0f} MiB"] if whole else ["", ""]
        lines.append([name, *cells, *more])
    header = ["x real time", "16 kHz", "48 kHz", "an hour at 16 kHz, by the command", "its peak memory"]
    return markdown(table(header, lines)) if lines else ""


def _speed(row: Row) -> float:
    return float(row["sound_seconds"] / row["cpu_seconds"])


def _groups(part: str) -> list[list[Row]]:
    """Return the rows of a part by system, in the order of the tables."""
    places = {name: place for place, name in enumerate((NOISY, *ORDER, PEER))}
    rows = [row for row in Rows("denoise").rows if row.get("part") == part]
    return sorted(grouped(rows, "system"), key=lambda group: places.get(group[0]["system"], len(places)))


if __name__ == "__main__":
    measure()
