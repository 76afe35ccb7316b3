"""The table: every entry is whole, and every metric keeps to what its entry promises."""

import re
from math import isfinite, isinf

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.errors import InputError, MissingExtra, UndefinedScore
from ligeia.metrics.metric import Metric
from ligeia.metrics.score import score
from ligeia.metrics.table import DEFAULT, HEADLINES, METRICS, THESIS, metrics_named

SLACK = 1e-6
"""Bounds are those of the exact formulas."""
QUICK = [metric for metric in METRICS.values() if not metric.slow]


def voice(seconds: float = 1.5, rate: int = 16000) -> np.ndarray:
    """Something that speech metrics take for speech: a buzz with formant-like colour that comes and goes."""
    time = np.arange(int(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 20))
    return 0.2 * buzz * np.abs(np.sin(2 * np.pi * 2.2 * time))


def test_entries_are_whole() -> None:
    for name, metric in METRICS.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert metric.function.__name__ == metric.name == name
        assert metric.summary, name
        assert metric.source, name
        assert metric.lowest < metric.highest, name
        assert list(metric.rates) == sorted(metric.rates), name
        assert (metric.extra is None) == (metric.package is None), name
        assert metric.function.__doc__, name


def test_names_lead_to_entries() -> None:
    assert [metric.name for metric in metrics_named(["snr", "mse", "snr"])] == ["snr", "mse"]
    with pytest.raises(InputError, match="unknown metric 'x'; there are: mse"):
        metrics_named(["x"])
    with pytest.raises(InputError, match="no metric is named"):
        metrics_named([])
    assert set(DEFAULT) == {metric.name for metric in QUICK}
    assert set(HEADLINES) | set(THESIS) <= set(METRICS)


@pytest.mark.parametrize("metric", QUICK, ids=lambda metric: metric.name)
def test_values_stay_within_their_bounds(metric: Metric) -> None:
    rate = metric.rates[-1] if metric.rates else 16000
    reference = voice(rate=rate)
    for noise in (0.0, 1e-3, 1.0):  # the same, slightly worse, ruined
        estimate = reference + noise * np.random.default_rng(0).standard_normal(len(reference))
        try:
            value = metric.function(reference=reference, estimate=estimate, rate=rate)
        except MissingExtra as error:
            pytest.skip(f"{metric.name}: {error}")
        except UndefinedScore:
            continue
        assert metric.lowest - SLACK <= value <= metric.highest + SLACK, noise
        assert isfinite(value) or isinf(metric.highest if value > 0 else metric.lowest), noise


@pytest.mark.parametrize("metric", QUICK, ids=lambda metric: metric.name)
def test_noise_makes_every_metric_worse(metric: Metric) -> None:
    clean = Audio(voice()[None], 16000)
    random = np.random.default_rng(0).standard_normal(clean.samples.shape)
    values = []
    for level in (1e-3, 1e-1):
        noisy = Audio(clean.samples + level * random, 16000)
        values.append(score(reference=clean, estimate=noisy, metrics=[metric.name])[metric.name])
    if not all(map(isfinite, values)):
        pytest.skip(f"{metric.name} has no value for this sound")
    slight, strong = values
    worst = metric.lowest if metric.better == "higher" else metric.highest
    assert slight == strong == worst or (slight > strong) == (metric.better == "higher")


@pytest.mark.parametrize(("seconds", "rate"), [(1.0, 16000), (0.3, 8000), (0.05, 8000), (0.01, 16000)])
def test_the_metrics_of_the_thesis_are_defined_for_short_clips_at_low_rates(seconds: float, rate: int) -> None:
    clean = Audio(voice(seconds, rate)[None], rate)
    noisy = Audio(clean.samples + 0.01 * np.random.default_rng(0).standard_normal(clean.samples.shape), rate)
    result = score(reference=clean, estimate=noisy, metrics=set(THESIS) & set(DEFAULT), align=False)
    for name, one in result.scores.items():
        assert isfinite(one.value) or one.reason, name
    if seconds >= 0.3:
        assert all(isfinite(result[name]) for name in result.scores if METRICS[name].package is None)
