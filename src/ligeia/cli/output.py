"""Output of the commands: one JSON document, or aligned lines for people; and the report of a written stream."""

import json
import sys
from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ligeia.cli.standard import printable, printing, say, standard_output

if TYPE_CHECKING:
    from ligeia.codec.settings import EncodeReport


WIDE = 160
"""Columns of a table that goes to a file or a pipe."""


def print_json(facts: dict[str, Any], *, err: bool = False) -> None:
    """Print one JSON document, on stderr with `err`; infinite and undefined numbers become null."""
    say(json.dumps(plain(facts), indent=2), err=err)


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table as wide as the terminal, or plain text to a file or pipe."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in header:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    with printing():
        Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(table)


def show(facts: dict[str, Any], *, as_json: bool, lines: list[tuple[str, str]], err: bool = False) -> None:
    """Print `facts` as JSON, or `lines` (name, value) as a table; on stderr with `err`."""
    if as_json:
        print_json(facts, err=err)
        return
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        say(f"{name:<{width}}  {value}", err=err)


def show_notes(notes: Iterable[str], *, as_json: bool) -> None:
    """Print remarks on stderr; with JSON nothing, as the document contains them."""
    for note in () if as_json else notes:
        say(f"note: {note}", err=True)


def decibels(ratio: float) -> str:
    """Format a signal-to-noise ratio."""
    return "undefined (silence)" if isnan(ratio) else f"{ratio:.2f} dB"


def plain(value: Any) -> Any:
    """Return `value` with infinite and undefined numbers as None, which JSON can express."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def keep(output: Path, stream: bytes, *, overwrite: bool, checkpoint: Path | None) -> None:
    """Write the stream, to standard output where `output` is `-`; then delete its checkpoint."""
    from ligeia.audio.atomic import write_bytes
    from ligeia.cli.targets import STDOUT

    if output == STDOUT:
        file = standard_output()
        file.write(stream)
        file.flush()
    else:
        write_bytes(output, stream, overwrite=overwrite)
    if checkpoint is not None:
        from ligeia.training.checkpoint import remove_checkpoint  # it needs torch

        remove_checkpoint(checkpoint)


def facts_of(output: Path, stream: bytes, report: "EncodeReport") -> dict[str, Any]:
    """Return facts about a stream and its making, as plain data."""
    from ligeia.codec.inspect import inspect

    info = inspect(stream, counting=report.coefficients is None)
    return {
        "output": str(output),
        "bytes": info.total_bytes,
        "kbps": info.kbps,
        "seconds": info.seconds,
        "pcm16_ratio": info.pcm16_ratio,
        "network": info.network,
        "parameters": info.parameters if report.coefficients is None else 2 * report.coefficients,
        "blocks": info.blocks,
        "coefficients": info.coefficients if report.coefficients is None else report.coefficients,
        "preset": report.preset,
        "preset_reason": report.preset_reason,
        "speech_likelihood": report.speech_likelihood,
        "snr_db": report.snr_db,
        "fit_snr_db": report.fit_snr_db,
        "step": report.step,
        "steps": report.steps,
        "attempts": report.attempts,
        "elapsed_seconds": report.seconds,
    }


def lines_of(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Format the facts of `facts_of` as lines (name, value)."""
    from ligeia.cli.written import output_name

    size = f"{facts['bytes']:,} bytes, {facts['kbps']:.1f} kbps, {100 * facts['pcm16_ratio']:.1f} % of 16-bit PCM"
    snr = f"{decibels(facts['snr_db'])} as decoded"
    if facts["fit_snr_db"] is not None:
        snr += f", {decibels(facts['fit_snr_db'])} before quantisation"
    work = f"{facts['elapsed_seconds']:.1f} s for {facts['seconds']:.2f} s of sound"
    if facts["steps"] is not None:
        work += f", {facts['steps']} steps"
    return [
        ("wrote", f"{output_name(facts['output'])}: {size}"),
        ("SNR", snr),
        ("time", f"{work}, {_size_of_function(facts)} in {facts['blocks']} block(s)"),
    ]


def _size_of_function(facts: dict[str, Any]) -> str:
    """Format what the function consists of."""
    if facts["step"] is not None:
        return f"preset {facts['preset']}, {facts['coefficients']:,} coefficients"
    return f"{facts['parameters']:,} parameters"
