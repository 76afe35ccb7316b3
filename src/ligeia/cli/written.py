"""What `encode` and `fit` have in common once a stream is made: keeping it, and what is said about it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ligeia.codec.report import EncodeReport


def keep(output: Path, stream: bytes, *, overwrite: bool, checkpoint: Path | None) -> None:
    """Write the stream, and delete the checkpoint once it is safe."""
    from ligeia.audio.atomic import write_bytes

    write_bytes(output, stream, overwrite=overwrite)
    if checkpoint is not None:
        from ligeia.training.checkpoint import remove_checkpoint  # it needs torch

        remove_checkpoint(checkpoint)


def facts_of(output: Path, stream: bytes, report: "EncodeReport") -> dict[str, Any]:
    """Facts about the stream and how it was made."""
    from ligeia.codec.inspect import inspect

    info = inspect(stream, counting=report.units is None)
    return {
        "output": str(output),
        "bytes": info.total_bytes,
        "kbps": info.kbps,
        "seconds": info.seconds,
        "pcm16_ratio": info.pcm16_ratio,
        "network": info.network,
        "parameters": info.parameters if report.units is None else 2 * report.units,
        "blocks": info.blocks,
        "units": info.units if report.units is None else report.units,
        "preset": report.preset,
        "snr_db": report.snr_db,
        "fit_snr_db": report.fit_snr_db,
        "step": report.step,
        "steps": report.steps,
        "attempts": report.attempts,
        "elapsed_seconds": report.seconds,
    }


def lines_of(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """The same for people."""
    from ligeia.cli.output import decibels

    size = f"{facts['bytes']:,} bytes, {facts['kbps']:.1f} kbps, {100 * facts['pcm16_ratio']:.1f} % of 16-bit PCM"
    snr = f"{decibels(facts['snr_db'])} as decoded"
    if facts["fit_snr_db"] is not None:
        snr += f", {decibels(facts['fit_snr_db'])} before quantisation"
    work = f"{facts['elapsed_seconds']:.1f} s for {facts['seconds']:.2f} s of sound"
    if facts["steps"] is not None:
        work += f", {facts['steps']} steps"
    return [
        ("wrote", f"{facts['output']}: {size}"),
        ("SNR", snr),
        ("time", f"{work}, {_what(facts)} in {facts['blocks']} block(s)"),
    ]


def _what(facts: dict[str, Any]) -> str:
    """What the function is made of."""
    if facts["step"] is not None:
        return f"preset {facts['preset']}, {facts['units']:,} units"
    return f"{facts['parameters']:,} parameters"
