"""Ligeia's own codec as one of those compared, in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from ligeia.bench.codec import CodecError, Usage
from ligeia.bench.here import run_here
from ligeia.bench.settings import number_in
from ligeia.errors import LigeiaError

PRESETS = ("draft", "standard", "fine")
"""As `ligeia.codec.presets` has them, which would load torch."""
ROOMS = ("codec", "fitting", "networks")
"""Whose source decides what is encoded."""
LOWEST, HIGHEST = 0.1, 100_000.0
"""Rates in kbit/s, as in `ligeia.codec.presets`."""


@dataclass(frozen=True)
class LigeiaCodec:
    """A preset, or a rate in kbit/s to stay below (see `Codec`).

    Peak memory is that of this whole process, torch included; the limit on the time is left to whoever runs it.
    """

    setting: str
    family: str = "ligeia"
    suffix: str = ".lig"
    lossless: bool = False

    def version(self) -> str:
        """Programme, library and options."""
        from importlib.metadata import version

        from ligeia import __version__

        what = f"preset {self.setting}" if self.setting in PRESETS else f"kbps {self.setting}"
        return f"ligeia {__version__} (source {_source()}), torch {version('torch')}; {what}, seed 0, device auto"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Fit a function to a WAV file and store it."""
        import ligeia.codec.encode  # noqa: F401 - loading torch is no part of the time

        return _measured(lambda: _encode(wav, encoded, self.setting))

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Evaluate the function at the original rate, as 32-bit float."""
        import ligeia.codec.decode  # noqa: F401 - as above

        return _measured(lambda: _decode(encoded, wav))

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of gains and parameters."""
        from ligeia.codec.inspect import inspect

        try:
            info = inspect(encoded.read_bytes())
        except (LigeiaError, OSError):
            return None
        return info.total_bytes - info.bytes_by_part["header"] - info.bytes_by_part["framing"]


def ligeia(setting: str) -> LigeiaCodec:
    """Ligeia with a preset (draft, standard, fine) or a rate in kbit/s that it stays below."""
    if setting in PRESETS:
        return LigeiaCodec(setting)
    return LigeiaCodec(number_in("ligeia", setting, LOWEST, HIGHEST, f"{', '.join(PRESETS)}, or kbit/s"))


@lru_cache(maxsize=1)
def _source() -> str:
    """A short digest of the source that decides what is encoded: rows of an older one do not count as measured."""
    package = Path(__file__).resolve().parents[1]
    files = [package / "inr.py", *(path for room in ROOMS for path in (package / room).rglob("*.py"))]
    digest = sha256(b"".join(path.read_bytes() for path in sorted(files)))
    return digest.hexdigest()[:8]


def _measured(work: Callable[[], object]) -> Usage:
    try:
        return run_here(work)
    except (LigeiaError, OSError) as error:
        raise CodecError(f"ligeia: {error}") from error


def _encode(wav: Path, encoded: Path, setting: str) -> None:
    from ligeia.audio.atomic import write_bytes
    from ligeia.audio.files import open_audio
    from ligeia.codec.encode import encode_with_report
    from ligeia.codec.presets import EncodeSettings

    settings = EncodeSettings(preset=setting) if setting in PRESETS else EncodeSettings(kbps=float(setting))
    with open_audio(wav) as sound:
        stream, _ = encode_with_report(sound, settings)
    write_bytes(encoded, stream, overwrite=True)


def _decode(encoded: Path, wav: Path) -> None:
    from ligeia.audio.writer import AudioWriter
    from ligeia.codec.decode import decode_pieces, stream_header

    stream = encoded.read_bytes()
    header = stream_header(stream)
    with AudioWriter(wav, rate=header.rate, channels=header.spec.channels, subtype="FLOAT", overwrite=True) as writer:
        for piece in decode_pieces(stream):
            writer.write(piece)
