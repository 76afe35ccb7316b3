"""Values of metrics in the tables of the studies: numbers, "inf", or undefined (None)."""

from collections.abc import Iterable
from statistics import mean

Value = float | str | None
"""As `Scores.as_dict` gives it."""


def said(value: Value) -> str:
    """One value."""
    return "undefined" if value is None else value if isinstance(value, str) else f"{value:.4g}"


def mean_said(values: Iterable[Value]) -> str:
    """The mean of those that are finite numbers."""
    numbers = [value for value in values if isinstance(value, float)]
    return f"{mean(numbers):.3f}" if numbers else "undefined"
