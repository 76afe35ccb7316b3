"""Ligeia's own codec as one of those compared, in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from ligeia.bench.codec import CodecError, Usage
from ligeia.bench.here import run_here
from ligeia.bench.settings import number_in
from ligeia.errors import InputError, LigeiaError

NETWORKS = {"lapped": ("speech", "music", "waveform"), "siren": ("draft", "standard", "fine")}
"""As `ligeia.codec.settings` has them, which would load torch."""
PRESETS = tuple(preset for presets in NETWORKS.values() for preset in presets)
ROOMS = ("codec", "fitting", "networks")
"""Whose source decides what is encoded."""
SUFFIXES = (".py", ".safetensors")
LOWEST, HIGHEST = 0.1, 100_000.0
"""Rates in kbit/s, as in `ligeia.codec.settings`."""


@dataclass(frozen=True)
class LigeiaCodec:
    """A preset, a rate in kbit/s, or both: `speech@16`, `siren@24` (see `Codec`).

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

        what = ", ".join(f"{name} {value}" for name, value in _settings(self.setting).items())
        return f"ligeia {__version__} (source {_source()}), torch {version('torch')}; {what}, seed 0, device auto"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Turn a WAV file into a function and store it."""
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
    """Ligeia with a preset, a rate in kbit/s, or both: `music`, `96`, `music@96`; `siren@96` is the siren at a rate."""
    if setting in PRESETS:
        return LigeiaCodec(setting)
    preset, at, rate = setting.rpartition("@")
    if at and preset not in (*PRESETS, *NETWORKS):
        raise InputError(f"ligeia takes {_CHOICES} from {LOWEST:g} to {HIGHEST:g}, got {setting!r}")
    return LigeiaCodec(preset + at + number_in("ligeia", rate, LOWEST, HIGHEST, _CHOICES))


_CHOICES = f"{', '.join(PRESETS)}, any of them, lapped or siren with @ and kbit/s, or kbit/s"


def _settings(setting: str) -> dict[str, str]:
    """Network, preset and rate that a setting stands for, by name."""
    preset, _, rate = (setting, "", "") if setting in PRESETS else setting.rpartition("@")
    own = {"network": preset} if preset in NETWORKS else {"preset": preset} if preset else {}
    return own | ({"kbps": rate} if rate else {})


@lru_cache(maxsize=1)
def _source() -> str:
    """A short digest of the source that decides what is encoded: rows of an older one do not count as measured."""
    package = Path(__file__).resolve().parents[1]
    files = [
        package / "inr.py",
        *(path for room in ROOMS for path in (package / room).rglob("*") if path.suffix in SUFFIXES),
    ]
    digest = sha256(b"".join(path.read_bytes() for path in sorted(files)))
    return digest.hexdigest()[:8]


def _measured(work: Callable[[], object]) -> Usage:
    try:
        return run_here(work)
    except (LigeiaError, OSError) as error:
        raise CodecError(f"ligeia: {error}") from error


def _encode(wav: Path, encoded: Path, setting: str) -> None:
    from ligeia.audio.atomic import write_bytes
    from ligeia.audio.reading import open_audio
    from ligeia.codec.encode import encode_with_report
    from ligeia.codec.settings import EncodeSettings

    said = _settings(setting)
    kbps = float(said["kbps"]) if "kbps" in said else None
    settings = EncodeSettings(network=said.get("network"), preset=said.get("preset"), kbps=kbps)
    with open_audio(wav) as sound:
        stream, _ = encode_with_report(sound, settings)
    write_bytes(encoded, stream, overwrite=True)


def _decode(encoded: Path, wav: Path) -> None:
    from ligeia.audio.writing import AudioWriter
    from ligeia.codec.decode import stream_header
    from ligeia.codec.pieces import decode_pieces

    stream = encoded.read_bytes()
    header = stream_header(stream)
    with AudioWriter(wav, rate=header.rate, channels=header.spec.channels, subtype="FLOAT", overwrite=True) as writer:
        for piece in decode_pieces(stream):
            writer.write(piece)
