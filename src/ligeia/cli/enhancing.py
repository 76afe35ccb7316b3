"""What `denoise`, `restore` and `extend` have in common: recordings in, recordings out, facts and pictures of each."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ligeia.cli.targets import Place

if TYPE_CHECKING:
    from ligeia.audio.reading import AudioFile

Facts = dict[str, Any]
Lines = list[tuple[str, str]]


@dataclass(frozen=True)
class Job(ABC):
    """One recording to enhance: each command says how it writes, and what people are told."""

    place: Place

    @abstractmethod
    def write(self, sound: "AudioFile", *, as_json: bool) -> Facts:
        """Write the result, and return the facts: with `method` and `notes` among them."""

    @abstractmethod
    def lines(self, facts: Facts) -> Lines:
        """Return what people are told."""

    def marks(self, sound: "AudioFile", facts: Facts) -> Iterable[tuple[float, float]]:
        """Return the stretches, in seconds, that the picture marks."""
        return ()

    def run(self, verb: str, *, as_json: bool) -> Facts:
        """Write the recording and its picture; return the facts, and print them for people."""
        from ligeia.audio.reading import open_audio
        from ligeia.cli.output import show, show_notes

        began = perf_counter()
        with open_audio(self.place.recording) as sound:
            facts: Facts = {"input": str(self.place.recording), "output": str(self.place.target)}
            facts |= self.write(sound, as_json=as_json)
            facts["elapsed_seconds"] = perf_counter() - began
            if self.place.picture is not None:
                facts["plot"] = str(self.place.picture)
                self._draw(verb, sound, facts, self.place.picture)
        if not as_json:
            lines = self.lines(facts)
            if self.place.picture is not None:
                lines.append(("picture", facts["plot"]))
            show_notes(facts["notes"], as_json=False)
            show(facts, as_json=False, lines=lines)
        return facts

    def _draw(self, verb: str, sound: "AudioFile", facts: Facts, picture: Path) -> None:
        from ligeia.audio.reading import open_audio
        from ligeia.plots.sounds import plot_before_after
        from ligeia.plots.style import save_figure

        title = f"{self.place.recording.name}: {verb}, {facts['method']}"
        with open_audio(self.place.target) as result:
            figure = plot_before_after(sound, result, title=title, marks=list(self.marks(sound, facts)))
            save_figure(figure, picture)


def run_jobs(verb: str, places: Iterable[Place], job: Callable[[Place], Job], *, as_json: bool) -> None:
    """Run a command on all recordings, and print the facts as JSON where that is wanted."""
    from ligeia.cli.output import print_json

    facts = [job(place).run(verb, as_json=as_json) for place in places]
    if as_json:
        print_json(facts[0] if len(facts) == 1 else {"recordings": facts})


def time_line(facts: Facts) -> tuple[str, str]:
    """Return how long it took."""
    speed = facts["seconds"] / max(facts["elapsed_seconds"], 1e-9)
    return "time", f"{facts['elapsed_seconds']:.1f} s, {speed:.1f} times real time"


def wrote_line(facts: Facts) -> tuple[str, str]:
    """Return what was written."""
    sound = f"{facts['seconds']:.2f} s, {facts['rate']} Hz, {facts['channels']} channel(s)"
    return "wrote", f"{facts['output']}: {sound}" + (f", {facts['subtype']}" if facts["subtype"] else "")


def cut_peaks(loudest: float, subtype: str | None) -> list[str]:
    """Return the note on samples above full scale, where the sample format does not hold them."""
    if loudest <= 1 or subtype == "FLOAT":
        return []
    return [f"peaks of {loudest:.3g} were cut at full scale; --subtype FLOAT in a .wav file keeps them"]
