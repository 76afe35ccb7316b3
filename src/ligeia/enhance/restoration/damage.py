"""Damage as data: which runs of samples of which channels are missing, and why."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.errors import InputError

KINDS = ("mask", "dropout", "gap", "click", "clipping")
"""Kinds of damage by number: given by the caller; single lost samples, or held ones; runs of them; disturbed samples;
samples beyond the reach of whatever recorded them, of which a bound is known."""
CLIPPING = KINDS.index("clipping")
DAMAGE = np.dtype([("start", "i8"), ("stop", "i8"), ("channel", "i4"), ("kind", "u1"), ("level", "f4")])
"""One run of missing samples, `start` to `stop` of a `channel`. `level` is the bound of clipped samples, whose sign
is that of the bound, and 0 for all others."""
BLOCK = 1 << 20
"""Samples of a mask that are looked at together."""

Damage = NDArray[np.void]
"""Runs `[count]` of dtype `DAMAGE`, in order of their starts; those of one channel do not touch, except where their
kinds or levels differ."""


def no_damage() -> Damage:
    """Return an empty list of runs."""
    return np.zeros(0, DAMAGE)


def runs_of(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the runs of true values of `flags` `[time]`, as starts and stops `[2, runs]`.

    Example:
        >>> runs_of(np.array([True, False, True, True])).tolist()
        [[0, 2], [1, 4]]
    """
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return np.stack([edges[::2], edges[1::2]]).astype(np.int64)


def made(runs: NDArray[np.int64], *, channel: int, kind: str, level: float = 0.0) -> Damage:
    """Return runs (starts and stops, `[2, runs]`) of one channel as damage of one kind."""
    damage = np.zeros(runs.shape[1], DAMAGE)
    damage["start"], damage["stop"] = runs
    damage["channel"], damage["kind"], damage["level"] = channel, KINDS.index(kind), level
    return damage


def joined(parts: list[Damage]) -> Damage:
    """Return all runs of `parts` in order of their starts."""
    damage = np.concatenate([no_damage(), *parts])
    return damage[np.lexsort((damage["channel"], damage["start"]))]


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Return the array in a `.npy` file, left on disk; pickled objects are refused, never loaded.

    Raises:
        InputError: the file is missing, or is not an array of numpy.
    """
    try:
        mask = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it must be an array of bool, as numpy.save writes it"
        raise InputError(f"cannot read the mask {str(path)!r}: {reason}") from error
    if not isinstance(mask, np.ndarray):
        raise InputError(f"{path} is not a valid mask: it is an archive of arrays; save one array of bool (numpy.save)")
    return mask


def masked(mask: NDArray[np.bool_], sound: Sound) -> Damage:
    """Return the damage that a mask describes: bool `[time]` for all channels, or `[channels, time]`.

    Raises:
        InputError: the mask is of another type or length, or nothing of a channel is known.
    """
    rows = _checked(mask, sound)
    found = [
        made(runs, channel=channel, kind="mask") for channel, row in enumerate(rows) for runs in [_runs_of_row(row)]
    ]
    for damage in found:
        if len(damage) and int((damage["stop"] - damage["start"]).sum()) == sound.sample_count:
            where = "" if len(rows) == 1 else f" of channel {damage['channel'][0]}"
            raise InputError(f"all samples{where} are missing: there is nothing to restore them from; true is missing")
    if len(rows) < sound.channels:
        found = [_of_channel(found[0], channel) for channel in range(sound.channels)]
    return joined(found)


def _checked(mask: NDArray[np.bool_], sound: Sound) -> NDArray[np.bool_]:
    """Return the mask as rows `[1 or channels, time]`."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        kind = mask.dtype if isinstance(mask, np.ndarray) else type(mask).__name__
        raise InputError(f"{kind} is not a valid type of mask: it must be an array of bool, true where samples miss")
    rows = mask[None] if mask.ndim == 1 else mask
    if rows.ndim != 2 or rows.shape[0] not in (1, sound.channels) or rows.shape[1] != sound.sample_count:
        expected = f"[{sound.sample_count}] or [{sound.channels}, {sound.sample_count}]"
        raise InputError(f"{list(mask.shape)} is not a valid shape of mask: for this recording it must be {expected}")
    return rows


def _runs_of_row(row: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the runs of a long row, which may lie on disk, block by block."""
    parts = [runs_of(np.asarray(row[start : start + BLOCK])) + start for start in range(0, max(len(row), 1), BLOCK)]
    runs = np.concatenate(parts, axis=1)
    apart = runs[1, :-1] != runs[0, 1:]  # a run that a block's end has cut is one
    return np.stack([runs[0][np.r_[True, apart]], runs[1][np.r_[apart, True]]]) if runs.size else runs


def _of_channel(damage: Damage, channel: int) -> Damage:
    copy = damage.copy()
    copy["channel"] = channel
    return copy


def spans(damage: Damage, *, join: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield spans (start, stop) that hold all runs, in order; they begin and end where a run does.

    Runs less than `join` samples apart share a span while it has at most `most` samples. Spans touch only where runs
    of two channels, or of two kinds, do.
    """
    if not len(damage):
        return
    start, stop = int(damage["start"][0]), int(damage["stop"][0])
    for first, last in zip(damage["start"].tolist(), damage["stop"].tolist(), strict=True):
        overlaps = first < stop
        if not overlaps and (first - stop >= join or last - start > most):
            yield start, stop
            start = first
        stop = max(stop, last)
    yield start, stop


def flags_of(damage: Damage, channels: int, start: int, stop: int) -> NDArray[np.bool_]:
    """Return which samples `start:stop` are damaged, bool `[channels, stop - start]`."""
    flags = np.zeros((channels, stop - start), bool)
    for run in damage:
        flags[run["channel"], max(run["start"] - start, 0) : max(run["stop"] - start, 0)] = True
    return flags
