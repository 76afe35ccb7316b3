"""`ligeia embed`: a model writes the functions of a recording in one pass."""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.batch import Facts, Job, Lines, run_jobs
from ligeia.cli.options import (
    AtomsRatio,
    CodeSteps,
    Device,
    EmbeddingModel,
    Emphasis,
    Force,
    Json,
    LigOut,
    Quiet,
    Recordings,
    Recursive,
    Refine,
    Seed,
    StoredBits,
)

if TYPE_CHECKING:
    from ligeia.audio.signal import Sound
    from ligeia.cli.console import Console
    from ligeia.cli.targets import Place
    from ligeia.codec.settings import EncodeReport
    from ligeia.progress import OnProgress


def _list_models(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.codec.family.finding import shipped_families
        from ligeia.hypersound.shipped import shipped_models

        models = [(model.name, f"{model.size / 1e6:.1f} MB", model.card) for model in shipped_models()]
        families = [(path.stem, f"{path.stat().st_size / 1e6:.1f} MB") for path in shipped_families()]
        models += [(name, size, "a family of sounds; see ligeia sample --list") for name, size in families]
        print_table(("MODEL", "size", "what it is"), models)
        raise typer.Exit


def embed(
    model: EmbeddingModel,
    recordings: Recordings,
    output: LigOut = None,
    refine: Refine = 0,
    ratio: AtomsRatio = None,
    emphasis: Emphasis = None,
    bits: StoredBits = None,
    steps: CodeSteps = None,
    seed: Seed = 0,
    device: Device = "auto",
    recursive: Recursive = False,
    force: Force = False,
    quiet: Quiet = False,
    list_models: Annotated[
        bool,
        typer.Option("--list", callback=_list_models, is_eager=True, help="List the models of the package, and exit."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Turn recordings into functions in one pass, with a trained model.

    A model is a hypernetwork, which writes a network for each segment; a dictionary of atoms, which describes speech in
    few numbers; or a family of sounds, in which a code is found for each piece.

    Recordings are resampled to the model's rate. The .lig file holds the functions themselves and is decoded without
    the model; but of families it holds codes, in a few hundred bytes, and decoding needs the model.
    """
    from ligeia.audio.naming import to_streams
    from ligeia.cli.console import Console
    from ligeia.cli.targets import Wanted, places_of
    from ligeia.codec.family.finding import family_file

    keeps = (Path(model),) if Path(model).is_file() else ()
    wanted = Wanted(recordings, output, recursive=recursive, overwrite=force, keeps=keeps)
    places = places_of(wanted, to_streams())
    console = Console(as_json, quiet, aside=any(place.to_stdout for place in places))
    kind, options = embedding_of(
        model, refine=refine, ratio=ratio, emphasis=emphasis, bits=bits, steps=steps, device=device
    )

    def job(place: "Place") -> Job:
        if kind == "family":
            return _ByFamily(place, family_file(model), seed, steps)
        if kind == "atoms":
            return _ByAtoms(place, model, seed, options)
        return _ByNetwork(place, model, seed, {"seed": seed, **options})

    run_jobs(places, job, console, several=wanted.several)


def embedding_of(model: str, *, steps: int | None, device: str, **given: Any) -> tuple[str, dict[str, Any]]:
    """Return the kind of a model, "family", "atoms" or "network", and the options that it has a use for.

    Raises:
        SettingsError: another option was given.
        InputError: there is no such model.
    """
    from ligeia.codec.family.finding import is_named_family
    from ligeia.hypersound.dictionary import is_dictionary
    from ligeia.hypersound.shipped import find_model

    atoms = {name: given[name] for name in ("ratio", "emphasis") if given[name] is not None}
    others = {"refine": given["refine"] or None, "bits": given["bits"]}
    other_device = {"device": None if device == "auto" else device}
    if is_named_family(model):
        _refuse(f"{model} is a family of sounds, which has no use for it", **others, **atoms, **other_device)
        return "family", {"steps": steps}
    _refuse(f"{model} is not a family of sounds", steps=steps)
    if is_dictionary(find_model(model)):
        _refuse(f"{model} is a dictionary of atoms, whose values are optimal", **others, **other_device)
        return "atoms", atoms
    _refuse(f"{model} writes networks, and only dictionaries of atoms have this option", **atoms)
    return "network", {"refine": given["refine"], "bits": given["bits"], "device": device}


@dataclass(frozen=True)
class _ByModel(Job):
    """One recording to embed by a model that writes whole functions."""

    model: str
    seed: int
    settings: dict[str, Any]

    @abstractmethod
    def write(self, sound: "Sound", watch: "OnProgress | None") -> "tuple[bytes, EncodeReport, dict[str, int]]":
        """Return the stream, its report, and what else is to be told, as numbers by their names."""

    def run(self, console: "Console") -> Facts:
        """Write the stream."""
        from ligeia.cli.output import facts_of, keep
        from ligeia.cli.sources import open_recording

        with open_recording(self.place.recording) as sound, console.progress() as watch:
            stream, report, more = self.write(sound, watch)
        keep(self.place.target, stream, overwrite=self.place.overwrite, checkpoint=None)
        facts = facts_of(self.place.target, stream, report)
        facts |= {"model": self.model, "seed": self.seed, "notes": [*sound.notes, *report.notes], **more}
        return facts | {"speed": facts["seconds"] / report.seconds}

    def lines(self, facts: Facts) -> Lines:
        """Return size, error, time and speed."""
        from ligeia.cli.output import lines_of

        numbers = [("numbers", f"{facts['numbers']:,}")] if "numbers" in facts else []
        return [*lines_of(facts), *numbers, ("speed", f"{facts['speed']:.1f} times real time")]


class _ByNetwork(_ByModel):
    """Embedding by a hypernetwork."""

    def write(self, sound: "Sound", watch: "OnProgress | None") -> "tuple[bytes, EncodeReport, dict[str, int]]":
        """Let the network write."""
        from ligeia.hypersound.embed import embed_stream

        return *embed_stream(sound, self.model, on_progress=watch, **self.settings), {}


class _ByAtoms(_ByModel):
    """Embedding by a dictionary of atoms."""

    def write(self, sound: "Sound", watch: "OnProgress | None") -> "tuple[bytes, EncodeReport, dict[str, int]]":
        """Choose atoms."""
        from ligeia.hypersound.atoms import atoms_stream
        from ligeia.hypersound.dictionary import load_dictionary

        stream, report, written = atoms_stream(sound, load_dictionary(self.model), **self.settings, on_progress=watch)
        return stream, report, {"numbers": written.numbers}


@dataclass(frozen=True)
class _ByFamily(Job):
    """One recording to find in a family: both sizes are reported, that of the stream and that of the model."""

    family: Path
    seed: int
    steps: int | None

    def run(self, console: "Console") -> Facts:
        """Write the stream."""
        from ligeia.cli.output import facts_of, keep
        from ligeia.cli.sources import open_recording
        from ligeia.codec.family.finding import find_family
        from ligeia.latent.embedding import embed_family

        model = find_family(self.family)
        with open_recording(self.place.recording) as sound, console.progress() as watch:
            embedded = embed_family(sound, model, seed=self.seed, steps=self.steps, on_progress=watch)
        keep(self.place.target, embedded.stream, overwrite=self.place.overwrite, checkpoint=None)
        report = embedded.report
        facts = facts_of(self.place.target, embedded.stream, report)
        facts |= {"model": str(self.family), "seed": self.seed, "notes": [*sound.notes, *report.notes]}
        facts |= embedded.facts(model, facts["seconds"])
        facts["model_rate"] = model.rate
        return facts | {"speed": facts["seconds"] / report.seconds}

    def lines(self, facts: Facts) -> Lines:
        """Return sizes, error, codes and time."""
        from ligeia.cli.output import lines_of

        share = f"{facts['numbers']:,} numbers, {facts['numbers_per_second']:.0f} a second of sound"
        sizes = f"stream {facts['bytes']:,} bytes; the model, which decoding needs, {facts['model_bytes']:,} bytes"
        return [
            *lines_of(facts)[:2],
            ("SI-SNR", f"{facts['si_snr_db']:.2f} dB, of one channel at {facts['model_rate']} Hz"),
            ("codes", f"{share}, in {facts['blocks']} block(s) of {facts['family']}"),
            ("sizes", sizes),
            ("time", f"{facts['elapsed_seconds']:.1f} s, {facts['speed']:.1f} times real time"),
        ]


def _refuse(reason: str, **options: Any) -> None:
    """Refuse options that a model of this kind has no use for."""
    from ligeia.errors import SettingsError

    for name, value in options.items():
        if value is not None:
            raise SettingsError(f"--{name}: {reason}")
