import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.restoration import turbo
from ligeia.enhance.restoration.restore import restore
from ligeia.enhance.restoration.siren import MaskedConfig
from ligeia.enhance.restoration.stretch import RestoreSettings, Stretch
from ligeia.errors import InputError
from ligeia.fitting.config import FitConfig

pytest.importorskip("torch")

RATE = 4000
TONE = 0.3 * np.sin(2 * np.pi * 220 * np.arange(800) / RATE)
QUICK = MaskedConfig(density=2.0, fit=FitConfig(steps=60, device="cpu", stride=4))


def stretch() -> Stretch:
    missing = np.zeros(800, bool)
    missing[np.random.default_rng(0).choice(800, 16, replace=False)] = True
    return Stretch(np.where(missing, 0, TONE)[None], missing[None], RATE)


def test_what_the_refiner_gives_is_fitted_in_the_next_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[np.ndarray] = []

    def refiner(samples: np.ndarray, *_: object) -> np.ndarray:
        heard.append(samples)
        return samples + 0.2

    monkeypatch.setattr(turbo, "_refined", refiner)
    damaged = stretch()
    missing = damaged.missing[0]
    result = turbo.repair(damaged, RestoreSettings(steps=3), "any", QUICK)[0]
    assert len(heard) == 3
    # Known samples are the true ones whenever the refiner hears them; missing ones follow what it said.
    for samples in heard:
        np.testing.assert_array_equal(samples[~missing], TONE[~missing])
    assert np.mean((heard[1] - heard[0])[missing]) > 0.01
    np.testing.assert_array_equal(result[missing], heard[2][missing] + 0.2)
    assert len(damaged.findings["changes"][0]) == 2  # type: ignore[index]


def test_the_loop_ends_when_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turbo, "_refined", lambda samples, *_: np.full_like(samples, 0.1))
    damaged = stretch()
    turbo.repair(damaged, RestoreSettings(steps=5), "any", QUICK)
    assert damaged.findings["changes"] == [[0.0]]
    assert damaged.findings["converged"] == [True]


@pytest.mark.parametrize("method", ["turbo", "turbo-none", "turbo-gate"])
def test_it_restores_by_name(method: str) -> None:
    missing = stretch().missing[0]
    audio = Audio(np.where(missing, 0, TONE)[None], RATE)
    done = restore(audio, method, mask=missing, steps=1, device="cpu")
    np.testing.assert_array_equal(done.audio.samples[0][~missing], audio.samples[0][~missing])
    assert done.report["refiner"] == {"turbo": turbo.DEFAULT, "turbo-none": "none", "turbo-gate": "gate"}[method]


def test_an_unknown_refiner_is_refused() -> None:
    with pytest.raises(InputError):
        turbo.repair(stretch(), RestoreSettings(steps=1), "magic", QUICK)
