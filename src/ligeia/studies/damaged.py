"""Damage of studies: recordings, what is done to them, and how far what comes back is from what was lost.

LIGEIA_DATA names the folder of recordings; without it a study still runs, on the sounds that `fits` makes, and the rows
say so.
"""

from math import log10
from time import process_time

import numpy as np

from ligeia.audio.corrupt import Mask
from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.datasets.layouts import data_folder
from ligeia.enhance.restoration.restore import restore
from ligeia.records.columns import Column, averaged, grouped
from ligeia.records.journal import Row
from ligeia.studies.fits import sound

CLIPS = (
    "siren/gt_bach.wav",
    "speech/ls_clean_103-1240-0000.flac",
    "music/max_piano.flac",
    "speech/LJ001-0001.flac",
    "music/brahms_hungarian5_strings.flac",
    "music/sorohanro_solo_trumpet.flac",
    "speech/ls_clean_289-121652-0000.flac",
    "speech/jfk_inaugural.flac",
    "music/sms_sax-phrase.flac",
    "music/vocadito_10.flac",
    "music/max_cinematic.flac",
    "music/sms_vignesh.flac",
)
"""Recordings below LIGEIA_DATA: cello, speech at 16, 22.05 and 44.1 kHz, music. The last six had no part in the choice
of what fills gaps, and of its constants."""
MOST_DB = 200.0
"""An exact restoration is given this SDR, so that rows stay numbers."""
UNAIDED = "lapped, unaided"
"""Our default that has to find the damage by itself."""


def clip_of(label: str, seconds: float | None) -> tuple[Audio, str]:
    """Return the first `seconds` of a recording's first channel (None: all of it), and its name."""
    folder = data_folder()
    if folder is None or not (path := folder / label).is_file():
        kind = "speech" if label.startswith("speech") else "bach"
        return sound(kind, CLIPS.index(label) if label in CLIPS else 0, rate=16000, seconds=seconds or 3.0)
    audio = read_audio(path)
    stop = audio.sample_count if seconds is None else round(seconds * audio.rate)
    return Audio(audio.samples[:1, :stop], audio.rate), label


def restored(broken: Audio, mask: Mask, method: str) -> tuple[Audio, float]:
    """Return what a method makes of a broken sound, and the seconds of processor time that it took."""
    before = process_time()
    whole = restore(broken, "lapped") if method == UNAIDED else restore(broken, method, mask=mask)
    return whole.audio, process_time() - before


def sdr_db(clean: Audio, other: Audio, mask: Mask | None = None) -> float:
    """Return the signal-to-distortion ratio in dB, over the samples of `mask` only where there is one."""
    chosen = slice(None) if mask is None else mask
    truth = clean.samples[:, chosen].astype(np.float64)
    error = float(np.sum(np.square(truth - other.samples[:, chosen])))
    energy = float(np.sum(np.square(truth)))
    return MOST_DB if error <= energy * 10 ** (-MOST_DB / 10) else 10 * log10(max(energy, 1e-30) / error)


def with_means(rows: list[Row], *by: str) -> list[Row]:
    """Return `rows`, and a line of means for each combination of the fields `by` that every sound has a row of."""
    sounds = len({row["sound"] for row in rows})
    whole = [group for group in grouped(rows, *by) if len(group) == sounds > 1]
    return [*rows, *({**averaged(group, *by)[0], "sound": f"mean of {sounds}"} for group in whole)]


SOUND, METHOD = Column("sound", "sound"), Column("method", "cell.method")
