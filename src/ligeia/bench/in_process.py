"""Codecs that run in the process that measures them: Ligeia itself, 16-bit PCM as it is, and G.711 mu-law."""

import shutil
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from ligeia.bench.codec import Family, Usage, no_setting, number_in, run_here
from ligeia.codec.settings import MAX_KBPS, MIN_KBPS, NETWORKS
from ligeia.errors import LigeiaError, SettingsError
from ligeia.records.environment import installed_version

AT_ONCE = 2**16
"""Samples of each channel that are copied at once."""
PRESETS = tuple(preset for presets in NETWORKS.values() for preset in presets)
ROOMS = ("codec", "dsp", "fitting", "networks", "training")
"""Rooms whose source decides what is encoded."""
SUFFIXES = (".py", ".safetensors")


@dataclass(frozen=True)
class LigeiaCodec:
    """A preset, a rate in kbit/s, or both: `speech@16`, `siren@24` (see `Codec`).

    Peak memory is that of this whole process; the caller limits the time.
    """

    setting: str
    family: str = "ligeia"
    suffix: str = ".lig"
    lossless: bool = False

    def version(self) -> str:
        """Program, library and options."""
        from ligeia import __version__

        settings = ", ".join(f"{name} {value}" for name, value in _settings(self.setting).items())
        torch = f"torch {installed_version('torch') or 'not installed'}"
        return f"ligeia {__version__} (source {_source_digest()}), {torch}; {settings}, seed 0, device auto"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Turn a WAV file into a function and store it."""
        import ligeia.codec.encode  # noqa: F401 - loading libraries is not part of the time

        return run_here("ligeia", lambda: _encode(wav, encoded, self.setting), (LigeiaError, OSError))

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Evaluate the function at the original rate, as 32-bit float."""
        import ligeia.codec.decode  # noqa: F401 - as above

        return run_here("ligeia", lambda: _decode(encoded, wav), (LigeiaError, OSError))

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
        raise SettingsError(f"ligeia takes {_CHOICES} from {MIN_KBPS:g} to {MAX_KBPS:g}, got {setting!r}")
    return LigeiaCodec(preset + at + number_in("ligeia", rate, MIN_KBPS, MAX_KBPS, _CHOICES))


LADDER = tuple(f"lapped@{kbps}" for kbps in (8, 16, 24, 32, 48, 64, 96, 128))
"""Settings that `ligeia` alone stands for: a ladder of rates, as for other codecs."""
_RATES = f"K: kbit/s, {MIN_KBPS:g} to {MAX_KBPS:g}"
FORMS = (
    ("ligeia:lapped@K", f"what `ligeia encode --kbps K` writes; {_RATES}"),
    ("ligeia:siren@K", "sines of a phase that is fitted to the sound, at that rate"),
    ("ligeia:dense@K", "a SIREN of full matrices, fitted by gradient descent, at that rate"),
    ("ligeia:PRESET@K", f"PRESET: {', '.join(PRESETS)}"),
    ("ligeia:PRESET", "a preset at a rate of its own choice"),
    ("ligeia:K", "the rate alone: what `ligeia encode --kbps K` writes"),
)
_CHOICES = f"{', '.join(PRESETS)}, any of them, {', '.join(NETWORKS)} with @ and kbit/s, or kbit/s"


def _settings(setting: str) -> dict[str, str]:
    """Network, preset and rate that a setting stands for, by name."""
    preset, _, rate = (setting, "", "") if setting in PRESETS else setting.rpartition("@")
    named = {"network": preset} if preset in NETWORKS else {"preset": preset} if preset else {}
    return named | ({"kbps": rate} if rate else {})


@lru_cache(maxsize=1)
def _source_digest() -> str:
    """A short digest of the source that decides what is encoded: rows of an older one do not count as measured."""
    package = Path(__file__).resolve().parents[1]
    files = [
        package / "inr.py",
        *(path for room in ROOMS for path in (package / room).rglob("*") if path.suffix in SUFFIXES),
    ]
    digest = sha256(b"".join(path.read_bytes() for path in sorted(files)))
    return digest.hexdigest()[:8]


def _encode(wav: Path, encoded: Path, setting: str) -> None:
    from ligeia.audio.atomic import write_bytes
    from ligeia.audio.reading import open_audio
    from ligeia.codec.encode import encode_with_report
    from ligeia.codec.settings import EncodeSettings

    chosen = _settings(setting)
    kbps = float(chosen["kbps"]) if "kbps" in chosen else None
    settings = EncodeSettings(network=chosen.get("network"), preset=chosen.get("preset"), kbps=kbps)
    with open_audio(wav) as sound:
        stream, _ = encode_with_report(sound, settings)
    write_bytes(encoded, stream, overwrite=True)


def _decode(encoded: Path, wav: Path) -> None:
    from ligeia.audio.writing import AudioWriter
    from ligeia.codec.container import parse
    from ligeia.codec.decode import decode_pieces

    stream = parse(encoded.read_bytes())
    header = stream.header
    with AudioWriter(wav, rate=header.rate, channels=header.spec.channels, subtype="FLOAT", overwrite=True) as writer:
        for piece in decode_pieces(stream):
            writer.write(piece)


@dataclass(frozen=True)
class WaveCodec:
    """A WAV file of one sample format (see `Codec`). The caller limits the time."""

    family: str
    subtype: str
    """Sample format, as soundfile names it."""
    bytes_per_sample: int
    summary: str
    lossless: bool = False
    setting: str = ""
    suffix: str = ".wav"

    def version(self) -> str:
        """Library and options."""
        import soundfile

        return f"soundfile {soundfile.__version__}, {soundfile.__libsndfile_version__}; {self.summary}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a 16-bit WAV file."""
        return self._run(wav, encoded, self.subtype)

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to a 16-bit WAV file."""
        return self._run(encoded, wav, "PCM_16")

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of the samples."""
        import soundfile

        try:
            info = soundfile.info(str(encoded))
        except (soundfile.SoundFileError, OSError):
            return None
        return int(info.frames * info.channels * self.bytes_per_sample)

    def _run(self, source: Path, target: Path, subtype: str) -> Usage:
        import soundfile

        copy = partial(shutil.copyfile, source, target) if self.lossless else partial(_convert, source, target, subtype)
        return run_here(self.family, copy, (soundfile.SoundFileError, OSError))


def _convert(source: Path, target: Path, subtype: str) -> None:
    import soundfile

    with soundfile.SoundFile(source) as reading:
        shape: dict[str, Any] = {"samplerate": reading.samplerate, "channels": reading.channels}
        with soundfile.SoundFile(target, "w", format="WAV", subtype=subtype, **shape) as writing:
            while len(block := reading.read(AT_ONCE, dtype="int16", always_2d=True)):
                writing.write(block)


def pcm16(setting: str) -> WaveCodec:
    """The WAV file as it is."""
    return WaveCodec("pcm16", "PCM_16", 2, "the file as it is", lossless=True, setting=no_setting("pcm16", setting))


def mulaw(setting: str) -> WaveCodec:
    """G.711 mu-law, 8 bits a sample, at the sound's own rate (telephones use 8 kHz)."""
    return WaveCodec("mulaw", "ULAW", 1, "G.711 mu-law in WAV", setting=no_setting("mulaw", setting))


_BUILT_IN = "part of ligeia"

LIGEIA = Family(
    "ligeia",
    ligeia,
    LADDER,
    _RATES,
    "functions of time, quantised",
    _BUILT_IN,
    FORMS,
)
UNCOMPRESSED = (
    Family("pcm16", pcm16, summary="the 16-bit WAV file as it is", install=_BUILT_IN),
    Family("mulaw", mulaw, summary="G.711 mu-law, 8 bits a sample", install=_BUILT_IN),
)
