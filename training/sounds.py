"""Which recordings the shipped networks learn from, and which they never see, so that results can be told by these."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio

DEV_SPEECH = (
    "ls_clean_103-1240-0000",
    "ls_clean_3526-175658-0000",
    "ls_clean_1898-145702-0000",
    "ls_other_367-130732-0001",
    "vctk16_p225_003",
    "vctk16_p226_016",
)
"""Speech for judging; nothing of their speakers is learned from."""
DEV_MUSIC = (
    "brahms_hungarian5_strings",
    "max_piano",
    "sms_singing-female",
    "spi_drum_roll",
    "stk_celtic",
    "macleod_vibe_ace",
)
"""Music for judging."""
SPEECH_SECONDS, MUSIC_SECONDS = 8.0, 8.0
"""Of each recording that is learned from."""
MUSIC_START = 2.0


def speaker(name: str) -> str:
    """Who speaks in a recording, from its name: LibriSpeech and VCTK say so, others are one of a kind."""
    parts = name.split("_")
    if parts[0] == "ls":
        return parts[2].split("-")[0]
    return parts[1] if parts[0] == "vctk16" else name


def speech(data: Path) -> Iterator[Audio]:
    """Mono speech at 16 kHz, without the speakers of `DEV_SPEECH`."""
    kept_out = {speaker(name) for name in DEV_SPEECH}
    for path in sorted((data / "speech").glob("*.flac")):
        if speaker(path.stem) not in kept_out and not path.stem.startswith("vctk48"):
            audio = resample(read_audio(path).mono(), 16000)
            yield Audio(audio.samples[:, : round(SPEECH_SECONDS * 16000)], 16000)


def music(data: Path) -> Iterator[Audio]:
    """Music without `DEV_MUSIC`: every third piece at 22.05 kHz, every second one as mono, the others at 44.1 kHz."""
    paths = [path for path in sorted((data / "music").glob("*.flac")) if path.stem not in DEV_MUSIC]
    for number, path in enumerate(paths):
        rate = 44100 if number % 3 else 22050
        audio = resample(read_audio(path), rate)
        start = round(MUSIC_START * rate)
        samples = audio.samples[:, start : start + round(MUSIC_SECONDS * rate)]
        if samples.shape[1] > rate // 2:
            yield Audio(samples if number % 2 else np.mean(samples, axis=0, keepdims=True), rate)


def voices(data: Path) -> Iterator[Audio]:
    """Voices at 22.05 and 44.1 kHz, so that speech of such rates is not quite unheard of: readers and singers."""
    names = [*sorted((data / "speech").glob("LJ*.flac")), *sorted((data / "music").glob("vocadito*.flac"))]
    for path in names:
        audio = read_audio(path).mono()
        yield Audio(audio.samples[:, : round(SPEECH_SECONDS * audio.rate)], audio.rate)
