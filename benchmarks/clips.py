"""The recordings that the benchmarks use: LIGEIA_DATA names their folder (default ../shared/data)."""

import os
from pathlib import Path

import numpy as np

import ligeia
from benchmarks.rows import ROOT

DATA = Path(os.environ.get("LIGEIA_DATA", ROOT / ".." / "shared" / "data"))
FIT_CLIPS = (
    "siren/gt_bach.wav",
    "speech/ls_clean_103-1240-0000.flac",
    "speech/ls_clean_3526-175658-0000.flac",
    "speech/ls_clean_1898-145702-0000.flac",
    "speech/ls_clean_248-130644-0000.flac",
    "speech/ls_clean_289-121652-0000.flac",
)
RATE = 22050
SECONDS = 10


def load(name: str) -> ligeia.Audio:
    """The clip as Siamese SIREN 2023 prepares it: mono, 22.05 kHz, the first 10 s, peak 1."""
    audio = ligeia.resample(ligeia.read_audio(DATA / name).mono(), RATE)
    samples = audio.samples[:, : SECONDS * RATE]
    return ligeia.Audio(samples / np.abs(samples).max(), RATE)
