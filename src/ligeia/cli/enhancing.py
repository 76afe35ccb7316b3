"""Common parts of `denoise`, `restore` and `extend`: recordings in, recordings out, facts and pictures of each."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from ligeia.cli.batch import Facts, Job, Lines
from ligeia.cli.written import output_name

if TYPE_CHECKING:
    from ligeia.audio.reading import AudioFile
    from ligeia.cli.console import Console


@dataclass(frozen=True)
class Enhancing(Job):
    """One recording to enhance."""

    verb: ClassVar[str]
    """Name of the command, for pictures."""

    @abstractmethod
    def write(self, sound: "AudioFile", console: "Console") -> Facts:
        """Write the result, and return the facts: with `method` and `notes` among them."""

    def marks(self, sound: "AudioFile", facts: Facts) -> Iterable[tuple[float, float]]:
        """Return the stretches, in seconds, that the picture marks."""
        return ()

    def run(self, console: "Console") -> Facts:
        """Write the recording and its picture; return the facts."""
        from ligeia.cli.sources import named, open_sound

        began = perf_counter()
        with open_sound(self.place.recording) as sound:
            facts: Facts = {"input": named(self.place.recording), "output": str(self.place.target)}
            facts |= self.write(sound, console)
            facts["notes"] = [*sound.notes, *facts["notes"]]
            facts["elapsed_seconds"] = perf_counter() - began
            if self.place.picture is not None:
                facts["plot"] = str(self.place.picture)
                self._draw(sound, facts, self.place.picture)
        return facts

    def _draw(self, sound: "AudioFile", facts: Facts, picture: Path) -> None:
        from ligeia.audio.reading import open_audio
        from ligeia.plots.sounds import plot_before_after
        from ligeia.plots.style import save_figure

        title = f"{sound.path.name}: {self.verb}, {facts['method']}"
        with open_audio(self.place.target) as result:
            figure = plot_before_after(sound, result, title=title, marks=list(self.marks(sound, facts)))
            save_figure(figure, picture)

    def lines(self, facts: Facts) -> Lines:
        """Return what people are told."""
        lines = self.findings(facts)
        return lines if self.place.picture is None else [*lines, ("picture", facts["plot"])]

    @abstractmethod
    def findings(self, facts: Facts) -> Lines:
        """Return what was written, found and done."""


def time_line(facts: Facts) -> tuple[str, str]:
    """Return how long it took."""
    speed = facts["seconds"] / max(facts["elapsed_seconds"], 1e-9)
    return "time", f"{facts['elapsed_seconds']:.1f} s, {speed:.1f} times real time"


def wrote_line(facts: Facts) -> tuple[str, str]:
    """Return what was written."""
    sound = f"{facts['seconds']:.2f} s, {facts['rate']} Hz, {facts['channels']} channel(s)"
    return "wrote", f"{output_name(facts['output'])}: {sound}" + (f", {facts['subtype']}" if facts["subtype"] else "")
