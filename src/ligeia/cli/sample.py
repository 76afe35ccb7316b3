"""`ligeia sample`: new sounds of a family."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.families import Family, ListFamilies, Picture, Pitch, RenderRate, Seconds, SoundsOut
from ligeia.cli.options import Force, Json, Quiet, Seed

if TYPE_CHECKING:
    from ligeia.audio.signal import Audio
    from ligeia.codec.family.encode import Layout
    from ligeia.codec.family.model import FamilyModel
    from ligeia.latent.sampling import Drawn, SampleSettings
    from ligeia.progress import OnProgress

PAUSE = 0.25
"""Seconds between sounds in one file."""


def sample(
    model: Family,
    output: SoundsOut,
    count: Annotated[int, typer.Option("-n", "--count", metavar="N", help="Number of sounds.")] = 1,
    prior: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="gaussian, kde, flow, or item: what it has learned from (default: gaussian)."
        ),
    ] = None,
    item: Annotated[str | None, typer.Option(metavar="NAME", help="The one item that is meant.")] = None,
    like: Annotated[
        str | None, typer.Option(metavar="LABEL", help="Only like the items of this label, or near this pitch.")
    ] = None,
    pitch: Pitch = None,
    seconds: Seconds = None,
    rate: RenderRate = None,
    temperature: Annotated[
        float, typer.Option(metavar="T", help="Factor on the randomness: 0 is the mean, 1 as learned.")
    ] = 1.0,
    truncation: Annotated[
        float, typer.Option(metavar="Z", help="Standard deviations beyond which nothing is drawn.")
    ] = 3.0,
    streams: Annotated[bool, typer.Option("--lig", help="Write .lig streams into the folder, not recordings.")] = False,
    plot: Picture = None,
    seed: Seed = 0,
    force: Force = False,
    list_models: ListFamilies = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Draw new sounds of a family.

    Each is a code drawn from a prior over the codes of what the family has learned from. OUT.wav holds all of them one
    after the other; OUT.lig is the stream of one: it needs the model to be decoded.
    """
    from ligeia.cli.console import Console
    from ligeia.cli.families import STREAM, Places, facts_of_family, family_inputs, render_rate, write_sounds
    from ligeia.cli.targets import STDOUT
    from ligeia.codec.family.encode import one_member_layout
    from ligeia.codec.family.finding import find_family
    from ligeia.errors import SettingsError
    from ligeia.latent.priors import Draw
    from ligeia.latent.sampling import SampleSettings, draw_members

    draw = Draw(seed=seed, temperature=temperature, truncation=truncation)
    settings = SampleSettings(prior=prior, item=item, like=like, pitch=pitch, seconds=seconds, draw=draw)
    family = find_family(model)
    asked_rate, rate, layout = rate, render_rate(family, rate), one_member_layout(family, seconds)
    streams = streams or output.endswith(STREAM)
    if output == str(STDOUT) and streams and count != 1:
        raise SettingsError("standard output takes one stream: -o DIR --lig")
    if output.endswith(STREAM) and count != 1:
        raise SettingsError(f"{output} holds one sound; {count:,} need a folder: -o DIR --lig")
    if streams and asked_rate is not None:
        raise SettingsError("--rate: a stream has no rate of its own; ligeia decode renders it at any")
    drawn = draw_members(family, count, settings)
    check_picture(plot, overwrite=force)
    places = Places.of(output, "sample", count, overwrite=force, ending=STREAM if streams else ".wav")
    places.refuse([*family_inputs(model), *([] if plot is None else [plot])])
    console = Console(as_json, quiet, aside=places.to_stdout)
    with console.progress() as watch:
        if streams:
            files, sizes = _write_streams(places, family, drawn, layout)
        else:
            files = write_sounds(places, _rendered(family, drawn, layout, rate, watch), rate=rate, pause=PAUSE)
    if plot is not None:
        _draw(plot, family, drawn)
    facts = {"output": output, "files": files, **facts_of_family(family), **_facts(settings, count)}
    facts |= {"rate": family.rate if streams else rate, "seconds": layout[1].sample_count / family.rate}
    facts["sounds"] = [_facts_of(one, family) for one in drawn]
    if streams:
        facts["bytes"] = sizes
    console.report(facts, _lines(facts))


def check_picture(plot: Path | None, *, overwrite: bool) -> None:
    """Refuse a picture that cannot be written, before any work."""
    from ligeia.audio.atomic import checked_target
    from ligeia.cli.targets import picture_of

    if plot is not None:
        checked_target(picture_of(Path("sound"), str(plot), in_folder=False), overwrite=overwrite)


def _rendered(
    family: "FamilyModel", drawn: "list[Drawn]", layout: "Layout", rate: int, watch: "OnProgress | None"
) -> "Iterator[Audio]":
    from ligeia.codec.family.encode import member_inr
    from ligeia.progress import Reporter

    report = Reporter(watch)
    report.stage("rendering", 0.0, 1.0)
    for number, one in enumerate(drawn):
        yield member_inr(family, [one.member], layout).render(rate)
        report((number + 1) / len(drawn))
    report.finish()


def _write_streams(
    places: Any, family: "FamilyModel", drawn: "list[Drawn]", layout: "Layout"
) -> tuple[list[str], list[int]]:
    """Write a stream for each sound; return the files and their sizes."""
    from ligeia.cli.output import keep
    from ligeia.codec.family.encode import member_stream, precision_for

    files, sizes = [], []
    for number, one in enumerate(drawn):
        path = places.output if places.single else places.file(number)
        precision = precision_for(family, [one.member], layout)
        stream = member_stream(family, [one.member], layout, precision)
        keep(path, stream, overwrite=places.overwrite, checkpoint=None)
        files.append(str(path))
        sizes.append(len(stream))
    return files, sizes


def _draw(plot: Path, family: "FamilyModel", drawn: "list[Drawn]") -> None:
    import numpy as np

    from ligeia.plots.families import plot_codes
    from ligeia.plots.style import save_figure

    codes = np.stack([one.member.code for one in drawn])
    title = f"{family.name}: codes of {family.items} sounds, and {len(drawn)} drawn"
    save_figure(plot_codes(family.codes, family.labels, drawn=codes, title=title), plot)


def _facts(settings: "SampleSettings", count: int) -> dict[str, Any]:
    prior = "item" if settings.item is not None else settings.prior or "gaussian"
    return {"count": count, "prior": prior, "like": settings.like, "seed": settings.draw.seed}


def _facts_of(one: "Drawn", family: "FamilyModel") -> dict[str, Any]:
    name = None if one.item is None else family.names[one.item] if family.names else str(one.item)
    return {"item": name, "pitch": one.member.pitch}


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    from ligeia.cli.written import output_name

    files = facts["files"]
    where = output_name(files[0]) if len(files) == 1 else f"{facts['output']}: {len(files)} files"
    what = f"{facts['count']} sound(s) of {facts['seconds']:.2f} s at {facts['rate']} Hz"
    lines = [("wrote", f"{where}: {what}"), ("family", f"{facts['family']}, kind {facts['kind']}")]
    items = [sound["item"] for sound in facts["sounds"] if sound["item"] is not None]
    lines.append(("prior", f"{facts['prior']}, seed {facts['seed']}" + (f": {', '.join(items[:8])}" if items else "")))
    if "bytes" in facts:
        sizes = facts["bytes"]
        size = f"{sizes[0]:,}" if len(sizes) == 1 else f"{min(sizes):,} to {max(sizes):,}"
        lines.append(("size", f"{size} bytes a stream; the model, which decoding needs, has {facts['model_bytes']:,}"))
    return lines
