"""Codecs without compression, in this process: 16-bit PCM as it is, and G.711 mu-law."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ligeia.bench.codec import CodecError, Usage
from ligeia.bench.here import run_here
from ligeia.bench.settings import nothing

AT_ONCE = 2**16
"""Frames copied at once."""

Copy = Callable[[Path, Path], object]


@dataclass(frozen=True, kw_only=True)
class WaveCodec:
    """A WAV file of one sample format (see `Codec`). The limit on the time is left to whoever runs the process."""

    family: str
    summary: str
    bytes_per_sample: int
    encoding: Copy
    decoding: Copy
    lossless: bool
    setting: str = ""
    suffix: str = ".wav"

    def version(self) -> str:
        """Library and options."""
        import soundfile

        return f"soundfile {soundfile.__version__}, {soundfile.__libsndfile_version__}; {self.summary}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a 16-bit WAV file."""
        return _measured(self.family, lambda: self.encoding(wav, encoded))

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to a 16-bit WAV file."""
        return _measured(self.family, lambda: self.decoding(encoded, wav))

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of the samples."""
        import soundfile

        try:
            info = soundfile.info(str(encoded))
        except (soundfile.SoundFileError, OSError):
            return None
        return int(info.frames * info.channels * self.bytes_per_sample)


def pcm16(setting: str) -> WaveCodec:
    """The WAV file as it is."""
    return WaveCodec(
        family="pcm16",
        setting=nothing("pcm16", setting),
        summary="the file as it is",
        bytes_per_sample=2,
        encoding=shutil.copyfile,
        decoding=shutil.copyfile,
        lossless=True,
    )


def mulaw(setting: str) -> WaveCodec:
    """G.711 mu-law, 8 bits a sample, at the sound's own rate (telephones use 8 kHz)."""
    return WaveCodec(
        family="mulaw",
        setting=nothing("mulaw", setting),
        summary="G.711 mu-law in WAV",
        bytes_per_sample=1,
        encoding=lambda wav, encoded: _convert(wav, encoded, "ULAW"),
        decoding=lambda encoded, wav: _convert(encoded, wav, "PCM_16"),
        lossless=False,
    )


def _convert(source: Path, target: Path, subtype: str) -> None:
    import soundfile

    with soundfile.SoundFile(source) as reading:
        shape: dict[str, Any] = {"samplerate": reading.samplerate, "channels": reading.channels}
        with soundfile.SoundFile(target, "w", format="WAV", subtype=subtype, **shape) as writing:
            while len(block := reading.read(AT_ONCE, dtype="int16", always_2d=True)):
                writing.write(block)


def _measured(family: str, work: Callable[[], object]) -> Usage:
    import soundfile

    try:
        return run_here(work)
    except (soundfile.SoundFileError, OSError) as error:
        raise CodecError(f"{family}: {' '.join(str(error).split())}") from error
