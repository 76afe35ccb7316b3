"""`ligeia corpus`: encode, decode, score, denoise or embed every file of a folder, on all cores or a cluster."""

from pathlib import Path
from typing import Annotated

import typer

from ligeia.cli.corpus_options import Running, of_many
from ligeia.cli.options import (
    Device,
    EncoderNetwork,
    Kbps,
    Preset,
    Quality,
    QuantisationAware,
    Seed,
    Steps,
    TargetSnr,
    Width,
    WithTags,
)

Sources = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of recordings, searched with all below it.")]
Results = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="DIR", help="Folder of results, with manifest, rows and report beside them."
    ),
]


@of_many
def encode(
    sources: Sources,
    output: Results,
    preset: Preset = None,
    kbps: Kbps = None,
    snr: TargetSnr = None,
    quality: Quality = None,
    network: EncoderNetwork = None,
    quantisation_aware: QuantisationAware = None,
    width: Width = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    with_tags: WithTags = True,
    *,
    running: Running,
) -> None:
    """Compress every recording of a folder into a .lig file.

    Each file is what `ligeia encode` writes with the same options. A run that was interrupted continues; a file that
    cannot be done is a row with its error, and the others go on.
    """
    from dataclasses import asdict

    from ligeia.cli.corpus_run import go
    from ligeia.codec.settings import EncodeSettings

    settings = EncodeSettings(
        network=network, preset=preset, kbps=kbps, quality=quality, snr_db=snr, width=width, steps=steps, seed=seed,
        device=device, quantisation_aware=quantisation_aware,
    )  # fmt: skip
    go("encode", sources, output, asdict(settings) | {"tags": with_tags}, running)


CORPUS_VERBS = (encode,)
