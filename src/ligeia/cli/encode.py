"""`ligeia encode`: a recording becomes a compact .lig file."""

from typing import Annotated

import typer

from ligeia.cli.options import Checkpoint, Device, Force, Json, LigOut, Network, Recording, Seed, Steps, Width


def encode(
    recording: Recording,
    output: LigOut,
    preset: Annotated[str, typer.Option(help="draft, standard or fine.")] = "standard",
    kbps: Annotated[float | None, typer.Option(help="Stay below this rate (1000 bit/s).")] = None,
    snr: Annotated[float | None, typer.Option(metavar="DB", help="Reach this signal-to-noise ratio.")] = None,
    quality: Annotated[float | None, typer.Option(metavar="Q", help="Size, 0 (small) to 10 (large).")] = None,
    network: Network = "siren",
    quantisation_aware: Annotated[bool, typer.Option(help="Let the end of the fit allow for quantisation.")] = True,
    width: Width = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fit a function to a recording and store it, quantised and entropy-coded, as a .lig file."""
    from ligeia.audio.atomic import checked_target
    from ligeia.audio.files import open_audio
    from ligeia.cli.output import show
    from ligeia.cli.progress import shown_progress
    from ligeia.cli.written import facts_of, keep, lines_of
    from ligeia.codec.encode import encode_with_report
    from ligeia.codec.presets import EncodeSettings
    from ligeia.errors import InputError
    from ligeia.networks import spec_named

    if spec_named(network).name != "siren":
        raise InputError(f"encode fits sirens so far; `ligeia fit --network {network}` stores a {network} exactly")
    settings = EncodeSettings(
        preset=preset, kbps=kbps, quality=quality, snr_db=snr, width=width, steps=steps, seed=seed, device=device,
        quantisation_aware=quantisation_aware,
    )  # fmt: skip
    checked_target(output, overwrite=force)
    with open_audio(recording) as sound, shown_progress(as_json) as watch:
        stream, report = encode_with_report(sound, settings, checkpoint=checkpoint, on_progress=watch)
    keep(output, stream, overwrite=force, checkpoint=checkpoint)
    facts = {**facts_of(output, stream, report), "preset": preset, "seed": seed}
    show(facts, as_json=as_json, lines=lines_of(facts))
