"""Formats that libsndfile does not know, through an `ffmpeg` process where one is installed."""

import shutil
import subprocess
from pathlib import Path

from ligeia.errors import InputError

TIMEOUT = 600.0  # seconds: hours of sound decode in less


def decode(path: Path, wav: Path, *, streamed_wav: bool = False) -> None:
    """Decode the first sound stream of `path` to the float32 WAV file `wav`, rate and channels kept.

    `streamed_wav` says that it is a WAV file whose header states a length of 0 instead of the true one.

    Raises:
        InputError: ffmpeg is missing, fails, or takes longer than `TIMEOUT`.
    """
    # Only local files: a playlist must not make a decoder fetch addresses.
    length = ["-f", "wav", "-ignore_length", "1"] if streamed_wav else ["-xerror"]
    reading = [*length, "-protocol_whitelist", "file,pipe", "-i", f"file:{path.absolute()}"]
    writing = ["-map", "a:0", "-c:a", "pcm_f32le", "-rf64", "auto", "-f", "wav", f"file:{wav}"]
    _run([*reading, *writing], f"{path} is not a recording that can be read")


def encode(wav: Path, path: Path, *, rate: int, channels: int) -> None:
    """Encode the WAV file `wav` to `path`, in the format that the ending of `path` names.

    Raises:
        InputError: ffmpeg is missing, fails (it may not know the ending or take the rate in Hz), or takes
            longer than `TIMEOUT`.
    """
    shape = ["-ar", str(rate), "-ac", str(channels)]  # stated, so that ffmpeg refuses rather than changes
    arguments = ["-i", f"file:{wav}", "-map", "a:0", *shape, f"file:{path}"]
    _run(arguments, f"ffmpeg cannot write {channels} channel(s) at {rate} Hz as {path.suffix}")


def _run(arguments: list[str], failure: str) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError(f"{failure}; installing ffmpeg would bring more formats")
    command = [program, "-nostdin", "-hide_banner", "-v", "error", "-y", *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{failure}: ffmpeg took longer than {TIMEOUT:g} s") from error
    except OSError as error:
        raise InputError(f"{failure}: ffmpeg does not run ({error.strerror})") from error
    if done.returncode != 0:
        raise InputError(f"{failure} ({_last_line(done.stderr)})")


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return "ffmpeg: " + lines[-1].strip()[:200]
