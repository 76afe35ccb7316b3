"""A codec that is two command lines: one that encodes, one that decodes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ligeia.bench.codec import Usage
from ligeia.bench.installed import program_path
from ligeia.bench.payload import packet_bytes
from ligeia.bench.process import run_program
from ligeia.bench.wave import Shape, nearest_rate, shape_of

WAV, ENCODED, RATE = "<wav>", "<encoded>", "<rate>"
"""Stand for the two files and the sampling rate in a command."""


def anything(shape: Shape) -> None:
    """Take every sound."""


@dataclass(frozen=True, kw_only=True)
class ProgramCodec:
    """A codec at one setting, run as programs on files (see `Codec`)."""

    family: str
    setting: str
    suffix: str
    encoder: tuple[str, ...]
    """The program that encodes and what it is always given; `options` and the files follow."""
    options: tuple[str, ...]
    """What decides about the sound; part of the version."""
    files: tuple[str, ...] = (WAV, ENCODED)
    """The end of the encoder's command."""
    decoder: tuple[str, ...]
    """The whole command that decodes."""
    banner: Callable[[], str]
    """Programme and library in one line."""
    check: Callable[[Shape], None] = anything
    """Raises `CodecError` for sounds that it does not take."""
    rates: tuple[int, ...] = ()
    """Sampling rates (Hz) to choose the nearest from, where the encoder has only a few; it resamples by itself."""
    lossless: bool = False

    def version(self) -> str:
        """Programme, library and options."""
        program_path(self.encoder[0])
        program_path(self.decoder[0])
        rates = "|".join(map(str, self.rates))
        return f"{self.banner()}; {' '.join(self.options).replace(RATE, rates)}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a 16-bit WAV file."""
        program_path(self.encoder[0])
        shape = shape_of(wav)
        self.check(shape)
        rate = nearest_rate(shape.rate, self.rates) if self.rates else shape.rate
        command = _filled((*self.encoder, *self.options, *self.files), wav, encoded, rate)
        return run_program(command, timeout=timeout, produces=encoded)

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to a WAV file."""
        return run_program(_filled(self.decoder, wav, encoded, 0), timeout=timeout, produces=wav)

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of the packets; None without `ffprobe`."""
        return packet_bytes(encoded)


def _filled(command: tuple[str, ...], wav: Path, encoded: Path, rate: int) -> list[str]:
    """The command with the real files; absolute, so that no name looks like an option or an address."""
    real = {WAV: str(wav.absolute()), ENCODED: str(encoded.absolute()), RATE: str(rate)}
    return [real.get(part, part) for part in command]
