"""Fits side by side: each is what it would be beside any others."""

from dataclasses import replace

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.fitting.recipes import recipe_named
from ligeia.studies.fits import fitted, squared_error
from ligeia.studies.together import fitted_together, thinned

RECIPE = recipe_named("siren-notebook").resized(width=6, depth=2)
SETTINGS = {"steps": 12, "threads": 1, "learning_rates": (1e-3,) * 3}


def sound(hz: float, level: float = 1.0, samples: int = 200) -> Audio:
    wave = np.sin(2 * np.pi * hz * np.arange(samples) / 1000)
    return Audio((level * wave / np.abs(wave).max())[None].astype(np.float32), 1000)


def test_a_fit_does_not_depend_on_those_beside_it() -> None:
    tone = sound(17)
    first, _ = fitted_together([tone, sound(40)], RECIPE, seed=3, **SETTINGS)
    again, other = fitted_together([tone, sound(71)], RECIPE, seed=3, **SETTINGS)
    for name, value in first.parameters.items():
        assert np.allclose(value, again.parameters[name], atol=1e-6)
    assert not np.allclose(other.render().samples, again.render().samples, atol=1e-3)


def test_one_alone_is_an_ordinary_fit() -> None:
    tone = sound(17)
    (together,) = fitted_together([tone], RECIPE, seed=3, **SETTINGS)
    alone = fitted(tone, RECIPE, seed=3, **SETTINGS)
    assert np.array_equal(together.render().samples, alone.render().samples)
    assert together.report["snr_db"] == pytest.approx(alone.report["snr_db"], abs=1e-3)


def test_copies_of_a_sound_are_fits_from_several_starts() -> None:
    tone = sound(17)
    fits = fitted_together([tone] * 3, RECIPE, seed=0, **SETTINGS)
    errors = [squared_error(inr.render(), tone) for inr in fits]
    assert len(set(errors)) == 3
    assert {inr.render().sample_count for inr in fits} == {200}
    steps, ratios = zip(*fits[0].report["curve"], strict=True)
    assert steps[-1] == 12
    assert list(ratios) == sorted(ratios)
    # All together: the ratio of the sums.
    assert 10 ** (-ratios[-1] / 10) == pytest.approx(np.mean(errors) / np.mean(tone.samples**2), rel=1e-3)


def test_a_curve_halves_its_steps() -> None:
    trace = [{"step": step, "snr_db": float(step)} for step in range(1, 1001)]
    assert [step for step, _ in thinned(trace)] == [7, 15, 31, 62, 125, 250, 500, 1000]
    assert thinned(trace[:2]) == [[1, 1.0], [2, 2.0]]


def test_sounds_that_a_stack_would_change_are_refused() -> None:
    with pytest.raises(InputError, match="one rate and one length"):
        fitted_together([sound(17), sound(17, samples=100)], RECIPE, **SETTINGS)
    with pytest.raises(InputError, match="one peak"):
        fitted_together([sound(17), sound(17, level=0.5)], RECIPE, **SETTINGS)
    own_level = replace(RECIPE, config=replace(RECIPE.config, level="block"))
    assert len(fitted_together([sound(17), sound(17, level=0.5)], own_level, **SETTINGS)) == 2
