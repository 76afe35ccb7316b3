"""Bits of the preset "waveform" on three seconds of speech, for the SNRs of a fitted network, before and after.

RECOMBINER (He et al. 2024) publishes one clip of three seconds of LibriSpeech with 15.86, 20.62 and 25.54 dB, which
took this codec 3.47, 6.24 and 10.90 kbit/s. That clip is not among the recordings: these are others, of speakers that
nothing has learned from, some of them chosen because they take "before" as many bits. "before" is the profile
`waveform`, "after" `waveform_speech`. Bits are those at exactly an SNR, between streams in steps around it.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from math import exp, log
from statistics import median
from time import process_time

import numpy as np

import ligeia
from benchmarks.lapped import ONE_CORE
from benchmarks.rows import DATA, Rows
from ligeia.codec.decode import decode_pieces
from ligeia.codec.transform.encoder import TransformEncoder, encode_transform
from ligeia.codec.transform.presets import BY_NAME, WAVEFORM_SPEECH, TransformPreset
from ligeia.codec.transform.rate_control import Target
from ligeia.datasets.provenance import is_unseen
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table

RATE, SECONDS = 16000, 3
SNRS = (15.86, 20.62, 25.54)
BEFORE, AFTER = "before", "after"
PRESETS: dict[str, TransformPreset] = {BEFORE: BY_NAME["waveform"], AFTER: WAVEFORM_SPEECH}
KBPS_BEFORE = {15.86: 3.47, 20.62: 6.24, 25.54: 10.90}
"""Rates on RECOMBINER's clip before."""
KBPS_OF_RECOMBINER = {15.86: 5.17, 20.62: 10.81, 25.54: 22.11}
GOALS = {15.86: 0.55, 20.62: 0.50, 25.54: 0.42}
"""Parts of RECOMBINER's bits."""
MODELS = ("waveform", "waveform_speech")
STRIDE = 4
"""Exponents from one stream to the next, around an SNR: 1.5 dB."""
REPEATS = 2
UNSEEN = (
    ("speech/ls_clean_103-1240-0000.flac", 1), ("speech/ls_clean_3526-175658-0000.flac", 1),
    ("speech/ls_clean_1898-145702-0000.flac", 1), ("speech/ls_other_367-130732-0001.flac", 1),
    ("train/speech/lsx_460-172359-0000.flac", 1), ("train/speech/lsx_332-128985-0078.flac", 1),
    ("train/speech/lsx_6848-252323-0002.flac", 1), ("train/speech/lsx_7312-92432-0006.flac", 1),
    ("train/speech/lsx_8629-261139-0035.flac", 1), ("train/speech/lsx_1970-28415-0002.flac", 1),
    ("train/speech/lsx_669-129074-0022.flac", 1), ("train/speech/lsx_7859-102519-0016.flac", 1),
)  # fmt: skip
"""The suite `unseen_speech`, from the first second on."""
ALIKE = (
    ("train/speech/lsx_669-129074-0010.flac", 4), ("train/speech/lsx_7859-102519-0008.flac", 4),
    ("train/speech/lsx_1970-28415-0010.flac", 4), ("train/speech/lsx_6848-252323-0004.flac", 1),
    ("train/speech/lsx_460-172359-0021.flac", 1),
)  # fmt: skip
"""Excerpts, of the same speakers, that take "before" as many bits as RECOMBINER's clip, to about a tenth."""


def run() -> None:
    """Add the rows that are missing, in a process of one thread."""
    subprocess.run([sys.executable, "-m", "benchmarks.waveform"], check=True, env=os.environ | ONE_CORE)


def measure() -> None:
    """Add the rows that are missing."""
    rows = Rows("waveform")
    for kind, excerpts in (("unseen", UNSEEN), ("alike", ALIKE)):
        for name, start in excerpts:
            for snr in SNRS:
                for system in PRESETS:
                    key = {"benchmark": "waveform", "system": system, "snr_db": snr, "clip": name, "start": start}
                    rows.add_once(key | {"kind": kind}, lambda at=(name, start), s=system, snr=snr: bits_of(at, s, snr))
    speeds(rows)


def excerpt(name: str, start: int) -> ligeia.Audio:
    """Return three seconds of a recording, from a second on."""
    audio = ligeia.resample(ligeia.read_audio(DATA / name).mono(), RATE)
    return ligeia.Audio(audio.samples[:, start * RATE : (start + SECONDS) * RATE], RATE)


def bits_of(at: tuple[str, int], system: str, snr_db: float) -> Row:
    """Return the rate of an excerpt at an SNR."""
    audio, preset = excerpt(*at), PRESETS[system]
    start = TransformEncoder(audio, preset, preset.frame_seconds[0]).rough_step(Target(snr_db=snr_db))
    low, high = bracket([point(audio, preset, start + k * STRIDE) for k in (-1, 0, 1, 2)], snr_db)
    part = (snr_db - low[0]) / (high[0] - low[0])
    size = exp(log(low[1]) + part * (log(high[1]) - log(low[1])))
    return {"kbps": kbps_of(size), "unseen": is_unseen(at[0], *MODELS)}


def point(audio: ligeia.Audio, preset: TransformPreset, step: int) -> tuple[float, int]:
    """Return SNR and bytes in steps of an exponent."""
    stream, report = encode_transform(audio, preset, Target(step=step))
    return report.snr_db, len(stream)


def bracket(points: list[tuple[float, int]], snr_db: float) -> tuple[tuple[float, int], tuple[float, int]]:
    """Return the two neighbours of an SNR among points."""
    ordered = sorted(points)
    for low, high in pairwise(ordered):
        if low[0] <= snr_db <= high[0]:
            return low, high
    raise ValueError(f"{snr_db} dB does not lie between {ordered[0][0]:.2f} and {ordered[-1][0]:.2f} dB")


def kbps_of(size: float) -> float:
    """Return 1000 bit/s of bytes."""
    return size * 8 / 1000 / SECONDS


def speeds(rows: Rows) -> None:
    """Time both on one excerpt and on half a minute, in turns: processor time, as others use the machine.

    In numpy: the profile `waveform_speech` has no compiled loops.
    """
    os.environ["LIGEIA_COMPILED"] = "0"
    short = excerpt(*UNSEEN[0])
    long = ligeia.Audio(np.concatenate([excerpt(*at).samples for at in UNSEEN[:10]], axis=1), RATE)
    for length, audio in (("3 s", short), ("30 s", long)):
        for turn in range(REPEATS):
            for system, preset in PRESETS.items():
                streams: list[bytes] = []
                encode: Callable[[], object] = lambda a=audio, p=preset, s=streams: s.append(  # noqa: E731
                    encode_transform(a, p, Target(snr_db=SNRS[1]))[0]
                )
                key = {"benchmark": "waveform", "system": system, "length": length, "turn": turn}
                if rows.has(**key, what="decode"):
                    continue
                rows.add_once(key | {"what": "encode"}, lambda work=encode, a=audio: timed(work, a))
                if not streams:
                    encode()
                decode: Callable[[], object] = lambda s=streams: list(decode_pieces(s[0], enhance="off"))  # noqa: E731
                rows.add_once(key | {"what": "decode"}, lambda work=decode, a=audio: timed(work, a))


def timed(work: Callable[[], object], audio: ligeia.Audio) -> Row:
    """Return the processor time of some work on a sound."""
    started = process_time()
    work()
    seconds = process_time() - started
    return {"cpu_seconds": seconds, "speed": audio.seconds / seconds}


# --- tables -------------------------------------------------------------------------------------------


def geometric_mean(values: list[float]) -> float:
    """Return the geometric mean."""
    return exp(sum(map(log, values)) / len(values))


def ratios(kind: str, snr_db: float) -> dict[tuple[str, int], tuple[float, float]]:
    """Return rates before and after by clip."""
    rows = [row for row in Rows("waveform").rows if row.get("kind") == kind and row["snr_db"] == snr_db]
    by = {(row["system"], row["clip"], row["start"]): row["kbps"] for row in rows}
    clips = dict.fromkeys((row["clip"], row["start"]) for row in rows)
    pairs = {clip: (by.get((BEFORE, *clip)), by.get((AFTER, *clip))) for clip in clips}
    return {clip: (before, after) for clip, (before, after) in pairs.items() if before and after}


def waveform_table() -> str:
    """Return geometric means of the rates, and of their ratios, by clips and SNR."""
    header = ["clips", "SNR in dB", "kbit/s before", "after", "ratio", "least to most"]
    lines = []
    for kind in ("unseen", "alike"):
        for snr in SNRS:
            pairs = ratios(kind, snr)
            if not pairs:
                continue
            parts = [after / before for before, after in pairs.values()]
            means = [geometric_mean([pair[k] for pair in pairs.values()]) for k in (0, 1)]
            cells = [f"{means[0]:.2f}", f"{means[1]:.2f}", f"{geometric_mean(parts):.3f}"]
            lines.append([f"{len(pairs)} {kind}", f"{snr}", *cells, f"{min(parts):.3f} to {max(parts):.3f}"])
    return markdown(table(header, lines)) if lines else ""


def recombiner_table() -> str:
    """Return what RECOMBINER's clip would take if it gained as much as the others, beside the goals."""
    header = ["SNR in dB", "RECOMBINER, kbit/s", "part before", "part after, by the unseen clips", "goal"]
    lines = []
    for snr in SNRS:
        parts = [after / before for before, after in ratios("unseen", snr).values()]
        if not parts:
            continue
        before = KBPS_BEFORE[snr] / KBPS_OF_RECOMBINER[snr]
        after = before * geometric_mean(parts)
        lines.append([f"{snr}", f"{KBPS_OF_RECOMBINER[snr]}", f"{before:.2f}", f"{after:.2f}", f"{GOALS[snr]:.2f}"])
    return markdown(table(header, lines)) if lines else ""


def waveform_speed_table() -> str:
    """Return the median processor time of each kind of run."""
    rows = [row for row in Rows("waveform").rows if "what" in row]
    lines = []
    for what in ("encode", "decode"):
        for length in ("3 s", "30 s"):
            chosen = [row for row in rows if (row["what"], row["length"]) == (what, length)]
            speeds_by = {
                group[0]["system"]: median(row["speed"] for row in group) for group in grouped(chosen, "system")
            }
            if len(speeds_by) == len(PRESETS):
                lines.append([f"{what}, {length}", *(f"{speeds_by[system]:.3g} x" for system in PRESETS)])
    return markdown(table(["of processor time", *PRESETS], lines)) if lines else ""


if __name__ == "__main__":
    measure()
