"""Denoising of any sound: music under hiss and hum, speech under white noise, clean recordings, and speech or not.

Noises are made, from a seed for each clip, but for that of a street. `python -m benchmarks.music_denoise NAME ...` adds
the rows of some parts ("music", "speech", "clean", "material") or methods.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import mean, median
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

import ligeia
from benchmarks.lapped import ONE_CORE
from benchmarks.rows import DATA, Rows
from ligeia.datasets.provenance import held_out
from ligeia.datasets.suite import read_suite
from ligeia.enhance.denoising.denoise import METHODS, denoise
from ligeia.enhance.denoising.material import material_of
from ligeia.metrics.table import METRICS
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import decimals, fixed, heading, markdown, table

NOISY = "noisy"
SYSTEMS = ("ligeia", "shrinkage", "logmmse", "gate")
MUSIC_NOISES = {"white": 10.0, "pink": 10.0, "tape hiss": 15.0, "soft tape hiss": 25.0, "tape transfer": 15.0}
"""Noises under music, and their SNR in dB."""
MUSIC_SECONDS, SPEECH_SECONDS, EXAMINED_SECONDS = 5.0, 6.0, 6.0
MUSIC_SCORES = ("si_sdr", "mel_distance")
SPEECH_SCORES = ("segmental_snr", "pesq_wb", "stoi")
SPEECH_SNRS = (0.0, 10.0, 5.0, 15.0)
MATERIAL_NOISES = {"none": None, "white": 10.0, "white, loud": 0.0, "pink": 5.0, "street": 5.0}
CLEAN_SETS, CLEAN_COUNT = ("speech", "music", "notes"), 20
MAINS_HZ, HUM_DB = 50.02, 30.0
"""Fundamental of the hum of a tape transfer, and by how much it is softer than the music."""
UNCHANGED_DB = 200.0


def run() -> None:
    """Add the rows that are missing, in a process of one thread."""
    subprocess.run([sys.executable, "-m", "benchmarks.music_denoise"], check=True, env=os.environ | ONE_CORE)


def measure() -> None:
    """Add the rows that are missing."""
    rows = Rows("music_denoise")
    parts = {"clean": clean_work, "material": material_work, "music": music_work, "speech": speech_work}
    for name in [word for word in sys.argv[1:] if word in parts] or parts:
        for work, key in parts[name]():
            rows.add_once({"benchmark": "music_denoise", **key}, work)


def systems() -> list[str]:
    """Return the noisy sound and the methods that there are, or those that the command line names."""
    wanted = [word for word in sys.argv[1:] if word in SYSTEMS] or SYSTEMS
    return [NOISY, *(name for name in wanted if name in METHODS)]


def music_work() -> Iterator[tuple]:
    """Yield what to do and its key, for music under noise."""
    for clip in read_suite("speech_music", DATA):
        if clip.group != "music":
            continue
        sound = beginning(clip.path, MUSIC_SECONDS)
        for noise, snr_db in MUSIC_NOISES.items():
            noisy = with_noise(sound, noise, snr_db, clip.name)
            for system in systems():
                key = {"part": "music", "noise": noise, "snr_db": snr_db, "system": system, "clip": clip.name}
                yield lambda a=sound, b=noisy, s=system: scored(a, b, s, MUSIC_SCORES), key


def speech_work() -> Iterator[tuple]:
    """Yield what to do and its key, for speech that nothing has learned from under white noise."""
    for snr_db in SPEECH_SNRS:
        for clip in read_suite("unseen_speech", DATA):
            sound = beginning(clip.path, SPEECH_SECONDS)
            noisy = with_noise(sound, "white", snr_db, clip.name)
            for system in systems():
                key = {"part": "speech", "snr_db": snr_db, "system": system, "clip": clip.name}
                yield lambda a=sound, b=noisy, s=system: scored(a, b, s, SPEECH_SCORES), key


def clean_work() -> Iterator[tuple]:
    """Yield what to do and its key, for recordings without noise that anybody minds."""
    for name in CLEAN_SETS:
        paths = sorted((DATA / name).glob("*.flac"))
        for path in Random(0).sample(paths, min(CLEAN_COUNT, len(paths))):
            key = {"part": "clean", "set": name, "system": "shrinkage", "clip": path.name}
            yield lambda path=path: kept(beginning(path, 15.0)), key


def material_work() -> Iterator[tuple]:
    """Yield what to do and its key, for the question whether recordings that nothing was fitted to are speech."""
    material = held_out()
    for kind in ("speech", "music"):
        paths = [*sorted((DATA / kind).glob("*.flac")), *sorted((DATA / "train" / kind).glob("*.flac"))]
        unseen = [path for path in paths if material.contains(path.stem)]
        for path in unseen if kind == "music" else Random(0).sample(unseen, min(20, len(unseen))):
            for noise, snr_db in MATERIAL_NOISES.items():
                key = {"part": "material", "noise": noise, "snr_db": snr_db, "kind": kind, "clip": path.name}
                yield lambda path=path, noise=noise, snr_db=snr_db: judged(path, noise, snr_db), key


# --- one row ------------------------------------------------------------------------------------------


def scored(clean: ligeia.Audio, noisy: ligeia.Audio, system: str, scores: tuple[str, ...]) -> Row:
    """Return the scores of what a system makes of a noisy sound."""
    estimate = noisy if system == NOISY else denoise(noisy, system).audio
    values = ligeia.score(reference=clean, estimate=estimate, metrics=scores, align=False)
    return {"metrics": {name: values[name] for name in scores}}


def kept(audio: ligeia.Audio) -> Row:
    """Return how little shrinkage changes a recording."""
    result = denoise(audio, "shrinkage")
    if not audio.samples.any() or np.array_equal(result.audio.samples, audio.samples):
        return {"si_sdr": UNCHANGED_DB, "snr_db": result.report["snr_db"]}
    scores = ligeia.score(reference=audio, estimate=result.audio, metrics=("si_sdr",), align=False)
    return {"si_sdr": min(scores["si_sdr"], UNCHANGED_DB), "snr_db": result.report["snr_db"]}


def judged(path: Path, noise: str, snr_db: float | None) -> Row:
    """Return whether a recording seems speech."""
    audio = beginning(path, EXAMINED_SECONDS).mono()
    if snr_db is not None:
        audio = with_noise(audio, noise.split(",")[0], snr_db, path.name)
    material = material_of(audio)
    return {"speech": material.speech, "score": material.score}


def beginning(path: Path, seconds: float) -> ligeia.Audio:
    """Return the first seconds of a recording."""
    with ligeia.open_audio(path) as file:
        return ligeia.Audio(file.read(0, round(seconds * file.rate)), file.rate)


def with_noise(sound: ligeia.Audio, noise: str, snr_db: float, name: str) -> ligeia.Audio:
    """Return a sound with a noise, other in each channel, at an SNR; a tape transfer hums as well."""
    random = np.random.default_rng(crc32(f"{name} {noise}".encode()))
    shape = sound.samples.shape
    power = float(np.square(sound.samples, dtype=np.float64).mean())
    if noise == "street":
        added = recorded(DATA / "noise" / "berklee_street_noise_1.flac", sound.rate, shape[1])
    else:
        added = np.stack([coloured(random.normal(size=shape[1]), sound.rate, noise) for _ in range(shape[0])])
    added *= np.sqrt(power / np.square(added).mean() * 10 ** (-snr_db / 10))
    if noise == "tape transfer":
        added += hum(shape[1], sound.rate) * np.sqrt(power * 10 ** (-HUM_DB / 10))
    return ligeia.Audio(sound.samples + added, sound.rate)


def coloured(white: NDArray[np.float64], rate: int, noise: str) -> NDArray[np.float64]:
    """Return white noise in the colour of a noise: pink falls by 3 dB an octave, hiss rises from 1.5 to 9 kHz."""
    hertz = np.maximum(np.fft.rfftfreq(len(white), 1 / rate), 20.0)
    if noise == "white":
        return white
    if noise == "pink":
        response = np.sqrt(20 / hertz)
    else:
        response = np.sqrt((1 + (hertz / 1500) ** 2) / (1 + (hertz / 9000) ** 2) / (1 + (hertz / 16000) ** 8))
    return np.fft.irfft(np.fft.rfft(white) * response, len(white))


def hum(count: int, rate: int) -> NDArray[np.float64]:
    """Return mains hum with 15 harmonics, of power 1."""
    seconds = np.arange(count) / rate
    lines = sum(np.sin(2 * np.pi * MAINS_HZ * k * seconds + k) / k**0.5 for k in range(1, 16))
    return np.asarray(lines / np.sqrt(np.square(lines).mean()))


def recorded(path: Path, rate: int, count: int) -> NDArray[np.float64]:
    """Return a recorded noise, `[1, count]`."""
    audio = ligeia.resample(ligeia.read_audio(path).mono(), rate)
    return np.resize(audio.samples.astype(np.float64), (1, count))


# --- tables -------------------------------------------------------------------------------------------


def music_denoise_table() -> str:
    """Return means over the clips of music, by noise and system."""
    return _means("music", ("noise", "snr_db"), MUSIC_SCORES)


def white_noise_table() -> str:
    """Return means over the clips of speech, by SNR and system."""
    return _means("speech", ("snr_db",), SPEECH_SCORES)


def clean_table() -> str:
    """Return how little clean recordings change, by set."""
    lines = []
    for group in grouped(_rows("clean"), "set"):
        values = [row["si_sdr"] for row in group]
        same = sum(value == UNCHANGED_DB for value in values)
        changed = [value for value in values if value < UNCHANGED_DB]
        cells = [f"{median(changed):.1f}", f"{min(changed):.1f}"] if changed else ["", ""]
        lines.append([group[0]["set"], str(len(values)), str(same), *cells])
    header = ["set", "recordings", "bit-identical", "SI-SDR of the others, median dB", "worst"]
    return markdown(table(header, lines)) if lines else ""


def material_table() -> str:
    """Return how many recordings are taken for speech, by kind and noise."""
    lines = []
    for group in grouped(_rows("material"), "noise"):
        level = "" if group[0]["snr_db"] is None else f"{group[0]['snr_db']:g}"
        cells = []
        for kind in ("speech", "music"):
            verdicts = [row["speech"] for row in group if row["kind"] == kind]
            cells.append(f"{sum(verdicts)} of {len(verdicts)}")
        lines.append([group[0]["noise"].split(",")[0], level, *cells])
    header = ["noise", "SNR dB", "speech taken for speech", "music taken for speech"]
    return markdown(table(header, lines)) if lines else ""


def _rows(part: str) -> list[Row]:
    return [row for row in Rows("music_denoise").rows if row["part"] == part]


def _means(part: str, by: tuple[str, ...], scores: tuple[str, ...]) -> str:
    """Return means by the columns `by` and by system, for the clips that all systems of a group have."""
    lines = []
    rows = sorted(_rows(part), key=lambda row: row["snr_db"])
    for group in grouped(rows, *by):
        for system in (NOISY, *reversed(SYSTEMS)):
            chosen = [row for row in group if row["system"] == system]
            if chosen:
                means = (mean(row["metrics"][name] for row in chosen) for name in scores)
                cells = [fixed(value, decimals(METRICS[name])) for value, name in zip(means, scores, strict=True)]
                lines.append([*(f"{group[0][name]}" for name in by), system, *cells])
    header = [
        *("SNR dB" if name == "snr_db" else name for name in by),
        "",
        *(heading(METRICS[name]) for name in scores),
    ]
    return markdown(table(header, lines)) if lines else ""


if __name__ == "__main__":
    measure()
