"""How much of a file is sound: the bytes of its packets, without the container around them."""

import subprocess
from pathlib import Path

from ligeia.bench.codec import CodecError
from ligeia.bench.installed import program_path

PATIENCE = 120.0
"""Seconds for listing the packets of a file."""
ASKING = ("-v", "error", "-select_streams", "a:0", "-show_entries", "packet=size", "-of", "csv=p=0")


def packet_bytes(encoded: Path) -> int | None:
    """Bytes of all packets of the first sound stream, counted by `ffprobe`; None where it is missing or fails.

    Headers of the stream are no packets: page and frame tables, the Info frame of an MP3 file, and the code books
    of Vorbis (3 to 5 KB), without which it cannot be decoded.
    """
    try:
        command = [program_path("ffprobe"), *ASKING, str(encoded.absolute())]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=True)
    except (CodecError, OSError, subprocess.SubprocessError):
        return None
    sizes = [line.split(b",")[0].strip() for line in done.stdout.splitlines()]
    return sum(int(size) for size in sizes if size.isdigit()) or None
