"""`ligeia morph`: from one sound to another, in steps or as one glide."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.families import STREAM, Family, ListFamilies, Picture, Pitch, RenderRate, Seconds, SoundsOut
from ligeia.cli.options import Force, Json, Quiet, Seed
from ligeia.errors import SettingsError

if TYPE_CHECKING:
    from ligeia.audio.signal import Audio
    from ligeia.codec.family.codes import Member
    from ligeia.codec.family.model import FamilyModel
    from ligeia.latent.morphing import MorphSettings

Ends = tuple["Member", "Member"]
PLOT_STEPS = 9


def morph(
    model: Family,
    first: Annotated[str, typer.Argument(metavar="A", help="A recording, a .lig file, or the name of an item.")],
    last: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    output: SoundsOut,
    steps: Annotated[int, typer.Option(metavar="N", help="Sounds on the way, both ends included.")] = 9,
    path: Annotated[
        str, typer.Option(metavar="NAME", help="spherical (around the centre of the codes) or linear.")
    ] = "spherical",
    form: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A glide is one sound whose code moves (within), or the steps in a row (row)."
        ),
    ] = None,
    pitch: Pitch = None,
    seconds: Seconds = None,
    rate: RenderRate = None,
    plot: Picture = None,
    seed: Seed = 0,
    force: Force = False,
    list_models: ListFamilies = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Go from one sound to another on a path between their codes.

    A folder gets one file a step. A file gets one long glide: a single sound whose code moves, for families that know
    durations, or the steps one after the other, cross-faded.
    """
    from ligeia.cli.console import Console
    from ligeia.cli.families import Places, facts_of_family, family_inputs, render_rate, write_sounds
    from ligeia.cli.sample import check_picture
    from ligeia.codec.family.encode import one_member_layout
    from ligeia.codec.family.finding import find_family
    from ligeia.latent.ends import end_member
    from ligeia.latent.morphing import MorphSettings, morph_glide
    from ligeia.latent.sampling import check_pitch

    if output.endswith(STREAM):
        raise SettingsError(f"cannot write {output}: a morph is written as recordings, as streams hold no paths")
    settings = MorphSettings(steps=steps, path=path, form=form, pitch=pitch, seconds=seconds)  # type: ignore[arg-type]
    family = find_family(model)
    check_pitch(family, pitch)
    one_member_layout(family, seconds)
    rate = render_rate(family, rate)
    check_picture(plot, overwrite=force)
    places = Places.of(output, "step", steps, overwrite=force)
    places.refuse([*family_inputs(model), Path(first), Path(last), *([] if plot is None else [plot])])
    console = Console(as_json, quiet, aside=places.to_stdout)
    with console.progress() as watch:
        ends = (
            end_member(family, first, seed=seed, on_progress=watch),
            end_member(family, last, seed=seed, on_progress=watch),
        )
        if places.single:
            glide = morph_glide(family, ends, settings, rate=rate, on_progress=watch)
            files = write_sounds(places, iter([glide]), rate=rate, pause=0.0)
        else:
            files = write_sounds(places, _steps(family, ends, settings, rate), rate=rate, pause=0.0)
        if plot is not None:
            _draw(plot, family, ends, settings, f"{first} to {last}")
    facts = {"output": output, "files": files, **facts_of_family(family), "from": first, "to": last, "steps": steps}
    facts |= {"path": path, "rate": rate, "pitches": [end.pitch for end in ends]}
    if places.single:
        facts |= {"seconds": glide.seconds}
    console.report(facts, _lines(facts))


def _steps(family: "FamilyModel", ends: Ends, settings: "MorphSettings", rate: int) -> "Iterator[Audio]":
    import numpy as np

    from ligeia.codec.family.encode import member_inr, one_member_layout
    from ligeia.latent.morphing import path_members

    layout = one_member_layout(family, settings.seconds)
    for member in path_members(family, ends, np.linspace(0, 1, settings.steps), settings):
        yield member_inr(family, [member], layout).render(rate)


def _draw(plot: Path, family: "FamilyModel", ends: Ends, settings: "MorphSettings", title: str) -> None:
    from dataclasses import replace

    import numpy as np

    from ligeia.latent.morphing import morph_glide, path_members
    from ligeia.plots.families import plot_morph
    from ligeia.plots.style import save_figure

    few = replace(settings, steps=min(settings.steps, PLOT_STEPS))
    steps = list(_steps(family, ends, few, family.rate))
    path = np.stack([one.code for one in path_members(family, ends, np.linspace(0, 1, 50), settings)])
    glide = morph_glide(family, ends, settings)
    figure = plot_morph(steps, glide, codes=family.codes, labels=family.labels, path=path, title=title)
    save_figure(figure, plot)


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    from ligeia.cli.written import output_name

    if "seconds" in facts:
        where = output_name(facts["files"][0])
        what = f"{where}: a glide of {facts['seconds']:.2f} s at {facts['rate']} Hz"
    else:
        what = f"{facts['output']}: {facts['steps']} steps at {facts['rate']} Hz"
    return [
        ("wrote", what),
        ("family", f"{facts['family']}, kind {facts['kind']}"),
        ("path", f"{facts['path']}, from {facts['from']} to {facts['to']}"),
    ]
