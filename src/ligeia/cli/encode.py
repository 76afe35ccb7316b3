"""`ligeia encode`: a recording becomes a compact .lig file."""

from pathlib import Path
from typing import Annotated, Any

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
    width: Width = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fit a function to a recording and store it, quantised and entropy-coded, as a .lig file."""
    from ligeia.audio.atomic import checked_target, write_bytes
    from ligeia.audio.files import open_audio
    from ligeia.cli.output import show
    from ligeia.cli.progress import shown_progress
    from ligeia.codec.encode import encode_with_report
    from ligeia.codec.presets import EncodeSettings
    from ligeia.networks import spec_named

    spec_named(network)
    settings = EncodeSettings(
        preset=preset, kbps=kbps, quality=quality, snr_db=snr, width=width, steps=steps, seed=seed, device=device
    )
    checked_target(output, overwrite=force)
    with open_audio(recording) as sound, shown_progress(as_json) as watch:
        stream, report = encode_with_report(sound, settings, checkpoint=checkpoint, on_progress=watch)
        pcm_bytes = sound.frames * sound.channels * 2
        seconds = sound.seconds
    write_bytes(output, stream, overwrite=force)
    _forget(checkpoint)
    facts: dict[str, Any] = {
        "output": str(output),
        "bytes": len(stream),
        "kbps": len(stream) * 8 / seconds / 1000,
        "seconds": seconds,
        "pcm16_ratio": len(stream) / pcm_bytes,
        "snr_db": report.snr_db,
        "fit_snr_db": report.fit_snr_db,
        "steps": report.steps,
        "attempts": report.attempts,
        "encode_seconds": report.seconds,
        "preset": preset,
        "network": network,
        "seed": seed,
    }
    show(facts, as_json=as_json, lines=_lines(facts))


def _forget(checkpoint: Path | None) -> None:
    """Delete the checkpoint once the result is safe."""
    if checkpoint is not None:
        from ligeia.fitting.checkpoint import remove_checkpoint

        remove_checkpoint(checkpoint)


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    from ligeia.cli.output import decibels

    ratio = f"{100 * facts['pcm16_ratio']:.1f} % of 16-bit PCM"
    return [
        ("wrote", f"{facts['output']}: {facts['bytes']:,} bytes, {facts['kbps']:.1f} kbps, {ratio}"),
        ("SNR", f"{decibels(facts['snr_db'])} as decoded, {decibels(facts['fit_snr_db'])} before quantisation"),
        ("time", f"{facts['encode_seconds']:.1f} s for {facts['seconds']:.2f} s of sound, {facts['steps']} steps"),
    ]
