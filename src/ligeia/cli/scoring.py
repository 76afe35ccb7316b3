"""Measurements of `ligeia score`: one pair of sounds, or every pair of two folders; and how they are shown."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite, isinf, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ligeia.cli.pairing import Pairing
from ligeia.cli.standard import say
from ligeia.errors import LigeiaError

if TYPE_CHECKING:
    from ligeia.audio.signal import Audio
    from ligeia.corpus.actions.score import Comparison
    from ligeia.metrics.score import Scores
    from ligeia.progress import OnProgress

ABREAST = 9
"""Metrics side by side in one table of pairs."""
SHOWN = 3
"""Names that a line lists, at most."""


def scores_of(comparison: "Comparison", reference: Path, estimate: Path) -> "Scores":
    """Return the scores of two files, either of which may be `-`, standard input.

    Raises:
        LigeiaError: one cannot be read, or the two cannot be compared.
    """
    return comparison.scores(_whole(reference), _whole(estimate))


def _whole(path: Path) -> "Audio":
    from ligeia.audio.signal import Audio
    from ligeia.cli.sources import open_sound

    with open_sound(path) as sound:
        return Audio(sound.read(0, sound.sample_count), sound.rate)


# --- folders --------------------------------------------------------------------------------------------


@dataclass
class Results:
    """Scores of the pairs of two folders."""

    pairing: Pairing
    metrics: tuple[str, ...]
    scores: "dict[str, Scores]" = field(default_factory=dict)
    """Scores by name of the pair."""
    errors: dict[str, str] = field(default_factory=dict)
    """Errors by name, for pairs without scores."""
    interrupt: KeyboardInterrupt | None = None
    """Ctrl-C, or a signal like it, that came before the end."""

    @property
    def complete(self) -> bool:
        """True where every file has a partner and was compared with it."""
        alone = self.pairing.only_reference or self.pairing.only_estimate
        return not (self.errors or alone or self.interrupt)

    def values(self, metric: str) -> list[float]:
        """Return the values of a metric that are defined."""
        values = (scores[metric] for scores in self.scores.values())
        return [value for value in values if value == value]

    def mean(self, metric: str) -> float:
        """Return the mean of the finite values; an infinite one only where all are, as one would hide the others."""
        values = self.values(metric)
        finite = [value for value in values if isfinite(value)] or values[:1]
        return sum(finite) / len(finite) if finite else nan

    def median(self, metric: str) -> float:
        """Return the median of the defined values."""
        from ligeia.records.statistics import median

        return median(self.values(metric))


def compare_folders(pairing: Pairing, comparison: "Comparison", on_progress: "OnProgress | None") -> Results:
    """Compare all pairs; what is wrong with one is kept beside the others, and Ctrl-C keeps what there is."""
    from ligeia.progress import Reporter

    results = Results(pairing, comparison.metrics, errors=dict(pairing.ambiguous))
    report = Reporter(on_progress)
    count = len(pairing.pairs)
    try:
        for number, pair in enumerate(pairing.pairs):
            report.stage(f"{number + 1}/{count} {pair.name}", 0.0, 1.0)
            report(number / count)
            try:
                results.scores[pair.name] = scores_of(comparison, pair.reference, pair.estimate)
            except LigeiaError as error:
                results.errors[pair.name] = " ".join(str(error).split())
            except MemoryError:
                results.errors[pair.name] = "not enough memory for this"
        report.finish()
    except KeyboardInterrupt as interrupt:
        results.interrupt = interrupt
    return results


def facts_of(results: Results, reference: Path, estimate: Path) -> dict[str, Any]:
    """Return the results as plain data; undefined values are None, infinite ones "inf" and "-inf", as for one pair."""
    pairs = [
        {"name": pair.name, "reference": str(pair.reference), "estimate": str(pair.estimate)}
        | (
            {"error": None, **results.scores[pair.name].as_dict()}
            if pair.name in results.scores
            else {"error": results.errors.get(pair.name, "not reached")}
        )
        for pair in results.pairing.pairs
    ]
    return {
        "reference": str(reference),
        "estimate": str(estimate),
        "pairs": pairs,
        "ambiguous": results.pairing.ambiguous,
        "only_reference": list(results.pairing.only_reference),
        "only_estimate": list(results.pairing.only_estimate),
        "compared": len(results.scores),
        "failed": len(results.errors),
        "mean": {metric: _plain(results.mean(metric)) for metric in results.metrics},
        "median": {metric: _plain(results.median(metric)) for metric in results.metrics},
        "defined": {metric: len(results.values(metric)) for metric in results.metrics},
    }


def _plain(value: float) -> float | str | None:
    return None if value != value else str(value) if isinf(value) else value


# --- for people -----------------------------------------------------------------------------------------


def show_results(results: Results) -> None:
    """Print a line for each pair, with mean and median at the end; then what is missing, and what went wrong."""
    from ligeia.cli.output import print_table
    from ligeia.metrics.table import METRICS
    from ligeia.records.tables import heading

    for start in range(0, len(results.metrics), ABREAST) if results.scores else ():
        names = results.metrics[start : start + ABREAST]
        rows = [(pair, *_cells(names, scores)) for pair, scores in results.scores.items()]
        rows += [(title, *_summary(results, names, title)) for title in ("mean", "median")]
        print_table(("pair", *(heading(METRICS[name]) for name in names)), rows)
    for line in _remarks(results):
        say(line)
    sys.stdout.flush()
    for name, error in results.errors.items():
        say(f"ligeia: {name}: {error}", err=True)


def _cells(metrics: Iterable[str], scores: "Scores") -> list[str]:
    return [_text(metric, scores[metric]) for metric in metrics]


def _summary(results: Results, metrics: Iterable[str], which: str) -> list[str]:
    return [_text(metric, results.mean(metric) if which == "mean" else results.median(metric)) for metric in metrics]


def _text(metric: str, value: float) -> str:
    from ligeia.metrics.table import METRICS
    from ligeia.records.tables import decimals, fixed

    return fixed(value, decimals(METRICS[metric]))


def _remarks(results: Results) -> list[str]:
    pairing, total = results.pairing, len(results.pairing.pairs) + len(results.pairing.ambiguous)
    lines = [f"{total} pairs: {len(results.scores)} compared, {len(results.errors)} failed"]
    if results.interrupt:
        lines[0] += ", the others not reached before the interruption"
    lines += [
        f"{_counted(files, 'file')} of the {side} folder without a partner: {_listed(files)}"
        for side, files in (("reference", pairing.only_reference), ("estimate", pairing.only_estimate))
        if files
    ]
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, scores in results.scores.items():
        for metric, entry in scores.scores.items():
            if entry.reason:
                reasons.setdefault((metric, entry.reason), []).append(name)
    lines += [
        f"{metric} of {_counted(names, 'pair')}: {reason} ({_listed(names)})"
        for (metric, reason), names in reasons.items()
    ]
    return lines


def _counted(names: Sequence[str], noun: str) -> str:
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
