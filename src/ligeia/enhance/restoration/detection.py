"""Damage found in a recording: lost and held samples, gaps, clicks, clipping.

Whether a sample fits its neighbours is judged by the error of cubic interpolation from the two on either side,
relative to the median error around it. In clean recordings (speech, music, noises, 8 to 48 kHz) exact zeros reach 10
times the median, and other samples 90 times; lost samples and clicks in loud sound are far beyond. A recording in
which some samples are lost beyond doubt is searched for further ones with a lower limit.

Digital silence at the ends, between words or after a fade is not damage: only zeros (or a held value) that begin and
end in the midst of loud sound are. Clipping is judged from the whole recording, see `flat_tops`.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.enhance.restoration.damage import Damage, joined, made, no_damage, runs_of
from ligeia.enhance.restoration.flat_tops import Tops
from ligeia.enhance.restoration.stretch import Flags, Reals, RestoreSettings
from ligeia.progress import Reporter

BLOCK = 1 << 18
"""Samples that are looked at together."""
OVERLAP = 1 << 14
"""Samples around them that are read as well: what is found begins in the block and ends in these at most."""
CHUNK = 32
"""Samples of which the median error is taken."""
STEP = 2.0**-15
"""A step of 16-bit samples; nothing finer counts."""
PROVEN = 15.0
"""Error of a lost sample, relative to the median, that proves damage."""
SUSPECTED = ((4, 6.0), (20, 3.0))
"""Numbers of proven losses in a channel, and the error that counts from then on."""
JUMP = 2.0
"""Step at an end of a run, in median steps around it, that shows that it is cut out rather than faded."""
FAR, FADED = 384, 0.25
"""Samples further away with which the steps beside a long run are compared, and the share below which it has faded."""
CLICK, CLICK_SIDE = 100.0, 10.0
"""Errors, relative to the median, of a click's highest sample, and of all samples that belong to it."""
CLICK_SECONDS = 0.001
"""A longer disturbance is taken for a sound."""
HELD = 4
"""Equal samples other than zero that count as held, at least."""
ZEROS, SHORT = 8, 32
"""Runs of zeros, and of any other value, that cannot come about by chance in loud sound, not even at a flat peak."""
BRIEF = 8
"""Shorter runs are called dropouts, longer ones gaps."""
LOUD = 8 * STEP
"""Median step between samples around a run, in loud sound."""
GAP_SECONDS = 0.1
"""A longer run of zeros is taken for silence."""

Places = NDArray[np.int64]


@dataclass
class Evidence:
    """Evidence from one channel so far: suspicious runs with their errors, clicks, and levels."""

    runs: list[Places] = field(default_factory=lambda: [np.zeros((2, 0), np.int64)])
    errors: list[Reals] = field(default_factory=lambda: [np.zeros(0)])
    clicks: list[Places] = field(default_factory=lambda: [np.zeros((2, 0), np.int64)])
    tops: Tops = field(default_factory=Tops)


def find_damage(sound: Sound, settings: RestoreSettings, report: Reporter) -> Damage:
    """Return the damage of a recording, in order of time; memory grows with the damage only."""
    seen = [Evidence() for _ in range(sound.channels)]
    for start in range(0, sound.sample_count, BLOCK):
        stop = min(start + BLOCK, sound.sample_count)
        first = max(0, start - OVERLAP)
        for evidence, row in zip(seen, sound.read(first, stop + OVERLAP), strict=True):
            _look(evidence, row.astype(np.float64), (start - first, stop - first), first, sound.rate)
        report(stop / sound.sample_count)
    found = [_judged(evidence, channel, settings) for channel, evidence in enumerate(seen)]
    return joined(found)


def _look(evidence: Evidence, row: Reals, block: tuple[int, int], first: int, rate: int) -> None:
    """Add what `row` `[time]` shows in its part `block`; sample 0 of the row is sample `first` of the recording."""
    evidence.tops.look(row[block[0] : block[1]], first + block[0])
    if len(row) < 4 * CHUNK or not row.any():
        return
    errors = relative_errors(row)
    runs, worst = _lost(row, errors, rate)
    inside = (runs[0] >= block[0]) & (runs[0] < block[1])
    evidence.runs.append(runs[:, inside] + first)
    evidence.errors.append(worst[inside])
    clicks = _clicks(row, errors, rate)
    inside = (clicks[0] >= block[0]) & (clicks[0] < block[1])
    evidence.clicks.append(clicks[:, inside] + first)


def relative_errors(row: Reals) -> Reals:
    """Return how badly each sample of `row` `[time]` fits its neighbours: 1 is the median around it."""
    errors = np.zeros(len(row))
    errors[2:-2] = np.abs(row[2:-2] - (4 * (row[1:-3] + row[3:-1]) - row[:-4] - row[4:]) / 6)
    return errors / _around(errors)


def _around(errors: Reals) -> Reals:
    """Return the median of each chunk of 32, or that of a neighbour where it is greater, for each sample."""
    whole = len(errors) // CHUNK * CHUNK
    medians = np.median(errors[:whole].reshape(-1, CHUNK), axis=1)
    wide = np.pad(medians, 1, mode="edge")
    highest = np.maximum(np.maximum(wide[:-2], wide[1:-1]), wide[2:])
    return np.asarray(np.pad(np.repeat(highest, CHUNK), (0, len(errors) - whole), mode="edge") + 0.5 * STEP)


# --- lost and held samples ----------------------------------------------------------------------------


def _lost(row: Reals, errors: Reals, rate: int) -> tuple[Places, Reals]:
    """Return suspicious runs of equal samples `[2, runs]`, and their errors `[runs]`."""
    single = np.flatnonzero((row == 0) & (errors > SUSPECTED[-1][1]))
    single = single[(row[single - 1] != 0) & (row[single + 1] != 0)]
    runs = _equal_runs(row)
    lengths, values = runs[1] - runs[0], row[runs[0]]
    held = (values != 0) & (np.abs(values) < 0.95 * np.abs(row).max())
    wanted = np.where(held, lengths >= HELD, (values == 0) & (lengths >= 2))
    wanted &= (runs[0] >= CHUNK) & (runs[1] <= len(row) - CHUNK) & (lengths <= GAP_SECONDS * rate)
    runs = runs[:, wanted]
    steps = np.abs(np.diff(row))
    before, after = (_median_of(steps, at) for at in (runs[0] - 1 - CHUNK // 2, runs[1]))
    loud = np.minimum(before, after) >= LOUD
    runs = runs[:, loud]
    lengths, jumps = runs[1] - runs[0], np.maximum(steps[runs[0] - 1], steps[runs[1] - 1])
    before, after = before[loud], after[loud]
    early, late = (_median_of(steps, at) for at in (runs[0] - FAR, runs[1] + FAR))
    steady = (before >= FADED * early) & (after >= FADED * late) & (lengths >= SHORT)
    cut = steady | (jumps > JUMP * np.maximum(before, after))
    cut &= lengths >= np.where(row[runs[0]] == 0, ZEROS, SHORT)
    worst = np.where(cut, np.inf, _run_errors(row, runs))
    everything = np.concatenate([np.stack([single, single + 1]), runs], axis=1)
    return everything.astype(np.int64), np.concatenate([errors[single], worst])


def _equal_runs(row: Reals) -> Places:
    """Return the runs of at least two equal samples."""
    runs = runs_of(np.diff(row) == 0)
    return np.stack([runs[0], runs[1] + 1])


def _median_of(steps: Reals, starts: Places) -> Reals:
    """Return the median of half a chunk of `steps` from each of `starts`."""
    if not len(starts):
        return np.zeros(0)
    windows = np.clip(starts[:, None] + np.arange(CHUNK // 2), 0, len(steps) - 1)
    return np.asarray(np.median(steps[windows], axis=1))


def _run_errors(row: Reals, runs: Places) -> Reals:
    """Return how far the middle of each short run is from where its neighbours have it, relative to the median error.

    The same interpolation, across as many samples, is tried on the 64 samples around the run for the median.
    """
    result = np.zeros(runs.shape[1])
    for length in range(2, SHORT):
        at = np.flatnonzero(runs[1] - runs[0] == length)
        if not len(at):
            continue
        middle, offsets, weights = _interpolation(length)
        places = runs[0][at][:, None] + np.arange(-CHUNK, CHUNK + 1)
        places = np.clip(places, 2, len(row) - length - 2)
        estimates = sum(weight * row[places + offset] for offset, weight in zip(offsets, weights, strict=True))
        errors = np.abs(row[places + middle] - estimates)
        result[at] = errors[:, CHUNK] / (np.median(errors, axis=1) + 0.5 * STEP)
    return result


def _interpolation(length: int) -> tuple[int, list[int], list[float]]:
    """Return the middle of a run, and places and weights of the four samples that give it by Lagrange's formula."""
    middle, offsets = length // 2, [-2, -1, length, length + 1]
    weights = [
        float(np.prod([(middle - other) / (place - other) for other in offsets if other != place])) for place in offsets
    ]
    return middle, offsets, weights


# --- clicks -------------------------------------------------------------------------------------------


def _clicks(row: Reals, errors: Reals, rate: int) -> Places:
    """Return short disturbances `[2, runs]` in sound that is otherwise smooth."""
    high = np.flatnonzero(errors > CLICK)
    if not len(high):
        return np.zeros((2, 0), np.int64)
    widest = max(8, round(CLICK_SECONDS * rate))
    near = np.zeros(len(row), bool)
    for peak in high:
        near[max(0, peak - widest) : peak + widest + 1] = True
    runs = _bridged(near & (errors > CLICK_SIDE))
    peaks = np.array([errors[start:stop].max() for start, stop in runs.T])
    level = np.array([np.median(np.abs(row[max(0, start - CHUNK) : stop + CHUNK])) for start, stop in runs.T])
    lost = np.array([bool((row[start:stop] == 0).any()) for start, stop in runs.T])
    chosen = (peaks > CLICK) & (runs[1] - runs[0] <= widest) & (level >= LOUD) & ~lost
    return runs[:, chosen]


def _bridged(flags: Flags) -> Places:
    """Return the runs of true values; those at most four samples apart are one."""
    runs = runs_of(flags)
    if not runs.size:
        return runs
    apart = runs[0, 1:] - runs[1, :-1] > 4
    return np.stack([runs[0][np.r_[True, apart]], runs[1][np.r_[apart, True]]])


# --- judgement ----------------------------------------------------------------------------------------


def _judged(evidence: Evidence, channel: int, settings: RestoreSettings) -> Damage:
    """Return the damage of a channel, now that all of it has been seen."""
    tops = evidence.tops.clipped(channel) if settings.clipping else no_damage()
    runs, errors = np.concatenate(evidence.runs, axis=1), np.concatenate(evidence.errors)
    proven = int(np.count_nonzero(errors > PROVEN))
    least = min((error for number, error in SUSPECTED if proven >= number), default=PROVEN)
    lost = _apart(runs[:, errors > least], tops)
    brief = lost[1] - lost[0] < BRIEF
    found = [
        tops,
        made(lost[:, brief], channel=channel, kind="dropout"),
        made(lost[:, ~brief], channel=channel, kind="gap"),
    ]
    if settings.clicks:
        known = joined([evidence.tops.touched(channel), *found[1:]])
        clicks = _apart(np.concatenate(evidence.clicks, axis=1), known)
        found.append(made(clicks, channel=channel, kind="click"))
    return joined(found)


def _apart(runs: Places, damage: Damage) -> Places:
    """Return those of `runs` that are more than a few samples away from all of `damage`."""
    if not len(damage) or not runs.size:
        return runs
    margin = 4
    ends = np.maximum.accumulate(damage["stop"])
    before = np.searchsorted(damage["start"], runs[1] + margin, side="left") - 1
    touches = (before >= 0) & (ends[np.maximum(before, 0)] > runs[0] - margin)
    return runs[:, ~touches]
