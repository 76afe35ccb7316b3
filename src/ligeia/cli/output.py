"""What commands print: one JSON document, or aligned lines for people."""

import json
from math import isfinite, isnan
from typing import Any

import typer


def show(facts: dict[str, Any], *, as_json: bool, lines: list[tuple[str, str]]) -> None:
    """Print `facts` as JSON, or `lines` (name, value) as a table."""
    if as_json:
        typer.echo(json.dumps(plain(facts), indent=2))
        return
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        typer.echo(f"{name:<{width}}  {value}")


def decibels(ratio: float) -> str:
    """A signal-to-noise ratio for people."""
    return "undefined (silence)" if isnan(ratio) else f"{ratio:.2f} dB"


def plain(value: Any) -> Any:
    """`value` with what JSON cannot say (infinite and undefined numbers) as null."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value
