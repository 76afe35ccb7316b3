"""`ligeia embed`: a model writes the functions of a recording in one pass."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Device, Force, Json, LigOut, Recording, Seed

if TYPE_CHECKING:
    from ligeia.audio.signal import Sound
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
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A file, or the name of a model of the package; see --list.")
    ],
    recording: Recording,
    output: LigOut,
    refine: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Hypernetworks: gradient steps on the functions, once written."),
    ] = 0,
    ratio: Annotated[
        float | None,
        typer.Option(metavar="R", min=1, help="Atoms: compression ratio in samples per number (default: 16)."),
    ] = None,
    emphasis: Annotated[
        float | None,
        typer.Option(
            metavar="E",
            min=0,
            max=1,
            help="Atoms: perceptual weighting (default: 0, the best SNR; 0.6: the best PESQ).",
        ),
    ] = None,
    bits: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=22,
            help="Hypernetworks: bits of each stored number (default: float32, exact).",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Families: steps of the search for a code, at most (default: 400)."),
    ] = None,
    seed: Seed = 0,
    device: Device = "auto",
    force: Force = False,
    list_models: Annotated[
        bool,
        typer.Option("--list", callback=_list_models, is_eager=True, help="List the models of the package, and exit."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Turn a recording into functions in one pass, with a trained model.

    A model is a hypernetwork, which writes a network for each segment; a dictionary of atoms, which describes speech in
    few numbers; or a family of sounds, in which a code is found for each piece.

    The recording is resampled to the model's rate. The .lig file holds the functions themselves and is decoded without
    the model; but of families it holds codes, in a few hundred bytes, and decoding needs the model.
    """
    from ligeia.audio.atomic import checked_target, write_bytes
    from ligeia.audio.reading import open_audio
    from ligeia.cli.output import facts_of, lines_of, show, show_notes
    from ligeia.cli.progress import shown_progress

    checked_target(output, overwrite=force, source=recording)
    if family := _family_file(model):
        others: dict[str, Any] = {"refine": refine or None, "ratio": ratio, "emphasis": emphasis, "bits": bits}
        others["device"] = None if device == "auto" else device
        _refuse(f"{model} is a family of sounds, which has no use for it", **others)
        _by_family(recording, family, output, {"seed": seed, "steps": steps, "force": force, "as_json": as_json})
        return
    from ligeia.hypersound.embed import embed_stream

    _refuse(f"{model} is no family of sounds", steps=steps)
    atoms = {name: value for name, value in (("ratio", ratio), ("emphasis", emphasis)) if value is not None}
    with open_audio(recording) as sound, shown_progress(as_json) as watch:
        if _is_dictionary(model):
            _refuse(
                f"{model} is a dictionary of atoms, whose values are optimal",
                refine=refine or None,
                bits=bits,
            )
            stream, report, more = _by_atoms(sound, model, atoms, watch)
        else:
            _refuse(f"{model} writes networks, and only dictionaries of atoms have this option", **atoms)
            stream, report = embed_stream(
                sound, model, refine=refine, bits=bits, seed=seed, device=device, on_progress=watch
            )
            more = {}
    write_bytes(Path(output), stream, overwrite=force)
    show_notes(report.notes, as_json=as_json)
    facts = facts_of(output, stream, report)
    facts |= {"model": model, "seed": seed, "notes": list(report.notes), **more}
    facts["speed"] = facts["seconds"] / report.seconds
    lines = [*lines_of(facts), *((name, f"{value:,}") for name, value in more.items())]
    show(facts, as_json=as_json, lines=[*lines, ("speed", f"{facts['speed']:.1f} times real time")])


def _is_dictionary(model: str) -> bool:
    from ligeia.hypersound.dictionary import is_dictionary
    from ligeia.hypersound.shipped import find_model

    return is_dictionary(find_model(model))


def _family_file(model: str) -> Path | None:
    """Return the file of a family that is given by file or name; None where another kind of model is meant."""
    from ligeia.codec.family.finding import family_file, is_named_family

    return family_file(model) if is_named_family(model) else None


def _by_family(recording: Path, family: Path, output: Path, options: dict[str, Any]) -> None:
    """Write the stream of a recording as members of a family, and report both sizes: stream and model."""
    from ligeia.audio.atomic import write_bytes
    from ligeia.audio.reading import open_audio
    from ligeia.cli.output import facts_of, lines_of, show, show_notes
    from ligeia.cli.progress import shown_progress
    from ligeia.codec.family.finding import find_family
    from ligeia.latent.embedding import embed_family

    as_json, model = options["as_json"], find_family(family)
    with open_audio(recording) as sound, shown_progress(as_json) as watch:
        embedded = embed_family(sound, model, seed=options["seed"], steps=options["steps"], on_progress=watch)
    write_bytes(output, embedded.stream, overwrite=options["force"])
    report = embedded.report
    show_notes(report.notes, as_json=as_json)
    facts = facts_of(output, embedded.stream, report)
    facts |= {"model": str(family), "seed": options["seed"], "notes": list(report.notes)}
    facts |= embedded.facts(model, facts["seconds"])
    facts["speed"] = facts["seconds"] / report.seconds
    share = f"{facts['numbers']:,} numbers, {facts['numbers_per_second']:.0f} a second of sound"
    lines = [
        *lines_of(facts)[:2],
        ("SI-SNR", f"{facts['si_snr_db']:.2f} dB, of one channel at {model.rate} Hz"),
        ("codes", f"{share}, in {facts['blocks']} block(s) of {facts['family']}"),
        ("sizes", f"stream {facts['bytes']:,} bytes; the model, which decoding needs, {model.size:,} bytes"),
        ("time", f"{report.seconds:.1f} s, {facts['speed']:.1f} times real time"),
    ]
    show(facts, as_json=as_json, lines=lines)


def _refuse(reason: str, **options: Any) -> None:
    """Refuse options that a model of this kind has no use for."""
    from ligeia.errors import InputError

    for name, value in options.items():
        if value is not None:
            raise InputError(f"--{name}: {reason}")


def _by_atoms(
    sound: "Sound", model: str, settings: dict[str, Any], watch: "OnProgress | None"
) -> "tuple[bytes, EncodeReport, dict[str, int]]":
    from ligeia.hypersound.atoms import atoms_stream
    from ligeia.hypersound.dictionary import load_dictionary

    stream, report, written = atoms_stream(sound, load_dictionary(model), **settings, on_progress=watch)
    return stream, report, {"numbers": written.numbers}
