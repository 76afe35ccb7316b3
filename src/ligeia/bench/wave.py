"""The shape of the WAV file that a codec is given."""

from dataclasses import dataclass
from pathlib import Path

from ligeia.bench.codec import CodecError
from ligeia.errors import InputError


@dataclass(frozen=True)
class Shape:
    """What a codec may care about."""

    rate: int
    """Sampling rate in Hz."""
    channels: int
    """Number of channels."""
    frames: int
    """Samples per channel."""


def shape_of(wav: Path) -> Shape:
    """The shape of a WAV file.

    Raises:
        CodecError: it cannot be read.
    """
    from ligeia.audio.reading import open_audio

    try:
        with open_audio(wav) as file:
            return Shape(file.rate, file.channels, file.frames)
    except InputError as error:
        raise CodecError(str(error)) from error


def check_channels(who: str, shape: Shape, most: int) -> None:
    """Refuse a sound of more than `most` channels; `who` does not take it.

    Raises:
        CodecError: it has more.
    """
    if shape.channels > most:
        raise CodecError(f"{who} takes {'1 channel' if most == 1 else f'1 to {most} channels'}, not {shape.channels}")


def nearest_rate(rate: int, rates: tuple[int, ...]) -> int:
    """The one of `rates` whose ratio to `rate` is nearest to 1 (Hz)."""
    return min(rates, key=lambda candidate: max(candidate / rate, rate / candidate))
