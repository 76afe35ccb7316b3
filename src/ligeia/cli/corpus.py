"""`ligeia corpus`: encode, decode, score, denoise or embed every file of a folder, on all cores or a cluster."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ligeia.cli.corpus_options import Running, of_many
from ligeia.cli.options import (
    Aligned,
    AtomsRatio,
    CodeSteps,
    DecodedFormat,
    DecodedRate,
    DecodedSubtype,
    DenoisingMethod,
    DenoisingStrength,
    Device,
    EmbeddingModel,
    Emphasis,
    EncoderNetwork,
    Kbps,
    LevelKind,
    MaxDelay,
    MaxSeconds,
    MethodModel,
    MetricNames,
    Mixing,
    Preset,
    Quality,
    QuantisationAware,
    Refine,
    ResultSubtype,
    Rewriting,
    Salvage,
    Seed,
    Steps,
    StoredBits,
    TargetSnr,
    Width,
    WithTags,
)

Sources = Annotated[
    str, typer.Argument(metavar="DIR", help="Folder of recordings, or its address; searched with all below it.")
]
Streams = Annotated[
    str, typer.Argument(metavar="DIR", help="Folder of .lig files, or its address; searched with all below it.")
]
References = Annotated[str, typer.Option("--reference", metavar="DIR", help="Folder of references.")]
Estimates = Annotated[str, typer.Option("--estimate", metavar="DIR", help="Folder of what is judged.")]
Results = Annotated[
    str,
    typer.Option(
        "-o", "--output", metavar="DIR",
        help="Folder of results, with manifest, rows and report beside them; or its address (see --state).",
    ),
]  # fmt: skip


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

    from ligeia.cli.corpus_run import Folders, go
    from ligeia.codec.settings import EncodeSettings

    settings = EncodeSettings(
        network=network, preset=preset, kbps=kbps, quality=quality, snr_db=snr, width=width, steps=steps, seed=seed,
        device=device, quantisation_aware=quantisation_aware,
    )  # fmt: skip
    go("encode", Folders(sources, output), asdict(settings) | {"tags": with_tags}, running)


@of_many
def decode(
    sources: Streams,
    output: Results,
    form: DecodedFormat = None,
    rate: DecodedRate = None,
    subtype: DecodedSubtype = None,
    salvage: Salvage = False,
    enhance: Rewriting = "auto",
    max_seconds: MaxSeconds = None,
    *,
    running: Running,
) -> None:
    """Render every .lig file of a folder as a recording.

    Each file is what `ligeia decode` writes with the same options.
    """
    from dataclasses import asdict

    from ligeia.cli.corpus_run import Folders, go
    from ligeia.cli.decode import check_rewriting
    from ligeia.cli.written import checked_ending
    from ligeia.codec.rendering import Rendered

    check_rewriting(enhance)
    settings = Rendered(rate=rate, salvage=salvage, enhance=enhance, max_seconds=max_seconds)
    form = checked_ending(form, None, subtype)
    go("decode", Folders(sources, output), asdict(settings) | {"format": form, "subtype": subtype}, running)


@of_many
def score(
    reference: References,
    estimate: Estimates,
    output: Results,
    metrics: MetricNames = None,
    channels: Mixing = None,
    level: LevelKind = "kept",
    align: Aligned = True,
    max_delay: MaxDelay = 0.5,
    *,
    running: Running,
) -> None:
    """Compare every recording of a folder with the one of its name in another.

    Names are compared without their endings, and either may be a .lig file. Each pair is compared as `ligeia score`
    does with the same options.
    """
    from dataclasses import asdict

    from ligeia.cli.corpus_run import Folders, go
    from ligeia.cli.score import comparison_of

    comparison = comparison_of(metrics, channels, level, align=align, max_delay=max_delay, of_folders=True)
    settings = asdict(comparison) | {"metrics": list(comparison.metrics)}
    go("score", Folders(reference, output, estimate), settings, running)


@of_many
def denoise(
    sources: Sources,
    output: Results,
    method: DenoisingMethod = None,
    strength: DenoisingStrength = 1.0,
    model: MethodModel = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    subtype: ResultSubtype = None,
    *,
    running: Running,
) -> None:
    """Write every recording of a folder again with less noise in it.

    Each file is what `ligeia denoise` writes with the same options.
    """
    from ligeia.cli.corpus_run import Folders, go
    from ligeia.cli.written import checked_ending
    from ligeia.corpus.places import digest_of
    from ligeia.enhance.denoising.denoise import DEFAULT, check_method

    chosen = method or DEFAULT
    check_method(chosen, model=model, steps=steps)
    checked_ending("wav", None, subtype)
    settings: dict[str, Any] = {"method": chosen, "strength": strength, "steps": steps, "seed": seed, "device": device}
    settings |= {"model": None if model is None else str(model.resolve()), "subtype": subtype}
    if model is not None and model.is_file():
        settings["model_sha256"] = digest_of(model)
    go("denoise", Folders(sources, output), settings, running)


@of_many
def embed(
    model: EmbeddingModel,
    sources: Sources,
    output: Results,
    refine: Refine = 0,
    ratio: AtomsRatio = None,
    emphasis: Emphasis = None,
    bits: StoredBits = None,
    steps: CodeSteps = None,
    seed: Seed = 0,
    device: Device = "auto",
    *,
    running: Running,
) -> None:
    """Turn every recording of a folder into functions in one pass, with a trained model.

    Each file is what `ligeia embed` writes with the same options.
    """
    from ligeia.cli.corpus_run import Folders, go
    from ligeia.cli.embed import embedding_of
    from ligeia.corpus.actions.embed import model_file
    from ligeia.corpus.places import digest_of

    kind, options = embedding_of(
        model, refine=refine, ratio=ratio, emphasis=emphasis, bits=bits, steps=steps, device=device
    )
    file = model_file(kind, model)
    settings: dict[str, Any] = {"kind": kind, "model": str(file.resolve()) if Path(model).is_file() else model}
    settings |= {"model_sha256": digest_of(file), "seed": seed, "options": options}
    go("embed", Folders(sources, output), settings, running)


CORPUS_VERBS = (encode, decode, score, denoise, embed)
