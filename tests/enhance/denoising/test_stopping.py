"""The rules by which fits of noisy blocks stop."""

import torch

from ligeia.enhance.denoising.stopping import LAGS, StoppedFit, coloured_share, held_out
from ligeia.fitting.config import FitConfig
from ligeia.networks import Siren


def test_every_sample_is_held_out_once():
    folds = held_out(torch.ones(3, 50, dtype=torch.bool), 5, seed=0)
    assert folds.shape == (5, 3, 50)
    assert bool((folds.sum(0) == 1).all())
    assert 0.1 < float(held_out(torch.ones(10, 1000, dtype=torch.bool), 1, seed=0).float().mean()) < 0.4


def test_noise_is_white_and_a_tone_is_not():
    noise = torch.randn(1, 4000, generator=torch.Generator().manual_seed(0))
    tone = torch.sin(torch.arange(4000) / 5)[None]
    assert float(coloured_share(noise)) < 3 * LAGS / 4000
    assert float(coloured_share(tone)) > 5


def test_steps_see_no_held_out_sample():
    held = torch.zeros(1, 80, dtype=torch.bool)
    held[0, 10:20] = True
    found = []
    for wrong in (0.0, 5.0):
        targets = torch.sin(torch.arange(80) / 5)[None] + wrong * held
        config = FitConfig(steps=5, stride=2, closed_form=False, evaluations=1)
        fit = StoppedFit(
            Siren(width=6, depth=2), config, "held-out", targets=targets, valid=torch.ones_like(held), held=held
        )
        fit.trainer.run()
        found.append(fit.estimate())
    assert torch.equal(*found)


def test_it_stops_where_the_score_is_lowest():
    generator = torch.Generator().manual_seed(0)
    targets = torch.randn(4, 100, generator=generator)
    valid = torch.ones(4, 100, dtype=torch.bool)
    config = FitConfig(steps=60, stride=2, closed_form=False, evaluations=30, learning_rates=(0.01, 0.05, 0.05))
    spec = Siren(width=24, depth=2, fixed_first=60.0)
    fit = StoppedFit(spec, config, "held-out", targets=targets, valid=valid, held=held_out(valid, 1, 0)[0])
    fit.trainer.run()
    assert int(fit.best_step.max()) < 60  # there is nothing but noise to learn
    residual = torch.where(fit.held, targets - fit.best_estimate, 0.0)
    scores = residual.square().sum(1) / fit.held.sum(1)
    torch.testing.assert_close(scores.double(), fit.best_score)
