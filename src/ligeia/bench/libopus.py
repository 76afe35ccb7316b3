"""Opus by the newest libopus, which the wheels of PyAV bring; programs of distributions are linked with older ones.

libopus has two applications that concern recordings: `audio` aims at the waveform, `voip` at what makes speech
intelligible (a high-pass filter, formants, its speech coder up to higher rates). Each is a family of its own here,
since each is a curve of its own.
"""

import ctypes
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.bench.codec import CodecError, Family, Usage, check_channels, number_in, run_here, shape_of
from ligeia.records.environment import installed_version

RATES = (8000, 12000, 16000, 24000, 48000)
"""Sampling rates in Hz that libopus takes; other sounds are resampled to the last."""
INSIDE = 48000
"""Rate in Hz at which Opus decodes and counts its samples."""
LAYOUTS = {1: "mono", 2: "stereo"}
OPTIONS = {"vbr": "on", "compression_level": "10", "frame_duration": "60"}
"""Variable rate, the slowest and best complexity, and the longest frames: where delay is no matter they cost least."""
SAME_BYTES = {"fflags": "+bitexact"}
"""Equal sounds, equal files."""
HEAD = b"OpusHead"
HEAD_RATE = slice(12, 16)
"""Place of the original sampling rate in the identification header (RFC 7845 §5.1)."""
LIBRARY = re.compile(r"(^|/)(lib)?opus[-.0-9a-f]*\.(so[.0-9]*|dylib|dll)$")
PCM_16 = 32768.0


@dataclass(frozen=True)
class LibopusCodec:
    """One application of libopus at a target rate in kbit/s, in an Ogg file (see `Codec`)."""

    application: str
    setting: str
    suffix: str = ".opus"
    lossless: bool = False

    @property
    def family(self) -> str:
        """The library and what it is told that the sound is for."""
        return f"libopus-{self.application}"

    def version(self) -> str:
        """PyAV, its libopus, and the options."""
        options = " ".join(f"{name} {value}" for name, value in _options(self.application).items())
        return f"av {_installed()}, {library_version()}; {options} bit_rate {self.setting}k"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a 16-bit WAV file; the caller limits the time."""
        _installed()
        check_channels(self.family, shape_of(wav), max(LAYOUTS))
        import av  # noqa: F401 - loading libraries is not part of the time

        bits = round(float(self.setting) * 1000)
        return run_here(self.family, lambda: encode_opus(read_audio(wav), encoded, bits, self.application))

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to the length and, where libopus was given it, the rate of the original, as 32-bit float."""
        _installed()
        import av  # noqa: F401 - as above

        return run_here(self.family, lambda: write_audio(wav, _decode(encoded), subtype="FLOAT", overwrite=True))

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of the packets; the rest is pages of Ogg and two headers."""
        import av

        try:
            with av.open(str(encoded)) as container:
                return sum(packet.size for packet in container.demux(container.streams.audio[0]))
        except (OSError, ValueError, IndexError):  # FFmpeg's errors are of the first two
            return None


def _options(application: str) -> dict[str, str]:
    return {"application": application, **OPTIONS}


def encode_opus(audio: Audio, encoded: Path, bits: int, application: str) -> None:
    """Write a file of Opus at a target rate in bit/s."""
    import av

    given = audio if audio.rate in RATES else resample(audio, RATES[-1])
    samples = np.rint(given.samples * PCM_16).clip(-PCM_16, PCM_16 - 1).astype(np.int16)
    with av.open(str(encoded), "w", format="ogg", options=SAME_BYTES) as container:
        stream = container.add_stream("libopus", rate=given.rate, layout=LAYOUTS[given.channels])
        stream.bit_rate = bits
        stream.codec_context.options = _options(application)
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1), format="s16", layout=LAYOUTS[given.channels])
        frame.sample_rate, frame.pts = given.rate, 0  # without a beginning the file would say a wrong end
        for part in (frame, None):
            container.mux(stream.encode(part))


def _decode(encoded: Path) -> Audio:
    """Decode with FFmpeg's own decoder, which keeps phases better than that of libopus (docs/benchmark.md)."""
    import av

    with av.open(str(encoded)) as container:
        stream = container.streams.audio[0]
        rate = original_rate(stream.codec_context.extradata)
        parts = [_samples(frame) for frame in container.decode(stream)]
    return resample(Audio(np.concatenate(parts, axis=1), INSIDE), rate)


def _samples(frame: Any) -> NDArray[np.float32]:
    return np.asarray(frame.to_ndarray(), dtype=np.float32)  # planar: [channels, time]


def original_rate(head: bytes | None) -> int:
    """Return the rate in Hz at which libopus was given the sound, by the identification header."""
    rate = int.from_bytes((head or b"")[HEAD_RATE], "little")
    return rate if (head or b"").startswith(HEAD) and rate in RATES else INSIDE


def _installed() -> str:
    """Return the version of PyAV.

    Raises:
        CodecError: it is not installed.
    """
    if find_spec("av") is None:
        raise CodecError("PyAV is not installed: pip install av, or ligeia[bench]")
    return installed_version("av") or "of unknown version"


@cache
def library_version() -> str:
    """Return name and version of the libopus inside PyAV's wheel, as the library itself says it."""
    try:
        paths = [Path(str(file.locate())) for file in files("av") or () if LIBRARY.search(file.as_posix())]
        library = ctypes.CDLL(str(paths[0]))
    except (PackageNotFoundError, IndexError, OSError):
        return "libopus of unknown version"  # built from source, with a library of the system
    library.opus_get_version_string.restype = ctypes.c_char_p
    return str(library.opus_get_version_string().decode())


def voip(setting: str) -> LibopusCodec:
    """Application `voip` at a target rate in kbit/s, all channels together."""
    return LibopusCodec("voip", number_in("libopus-voip", setting, 6, 510, "kbit/s"))


def audio(setting: str) -> LibopusCodec:
    """Application `audio` at a target rate in kbit/s, all channels together."""
    return LibopusCodec("audio", number_in("libopus-audio", setting, 6, 510, "kbit/s"))


LADDER = ("6", "8", "12", "16", "24", "32", "48", "64")
_INSTALL = "pip install ligeia[bench] (PyAV: its wheel brings libopus)"

LIBOPUS = tuple(
    Family(f"libopus-{name}", make, LADDER, "K: kbit/s, 6 to 510", f"Opus for {aim}; 1 or 2 channels", _INSTALL)
    for name, make, aim in (
        ("voip", voip, "speech: the newest libopus, application voip"),
        ("audio", audio, "any sound: the newest libopus, application audio"),
    )
)
