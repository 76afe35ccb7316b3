"""LC3, the codec of Bluetooth LE Audio, by the programs of liblc3: constant rate, frames of 10 ms.

Its files are a header of 18 bytes and, before every frame, its length in 2: 1.6 kbit/s beside the frames. Frames of
7.5 ms begin at 21.3 kbit/s a channel and predict less well: they serve delay, which no recording needs.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from ligeia.bench.codec import CodecError, Family, Shape, Usage, check_channels, number_in, shape_of
from ligeia.bench.program import package_version, program_path, run_program

RATES = (8000, 16000, 24000, 32000, 48000)
"""Sampling rates in Hz that it takes."""
LEAST_KBPS, MOST_KBPS = 16, 320
"""Rates of a channel: frames of 20 to 400 bytes. Asked for less, the encoder would give the least."""
CHANNELS = 2
FRAME_MS = "10"
OUTPUT_BITS = "24"
HEADER = struct.Struct("<HH")
"""A mark, and the bytes of the header."""
MARK = 0xCC1C
LENGTH = struct.Struct("<H")


@dataclass(frozen=True)
class Lc3Codec:
    """LC3 at a constant rate in kbit/s, all channels together (see `Codec`)."""

    setting: str
    family: str = "lc3"
    suffix: str = ".lc3"
    lossless: bool = False

    def version(self) -> str:
        """Library and options; the programs do not say their version."""
        program_path("elc3")
        program_path("dlc3")
        return f"{package_version('liblc3-0')}; -m {FRAME_MS} -b {self._bits()}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a 16-bit WAV file."""
        program_path("elc3")
        self._check(shape_of(wav))
        command = ["elc3", "-m", FRAME_MS, "-b", self._bits(), str(wav.absolute()), str(encoded.absolute())]
        return run_program(command, timeout=timeout, produces=encoded)

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to a WAV file of the original's rate and length; the programs take their delay off."""
        command = ["dlc3", "-b", OUTPUT_BITS, str(encoded.absolute()), str(wav.absolute())]
        return run_program(command, timeout=timeout, produces=wav)

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of the frames."""
        try:
            return _frame_bytes(encoded.read_bytes())
        except (OSError, struct.error):
            return None

    def _bits(self) -> str:
        return str(round(float(self.setting) * 1000))

    def _check(self, shape: Shape) -> None:
        check_channels(self.family, shape, CHANNELS)
        if shape.rate not in RATES:
            raise CodecError(f"lc3 takes a rate of {', '.join(map(str, RATES))} Hz, not {shape.rate}: resample first")
        if not LEAST_KBPS * shape.channels <= float(self.setting) <= MOST_KBPS * shape.channels:
            raise CodecError(f"lc3 takes {LEAST_KBPS} to {MOST_KBPS} kbit/s a channel, not {self.setting} in all")


def _frame_bytes(data: bytes) -> int | None:
    """The lengths that stand before the frames, added; None where this is not such a file."""
    mark, place = HEADER.unpack_from(data)
    if mark != MARK:
        return None
    total = 0
    while place < len(data):
        (length,) = LENGTH.unpack_from(data, place)
        place, total = place + LENGTH.size + length, total + length
    return total if place == len(data) else None


def lc3(setting: str) -> Lc3Codec:
    """LC3 at a constant rate in kbit/s, all channels together."""
    return Lc3Codec(number_in("lc3", setting, LEAST_KBPS, CHANNELS * MOST_KBPS, "kbit/s"))


LC3 = Family(
    "lc3",
    lc3,
    ("16", "24", "32", "48", "64"),
    f"K: kbit/s, {LEAST_KBPS} to {CHANNELS * MOST_KBPS}",
    "LC3, constant rate, 10 ms (liblc3); 8, 16, 24, 32 or 48 kHz, 1 or 2 channels",
    "Debian: apt-get install liblc3-tools",
)
