"""`ligeia encode`: compress a recording into a .lig file."""

from typing import Annotated

import typer

from ligeia.cli.options import Checkpoint, Device, Force, Json, LigOut, Recording, Seed, Steps, Width


def encode(
    recording: Recording,
    output: LigOut,
    preset: Annotated[
        str | None,
        typer.Option(
            help="speech, music or waveform (default: waveform with --snr, else speech or music, whichever suits the "
            "sound); with --network siren: draft, standard or fine."
        ),
    ] = None,
    kbps: Annotated[float | None, typer.Option(help="Bit rate to meet, in kbit/s.")] = None,
    snr: Annotated[float | None, typer.Option(metavar="DB", help="Signal-to-noise ratio to meet, in dB.")] = None,
    quality: Annotated[
        float | None, typer.Option(metavar="Q", help="Quality from 0 (smallest) to 10 (best); default: 6.")
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            help="lapped (default; solved in closed form) or siren (fitted by gradient descent; needs torch)."
        ),
    ] = None,
    quantisation_aware: Annotated[
        bool | None, typer.Option(help="With --network siren: quantisation-aware fitting (default: yes).")
    ] = None,
    width: Width = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    with_tags: Annotated[
        bool, typer.Option("--tags/--no-tags", help="Keep title, artist and the like of the recording.")
    ] = True,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Compress a recording into a .lig file.

    The file holds a function of time, quantised and entropy-coded: by default windowed sines (an MDCT), solved in
    closed form. Give one of --kbps, --snr and --quality at most.
    """

    from ligeia.audio.atomic import checked_target
    from ligeia.audio.reading import open_audio
    from ligeia.cli.output import facts_of, keep, lines_of, show, show_notes
    from ligeia.cli.progress import shown_progress
    from ligeia.codec.encode import encode_with_report
    from ligeia.codec.settings import EncodeSettings

    settings = EncodeSettings(
        network=network, preset=preset, kbps=kbps, quality=quality, snr_db=snr, width=width, steps=steps, seed=seed,
        device=device, quantisation_aware=quantisation_aware,
    )  # fmt: skip
    checked_target(output, overwrite=force, source=recording)
    with open_audio(recording) as sound, shown_progress(as_json, saves=checkpoint is not None) as watch:
        tags, tag_notes = (sound.tags, sound.tag_notes) if with_tags else ({}, ())
        stream, report = encode_with_report(sound, settings, checkpoint=checkpoint, tags=tags, on_progress=watch)
    keep(output, stream, overwrite=force, checkpoint=checkpoint)
    notes = (*report.notes, *tag_notes)
    show_notes(notes, as_json=as_json)
    facts = {**facts_of(output, stream, report), "tags": report.tags, "seed": seed, "notes": notes}
    show(facts, as_json=as_json, lines=lines_of(facts))
