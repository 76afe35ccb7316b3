"""Fits of noisy blocks that stop before they fit the noise, each by a stated rule (torch).

A network that is fitted to a noisy sound takes the sound first and the noise later, if it is small and slow enough.
What is missing in INR denoising 2024 is a rule that says when. Each rule here gives a block a score at every
evaluation, from the residual y - f alone; the parameters of the lowest score are kept, so that every block stops at a
step of its own. A run takes its whole budget in any case: scores are noisy, and a later state may be better.

- "held-out": the mean squared error on samples that no step sees. White noise at these samples is independent of what
  was fitted, so that the score is the true error plus the noise power, a constant. It needs to know nothing. Noise
  with a spectrum of its own is partly foreseen from the neighbours, and the score then stops too late.
- "whiteness": the energy of the residual's autocorrelation at the lags 1 to 16, relative to lag 0. Before the sound is
  fitted the residual has its correlations, and once the noise is fitted, those of the network's bandwidth.
- "noise-level": the distance of the residual's power from that of the noise, which must be known or estimated
  (Morozov's discrepancy principle).
"""

from typing import Literal, get_args

import torch
from torch import Tensor

from ligeia.errors import SettingsError
from ligeia.fitting.batches import Samples
from ligeia.fitting.closed_form import parts
from ligeia.fitting.config import FitConfig
from ligeia.fitting.group import GroupFit
from ligeia.networks.spec import NetworkSpec

Rule = Literal["held-out", "whiteness", "noise-level"]
RULES: tuple[Rule, ...] = get_args(Rule)
LAGS = 16
"""Autocorrelations that "whiteness" looks at."""


class StoppedFit(GroupFit):
    """Blocks that are fitted together, of which the parameters of the lowest score by `rule` are kept.

    `targets` float32 `[blocks, n]` at a level near 1; `valid` bool `[blocks, n]`, false past the end of the sound;
    `held` bool `[blocks, n]`, the samples that no step sees; `noise_power` `[blocks]`, at the level of the targets,
    for the rule "noise-level".

    Raises:
        InputError: steps see full batches, by whose loss a fit keeps its best parameters.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        config: FitConfig,
        rule: Rule,
        *,
        targets: Tensor,
        valid: Tensor,
        held: Tensor,
        noise_power: Tensor | None = None,
    ) -> None:
        if config.full_batch:
            raise SettingsError("a fit that stops by a rule cannot have full batches: set a stride above 1")
        self.rule, self.held, self.valid, self.noise_power = rule, held & valid, valid, noise_power
        self.whole = Samples(targets.unsqueeze(-1), valid, closed=spec.closed_grid)
        fitted = Samples(targets.unsqueeze(-1), valid & ~held, closed=spec.closed_grid)
        super().__init__(spec, fitted, torch.ones(len(targets)), config, config.seed)
        self.best_step = torch.zeros(len(targets), dtype=torch.int64)
        self.best_estimate = torch.zeros_like(targets)

    @torch.no_grad()
    def estimate(self) -> Tensor:
        """Return the current output of the networks, `[blocks, n]`."""
        values = [self.module(batch.coordinates)[..., 0] for batch in parts(self.whole, self.spec)]
        return torch.cat(values, dim=1)

    def _measured(self) -> tuple[Tensor, Tensor]:
        """Squared errors of the blocks, and their scores; what is best so far is kept as samples too."""
        estimate = self.estimate()
        residual = torch.where(self.valid, self.whole.targets[..., 0] - estimate, 0.0)
        scores = self._scores(residual).double()
        better = scores < self.best_score
        self.best_step[better] = self.trainer.step
        self.best_estimate[better] = estimate[better]
        return residual.square().sum(1, dtype=torch.float64), scores

    def _scores(self, residual: Tensor) -> Tensor:
        """Score of each block, `[blocks]`; lower is better."""
        if self.rule == "held-out":
            return torch.where(self.held, residual, 0.0).square().sum(1) / self.held.sum(1).clamp_min(1)
        count = self.valid.sum(1).clamp_min(1)
        if self.rule == "noise-level":
            assert self.noise_power is not None, "the rule needs the power of the noise"
            return (residual.square().sum(1) / count - self.noise_power).abs()
        return coloured_share(residual)


def coloured_share(residual: Tensor) -> Tensor:
    """Energy of the autocorrelation of residuals `[blocks, n]` at the lags 1 to `LAGS`, relative to lag 0, `[blocks]`.

    Of white noise it is about `LAGS` / n.
    """
    lags = min(LAGS, residual.shape[1] - 1)
    energy = residual.square().sum(1).clamp_min(1e-30)
    shares = [(residual[:, lag:] * residual[:, :-lag]).sum(1) / energy for lag in range(1, lags + 1)]
    return torch.stack(shares).square().sum(0) if shares else torch.zeros_like(energy)


def held_out(valid: Tensor, folds: int, seed: int) -> Tensor:
    """Deal the samples of blocks out to `folds`: bool `[folds, blocks, n]`, each sample held out once.

    One fold alone holds out a quarter.
    """
    drawn = torch.rand(valid.shape, generator=torch.Generator().manual_seed(seed))
    if folds == 1:
        return (drawn < 0.25)[None]
    fold = (drawn * folds).long()
    return torch.stack([fold == number for number in range(folds)])
