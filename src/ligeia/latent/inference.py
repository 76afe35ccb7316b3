"""The code of a sound that a family has not learned from (torch).

Where the decoder knows a closed form, that is the answer. Elsewhere the code alone is moved, and the network stays:
from several starts (the mean of all codes, the codes of the learned sounds that are nearest, and what the encoder says
where there is one) for a part of the budget, then on from the best of them. Numbers are measured in their standard
deviations over the learned sounds, so that one rate serves families whose codes are of the size 0.001 or 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import LBFGS

from ligeia.codec.family.model import FamilyModel
from ligeia.errors import InputError
from ligeia.latent.decoders.decoder import Decoder, grid
from ligeia.latent.family import HasClosedForm, decoder_of, encoder_of
from ligeia.progress import OnProgress, Reporter
from ligeia.training.config import require, require_choice
from ligeia.training.optimisers import one_cycle

TRIAL = 0.3
"""Part of the budget in which all starts take part."""
CANDIDATES = 256
"""Learned sounds that may be near, at most: evenly chosen ones."""
GLANCE = 2000
"""Samples by which codes are compared during the search, at most."""
FIRST_GLANCE = 200
"""Samples by which learned sounds are compared with a new one."""
LOOKING = 0.2
"""Part of the seconds that may go into that; candidates that are left then do not take part."""
AT_ONCE = 2**16
"""Points that are computed together, over all codes."""
LEAST_SPREAD = 1e-6
"""Least spread of a number of codes, as a part of the largest: what hardly differs between sounds is left alone."""
WARMUP = 0.05

Start = Literal["mean", "nearest", "encoder"]
STARTS: tuple[Start, ...] = ("mean", "nearest", "encoder")


@dataclass(frozen=True, kw_only=True)
class InferenceSettings:
    """Settings of the search for a code.

    Raises:
        InputError: a setting is out of range.
    """

    method: Literal["adam", "lbfgs"] = "adam"
    """Adam, with other samples in every step; or L-BFGS on the same ones, which follow."""
    steps: int = 400
    """Steps at most."""
    seconds: float = 60.0
    """Wall-clock seconds at most, for all sounds together."""
    starts: tuple[str, ...] = STARTS
    """Starting points; "encoder" is left out where there is none."""
    nearest: int = 2
    """Learned sounds to begin from."""
    points: int = 1000
    """Samples of a sound that a step sees; 0: all."""
    rate: float = 0.1
    """Learning rate of Adam, in standard deviations; it rises shortly and then falls to 0."""
    penalty: float = 0.0
    """Weight of the mean square of the numbers, in standard deviations, beside the error relative to the sound."""
    closed: bool = True
    """Use the closed form where the decoder knows one."""
    seed: int = 0
    """Start of the random numbers."""

    def __post_init__(self) -> None:
        require_choice("method", self.method, ("adam", "lbfgs"))
        require(1 <= self.steps <= 10**6, f"steps must lie between 1 and 1000000, got {self.steps}")
        require(0 < self.seconds < 1e9, f"seconds must be above 0, got {self.seconds}")
        require(bool(self.starts), f"starts must name one of {', '.join(STARTS)}")
        for start in self.starts:
            require_choice("starts", start, STARTS)
        require(1 <= self.nearest <= CANDIDATES, f"nearest must lie between 1 and {CANDIDATES}, got {self.nearest}")
        require(0 <= self.points <= 2**24, f"points must lie between 0 and {2**24}, got {self.points}")
        require(0 < self.rate < 1e3, f"rate must be above 0, got {self.rate}")
        require(0 <= self.penalty < 1e6, f"penalty must be at least 0, got {self.penalty}")


@dataclass(frozen=True)
class Inferred:
    """The codes that were found."""

    codes: NDArray[np.float32]
    """`[items, numbers]`."""
    errors: NDArray[np.float64]
    """Mean squared error of each sound, over all its samples."""
    starts: tuple[str, ...]
    """Starting point of the search for each: "mean", "item N", "encoder", or "closed form"."""
    steps: int
    """Steps that were taken."""
    seconds: float


def infer_codes(
    model: FamilyModel,
    waveforms: NDArray[np.floating],
    settings: InferenceSettings = InferenceSettings(),
    *,
    on_progress: OnProgress | None = None,
) -> Inferred:
    """Return the codes of sounds, `waveforms [items, model.samples]` at the model's rate and level.

    The callback may raise `Cancelled` to stop.

    Raises:
        InputError: the sounds have another length, or are not finite.
    """
    sounds = np.asarray(waveforms, np.float32)
    if sounds.ndim != 2 or sounds.shape[1] != model.samples or len(sounds) == 0:
        raise InputError(f"sounds of {model.name} must be [items, {model.samples}], got {list(sounds.shape)}")
    if not np.isfinite(sounds).all():
        raise InputError("the sound is not a valid one: it holds NaN or infinity")
    started = monotonic()
    decoder = decoder_of(model)
    targets = torch.from_numpy(sounds)
    with torch.random.fork_rng():
        if settings.closed and isinstance(decoder, HasClosedForm):
            codes = decoder.closed_codes(targets)
            if codes is not None:
                names = ("closed form",) * len(sounds)
                return _inferred(decoder, codes, targets, names, (0, monotonic() - started))
        search = _Search(model, decoder, targets, settings, Reporter(on_progress))
        return search.run(started)


def _inferred(
    decoder: Decoder, codes: Tensor, targets: Tensor, starts: tuple[str, ...], spent: tuple[int, float]
) -> Inferred:
    errors = _errors(decoder, codes, targets).double().numpy()
    return Inferred(codes.detach().float().numpy(), errors, starts, *spent)


def _amplitudes(decoder: Decoder, codes: Tensor, places: Tensor | None) -> Tensor:
    """Amplitudes `[rows, n]` of `codes [rows, numbers]` at the samples of these numbers; None: all."""
    times = grid(decoder.samples)
    if places is None:
        return decoder(codes, times)  # type: ignore[no-any-return]
    return decoder(codes, times)[:, places] if decoder.whole else decoder(codes, times[:, places])  # type: ignore[no-any-return]


def _parts(decoder: Decoder, rows: int, places: Tensor | None) -> Iterator[slice]:
    """Yield the parts of rows that are computed together."""
    points = decoder.samples if places is None or decoder.whole else len(places)
    size = max(AT_ONCE // points, 1)
    for first in range(0, rows, size):
        yield slice(first, first + size)


@torch.no_grad()
def _errors(decoder: Decoder, codes: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared error of each of `codes [rows, numbers]` over all its samples, `[rows]`."""
    parts = _parts(decoder, len(codes), None)
    return torch.cat([(_amplitudes(decoder, codes[part], None) - targets[part]).square().mean(1) for part in parts])


class _Search:
    """The search for the codes of several sounds at once; rows are pairs of a sound and a start."""

    def __init__(
        self,
        model: FamilyModel,
        decoder: Decoder,
        targets: Tensor,
        settings: InferenceSettings,
        report: Reporter,
    ) -> None:
        self.decoder, self.targets, self.settings, self.report = decoder, targets, settings, report
        learned = torch.from_numpy(np.asarray(model.codes, np.float32))
        self.centre = learned.mean(0)
        spread = learned.std(0) if len(learned) > 1 else learned.abs()[0]
        self.spread = torch.where(spread > LEAST_SPREAD * spread.max(), spread, torch.zeros_like(spread))
        if not bool(self.spread.any()):
            self.spread = torch.ones_like(spread)  # all sounds have one code
        self.random = np.random.default_rng(settings.seed)
        self.compared = torch.from_numpy(self.random.permutation(decoder.samples)[:GLANCE])
        self.energy = targets.square().mean(1).clamp_min(1e-12)
        self.steps, self.began = 0, monotonic()
        self.starts = self._starts(model, learned)

    def run(self, started: float) -> Inferred:
        """Search, and return what was found."""
        self.began = started
        items, count = len(self.targets), len(self.starts)
        rows = torch.cat([codes for _, codes in self.starts])  # starts after one another, all sounds in each
        sounds = torch.arange(items).repeat(count)
        errors = self._glance(rows, sounds)
        if count > 1:
            rows, errors = self._better(rows, errors, self._adam(rows, sounds, (0.0, TRIAL)), sounds)
        errors = errors.view(count, items)
        chosen, every = errors.argmin(0), torch.arange(items)
        best, lowest = rows.view(count, items, -1)[chosen, every], errors.amin(0)
        move = self._adam if self.settings.method == "adam" else self._lbfgs
        moved = move(best, every, (TRIAL if count > 1 else 0.0, 1.0))
        codes, _ = self._better(best, lowest, moved, every)
        names = tuple(self.starts[int(number)][0][item] for item, number in enumerate(chosen))
        self.report.finish()
        return _inferred(self.decoder, codes, self.targets, names, (self.steps, monotonic() - started))

    def _starts(self, model: FamilyModel, learned: Tensor) -> list[tuple[list[str], Tensor]]:
        """Return the starts, each with a name and a code for each sound."""
        items, found = len(self.targets), list[tuple[list[str], Tensor]]()
        for name in self.settings.starts:
            if name == "mean":
                found.append((["mean"] * items, self.centre.expand(items, -1)))
            elif name == "nearest":
                nearest = self._nearest(learned)
                found += [([f"item {int(n)}" for n in row], learned[row]) for row in nearest]
            else:
                encoder = encoder_of(model)
                if encoder is not None:
                    with torch.no_grad():
                        found.append((["encoder"] * items, encoder(self.targets)))
        if not found:
            raise InputError(f"{model.name} has no encoder to begin with: add mean or nearest to starts")
        return found

    def _nearest(self, learned: Tensor) -> Tensor:
        """Return the numbers of the learned sounds nearest to each, `[nearest, items]`, by a few of their samples."""
        candidates = torch.arange(0, len(learned), max(len(learned) // CANDIDATES, 1))
        order = torch.from_numpy(self.random.permutation(len(candidates)))
        places, found = self.compared[:FIRST_GLANCE], list[Tensor]()
        for part in torch.split(order, max(AT_ONCE // len(places) // 8, 1)):
            if found and monotonic() - self.began > LOOKING * self.settings.seconds:
                break
            found.append(self._seen(learned[candidates[part]], places))
        sounds = torch.cat(found)
        distances = torch.cdist(self.targets[:, places], sounds)
        nearest = distances.argsort(1)[:, : self.settings.nearest]
        return candidates[order][nearest].T

    def _adam(self, rows: Tensor, sounds: Tensor, budget: tuple[float, float]) -> Tensor:
        """Return codes moved by Adam within a part of the budget; its rate falls to 0 where that is the last one."""
        change = torch.zeros_like(rows).requires_grad_()
        optimiser = torch.optim.Adam([change], lr=self.settings.rate)
        while (done := self._done(budget)) < 1:
            if budget[1] == 1:
                optimiser.param_groups[0]["lr"] = self.settings.rate * one_cycle(done, WARMUP)
            optimiser.zero_grad()
            self._backward(rows, change, sounds, self._places())
            optimiser.step()
            self._count()
        return (rows + change * self.spread).detach()

    def _lbfgs(self, rows: Tensor, sounds: Tensor, budget: tuple[float, float]) -> Tensor:
        """Return codes moved by L-BFGS, sound by sound, each within its share of a part of the budget."""
        moved, (begin, end), count = [], budget, len(rows)
        places = self._places()
        for row in range(count):
            share = begin + (end - begin) * row / count, begin + (end - begin) * (row + 1) / count
            one, change = rows[row : row + 1], torch.zeros_like(rows[:1]).requires_grad_()
            optimiser = LBFGS([change], max_iter=1, history_size=20, line_search_fn="strong_wolfe")

            def slope(one: Tensor = one, change: Tensor = change, row: int = row) -> float:
                change.grad = None
                return self._backward(one, change, sounds[row : row + 1], places)

            while self._done(share) < 1:
                optimiser.step(slope)  # type: ignore[no-untyped-call]
                self._count()
            moved.append((one + change * self.spread).detach())
        return torch.cat(moved)

    def _backward(self, rows: Tensor, change: Tensor, sounds: Tensor, places: Tensor | None) -> float:
        """Add the gradient of the rows' relative errors with respect to `change [rows, numbers]`; return their sum."""
        total = 0.0
        for part in _parts(self.decoder, len(rows), places):
            codes = rows[part] + change[part] * self.spread
            targets = self.targets[sounds[part]]
            error = _amplitudes(self.decoder, codes, places) - (targets if places is None else targets[:, places])
            loss = (error.square().mean(1) / self.energy[sounds[part]]).sum()
            if self.settings.penalty:
                known = self.spread > 0
                away = (codes - self.centre)[:, known] / self.spread[known]
                loss = loss + self.settings.penalty * away.square().mean(1).sum()
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        return total

    def _places(self) -> Tensor | None:
        """Return the numbers of the samples that a step sees: evenly spaced ones from a random start; None: all."""
        samples, points = self.decoder.samples, self.settings.points
        if points == 0 or points >= samples or self.decoder.whole:
            return None
        stride = samples // points
        return int(self.random.integers(stride)) + stride * torch.arange(points)

    def _glance(self, rows: Tensor, sounds: Tensor) -> Tensor:
        """Return the mean squared error of each row at the samples by which codes are compared, `[rows]`."""
        found = self._seen(rows, self.compared)
        return (found - self.targets[sounds][:, self.compared]).square().mean(1)

    def _better(self, rows: Tensor, errors: Tensor, moved: Tensor, sounds: Tensor) -> tuple[Tensor, Tensor]:
        """Return the better of each row and what it was moved to, with its error."""
        after = self._glance(moved, sounds)
        return torch.where((after < errors).unsqueeze(1), moved, rows), torch.minimum(after, errors)

    @torch.no_grad()
    def _seen(self, rows: Tensor, places: Tensor) -> Tensor:
        """Return the amplitudes of rows at the samples of these numbers, `[rows, n]`."""
        parts = _parts(self.decoder, len(rows), places)
        return torch.cat([_amplitudes(self.decoder, rows[part], places) for part in parts])

    def _done(self, budget: tuple[float, float]) -> float:
        """Return how much of a part of the budget, in steps or in seconds, is used, 0 to 1 and above."""
        settings, (begin, end) = self.settings, budget
        spent = max(self.steps / settings.steps, (monotonic() - self.began) / settings.seconds)
        return (spent - begin) / (end - begin)

    def _count(self) -> None:
        self.steps += 1
        self.report(min(self.steps / self.settings.steps, 1.0))
