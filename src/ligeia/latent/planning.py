"""A windowed-sine family for given sounds, within given numbers: plans are solved in closed form, the best one stays.

The code can say everything by weights of whole tiles, of which the decoder keeps few and large ones; or by details,
whose shapes all sounds share; or by both. Which is better depends on how many numbers there are for each sound, so that
several plans are solved, each in seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.codec.family.lapped import NUMBERS_PER_DETAIL, LappedSettings
from ligeia.codec.family.model import FamilyModel
from ligeia.errors import InputError
from ligeia.latent.closed_form import solve_function
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.decoders.lapped import LappedDecoder
from ligeia.latent.material import Recording
from ligeia.latent.tiling import BANDS, FRAME_SIZES, STRETCHES, Design, designed

PATCHES = ((4, 4), (8, 4), (4, 8))
"""Frames and coefficients of shapes that are tried."""
SHARES = (0.5, 0.98)
"""Parts of the code that details get, in plans that have some."""
LEAST_DETAILS = 16
"""Fewer of them are not worth a dictionary."""
MOST_SHAPES = 16384
MOST_TILES = STRETCHES[-1] * BANDS[-1]
EMPHASIS = 0.15
"""See `tiling.designed`."""
SAMPLES_PER_SHAPE = 64
"""Samples of all sounds together for each shape, at least."""
AT_ONCE = 8
DENSE = 8
"""Numbers of a code that stay weights of tiles where unseen sounds are to be taken in."""
HELD_BACK = 5
"""Every so many-th sound judges plans."""
JUDGES = 12
"""Number of judges, at most."""


@dataclass(frozen=True)
class Planned:
    """A solved family."""

    decoder: LappedDecoder
    codes: Tensor
    """Codes of the sounds, `[items, numbers]`."""
    left: float
    """Part of the energy of the sounds that is left."""

    def model(self, name: str, rate: int, items: Sequence[Recording] = ()) -> FamilyModel:
        """Return the family as it is kept in a file, of sounds at `rate` Hz, with what is known of its `items`."""
        pitches = [item.pitch for item in items if item.pitch is not None]
        return FamilyModel(
            name=name,
            kind=self.decoder.kind,
            settings=self.decoder.settings.table(),
            rate=rate,
            samples=self.decoder.samples,
            codes=self.codes.numpy(),
            arrays={key: value.detach().numpy() for key, value in self.decoder.state_dict().items()},
            names=tuple(item.name for item in items),
            labels=tuple(item.label for item in items),
            pitches=tuple(float(pitch) for pitch in pitches) if len(pitches) == len(items) else (),
            facts={"left": self.left},
        )


def planned(
    waveforms: NDArray[np.float32],
    *,
    numbers: int,
    code: int,
    frame_sizes: tuple[int, ...] = FRAME_SIZES,
    seed: int = 0,
) -> Planned:
    """Return the family of the least squared error for `waveforms [items, samples]` among several plans.

    The decoder has at most `numbers` numbers, and a code at most `code`. Quiet bands count for a little more than their
    energy, and what no number says is filled with a little noise (`EMPHASIS`, `closed_form.FILL`).

    Raises:
        InputError: no plan fits.
    """
    settings = list(plans(waveforms, numbers=numbers, code=code, frame_sizes=frame_sizes))
    return min((solve_plan(waveforms, plan, seed=seed) for plan in settings), key=lambda plan: plan.left)


def plans(
    waveforms: NDArray[np.float32], *, numbers: int, code: int, frame_sizes: tuple[int, ...] = FRAME_SIZES
) -> Iterator[LappedSettings]:
    """Yield settings within the budgets: tiles alone, with or without a mapping network, and tiles with details.

    Raises:
        InputError: not even one atom fits.
    """
    spare = numbers - MOST_TILES  # of the levels of noise
    best: Design | None = None
    for hidden in (0, len(waveforms) - 1):
        if spare > (code + 1) * hidden:
            design = designed(
                waveforms, numbers=spare, code=code, hidden=hidden, emphasis=EMPHASIS, frame_sizes=frame_sizes
            )
            best = design if best is None or design.left < best.left else best
            yield replace(design.settings, fill=True)
    if best is None:
        raise InputError(f"{numbers} numbers are not enough for a windowed-sine family with codes of {code}")
    for share in SHARES:
        details = int(code * share) // NUMBERS_PER_DETAIL
        if details >= LEAST_DETAILS:
            for plan in with_details(
                waveforms, numbers=spare, code=code, details=details, frame_size=best.settings.frame_size
            ):
                yield replace(plan, fill=True)


def with_details(
    waveforms: NDArray[np.float32], *, numbers: int, code: int, details: int, frame_size: int
) -> Iterator[LappedSettings]:
    """Yield settings whose codes end with so many details, for each size of their shapes.

    Numbers are dealt out to tiles and shapes as the code is to weights and details.
    """
    dense = code - NUMBERS_PER_DETAIL * details
    tiles = designed(waveforms, numbers=max(numbers * dense // code, frame_size), code=dense, frame_sizes=(frame_size,))
    left = numbers - tiles.settings.numbers(waveforms.shape[1])
    for height, width in PATCHES:
        shapes = min(left // (height * width), MOST_SHAPES, waveforms.size // SAMPLES_PER_SHAPE)
        if shapes > details:
            yield replace(
                tiles.settings,
                code=tiles.settings.code + NUMBERS_PER_DETAIL * details,
                details=details,
                dictionary=shapes,
                shape_frames=height,
                shape_bins=width,
            )


def solve_plan(waveforms: NDArray[np.float32], settings: LappedSettings, *, seed: int = 0) -> Planned:
    """Return the solved family of settings, and how much of the energy of `waveforms [items, samples]` is left."""
    sounds = torch.from_numpy(waveforms)
    decoder = LappedDecoder(settings, samples=waveforms.shape[1], seed=seed)
    codes = decoder.solve(sounds)
    with torch.no_grad():
        parts = zip(torch.split(codes, AT_ONCE), torch.split(sounds, AT_ONCE), strict=True)
        error = sum(float((decoder(part, grid(decoder.samples)) - true).square().sum()) for part, true in parts)
    return Planned(decoder, codes, error / max(float(sounds.square().sum()), 1e-30))


def planned_for_others(
    waveforms: NDArray[np.float32],
    *,
    code: int,
    dense: int = DENSE,
    frame_sizes: tuple[int, ...] = FRAME_SIZES,
    seed: int = 0,
) -> Planned:
    """Return a family that takes in sounds like `waveforms [items, samples]` which it did not learn from.

    All but about `dense` numbers of a code are details. The size of frames and shapes is that with the least error on a
    part of the sounds, for families that have learned from the rest.

    Raises:
        InputError: there are too few sounds.
    """
    apart = np.arange(len(waveforms)) % HELD_BACK == HELD_BACK - 1
    details = (code - dense) // NUMBERS_PER_DETAIL

    def settings_for(sounds: NDArray[np.float32], size: int) -> list[LappedSettings]:
        numbers = dense * sounds.shape[1] + MOST_SHAPES * PATCHES[-1][0] * PATCHES[-1][1]
        return list(with_details(sounds, numbers=numbers, code=code, details=details, frame_size=size))

    if not apart.any():
        raise InputError(f"a family that takes in other sounds needs at least {HELD_BACK} to learn from")
    trials = [settings for size in frame_sizes for settings in settings_for(waveforms[~apart], size)]
    errors = [_error_on(waveforms[~apart], waveforms[apart], settings, seed) for settings in trials]
    best = trials[int(np.argmin(errors))]
    same = [
        settings
        for settings in settings_for(waveforms, best.frame_size)
        if (settings.shape_frames, settings.shape_bins) == (best.shape_frames, best.shape_bins)
    ]
    return solve_plan(waveforms, same[0], seed=seed)


def _error_on(learned: NDArray[np.float32], others: NDArray[np.float32], settings: LappedSettings, seed: int) -> float:
    """Return the mean part, in dB, that is left of other sounds by a family of the learned ones."""
    decoder = LappedDecoder(settings, samples=learned.shape[1], seed=seed)
    solve_function(decoder, torch.from_numpy(learned))
    targets = torch.from_numpy(others[:JUDGES])
    codes = decoder.closed_codes(targets)
    assert codes is not None, "plans with details have no mapping network"
    with torch.no_grad():
        error = (decoder(codes, grid(decoder.samples)) - targets).square().sum(1)
    left = error / targets.square().sum(1).clamp_min(1e-12)
    return float(left.clamp_min(1e-12).log10().mean())
