"""`ligeia play`: listen to a .lig file, or to any recording."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Quiet, Start, Stop
from ligeia.cli.sources import path_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ligeia.audio.signal import Sound

PIECE = 2.0
"""Seconds that are read at once."""
MOST_CHANNELS = 2


def play(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="A .lig file, or a recording of any format; - is standard input.")
    ],
    start: Start = 0.0,
    stop: Stop = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end, until Ctrl-C.")] = False,
    quiet: Quiet = False,
) -> None:
    """Play a .lig file, or any recording, whole or in part.

    It is decoded while it plays. This needs the extra `play`, and a sound device.
    """
    from ligeia.cli.console import Console
    from ligeia.cli.signals import exit_code
    from ligeia.cli.sources import open_sound
    from ligeia.errors import InputError, SettingsError

    if stop is not None and stop <= start:
        raise SettingsError(f"--stop {stop:g} s does not lie after --start {start:g} s")
    device = _device()
    console = Console(quiet=quiet)
    try:
        with open_sound(path_of(source)) as sound:
            console.notes(sound.notes)
            if start >= sound.seconds:
                raise InputError(f"there is nothing to play from {start:g} s on: {sound.path} has {sound.seconds:g} s")
            samples = round(start * sound.rate), round(min(stop or sound.seconds, sound.seconds) * sound.rate)
            _play(device, sound, samples, loop=loop, console=console)
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(exit_code(interrupt)) from None


def _device() -> Any:
    """Return the module that plays.

    Raises:
        MissingExtra: it is not installed.
        MissingPackage: the library that it needs is not.
    """
    from ligeia.errors import MissingPackage, needs_extra

    try:
        with needs_extra("sounddevice", "play"):
            import sounddevice
    except OSError as error:  # what the import raises where the library is missing
        raise MissingPackage("PortAudio", "apt install libportaudio2, or brew install portaudio", str(error)) from error
    return sounddevice


def _play(device: Any, sound: "Sound", samples: tuple[int, int], *, loop: bool, console: Any) -> None:
    """Play samples `samples[0]` to `samples[1]`, over and over with `loop`."""
    from ligeia.progress import Reporter

    begin, end = samples
    if sound.channels > MOST_CHANNELS:
        console.notes([f"{sound.channels} channels are played as their mean"])
    with _speaker(device, sound) as speaker, console.progress() as watch:
        again = True
        while again:
            report, again = Reporter(watch), loop
            report.stage("playing", 0.0, 1.0)
            for done, piece in _pieces(sound, begin, end):
                speaker.write(piece)
                report((done - begin) / (end - begin))
        speaker.stop()  # once all is heard


def _pieces(sound: "Sound", begin: int, end: int) -> "Iterator[tuple[int, NDArray[np.float32]]]":
    """Yield the sound from sample `begin` to `end` as [n, channels] within full scale, and where each piece ends."""
    import numpy as np

    step = max(round(PIECE * sound.rate), 1)
    for first in range(begin, end, step):
        last = min(first + step, end)
        piece = sound.read(first, last)
        if sound.channels > MOST_CHANNELS:
            piece = piece.mean(axis=0, keepdims=True)
        yield last, np.ascontiguousarray(np.clip(piece, -1, 1).T, dtype=np.float32)


@contextmanager
def _speaker(device: Any, sound: "Sound") -> Iterator[Any]:
    """Open the sound device; what it refuses, at once or while it plays, becomes one line.

    Raises:
        InputError: there is no device, or it does not take the sound's rate or channels.
    """
    from ligeia.errors import InputError

    channels = sound.channels if sound.channels <= MOST_CHANNELS else 1
    try:
        with device.OutputStream(samplerate=sound.rate, channels=channels, dtype="float32") as speaker:
            try:
                yield speaker
            except BaseException:
                speaker.abort()  # at once, without what is still waiting
                raise
    except device.PortAudioError as error:
        what = f"no sound device plays {channels} channel(s) at {sound.rate} Hz"
        raise InputError(f"{what}: {error}; ligeia decode writes a file instead") from error
