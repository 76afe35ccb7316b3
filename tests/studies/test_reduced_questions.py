"""The size `reduced` of the studies of omega, of its search, of the upper bound and of activations, at its smallest."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ligeia.networks import Fmlp, Siren
from ligeia.networks.coordinates import omega_to_hz
from ligeia.records.journal import Row
from ligeia.studies import activations, omega, omega_search, upper_bound
from ligeia.studies.run import run_study
from ligeia.studies.study import Study


@pytest.fixture(autouse=True)
def no_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path / "none"))


def measured(study: Study, folder: Path, **changes: Any) -> list[Row]:
    """The rows of a study at a size made tiny; its table has the lines that it should."""
    tiny = replace(study, sizes={"reduced": replace(study.sizes["reduced"], **changes)})
    rows = run_study(tiny, folder, size="reduced")
    assert [row["error"] for row in rows] == [None] * len(rows)
    assert tiny.table(rows)
    return rows


def test_seeds_of_omega_are_fitted_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stacks, together = [], omega.fitted_together
    monkeypatch.setattr(omega, "fitted_together", lambda *a, **b: stacks.append(b) or together(*a, **b))
    small = {"seconds": 0.01, "width": 4, "omegas": (1.0,), "short": 2, "long": 3, "decayed": 2, "decays": (0.1,)}
    rows = measured(omega.STUDY, tmp_path, seeds=2, **small)
    assert [(row["cell"]["way"], row["cell"]["seed"]) for row in rows[:4]] == [("sweep", 0), ("sweep", 1)] * 2
    assert len(stacks) == len(rows) / 2
    assert len({row["mse"] for row in rows}) == len(rows)


def test_omegas_reach_the_hertz_of_the_thesis() -> None:
    reduced, paper = (omega.CONFIG[size] for size in ("reduced", "paper"))
    for ours, theirs in zip(reduced.omegas, paper.omegas[1:], strict=True):
        assert omega_to_hz(ours, reduced.seconds) == pytest.approx(omega_to_hz(theirs, paper.seconds))
    searched, published = (omega_search.CONFIG[size] for size in ("reduced", "paper"))
    for ours, theirs in zip(searched.omega, published.omega, strict=True):
        assert omega_to_hz(ours, searched.seconds) == pytest.approx(omega_to_hz(theirs, published.seconds))


@pytest.mark.parametrize("name", upper_bound.NETWORKS[:-1])
def test_networks_of_the_upper_bound_keep_density_and_hertz(name: str) -> None:
    reduced, paper = (upper_bound.CONFIG[size] for size in ("reduced", "paper"))
    small, large = (upper_bound._network(config, name) for config in (reduced, paper))
    assert small.parameters / reduced.frames == pytest.approx(large.parameters / paper.frames, rel=0.05)
    lengths = [config.frames / config.rate for config in (reduced, paper)]
    if isinstance(small, Siren):
        reached = [omega_to_hz(spec.first_omega, length) for spec, length in zip((small, large), lengths, strict=True)]
        assert replace(small, width=large.width, first_omega=large.first_omega) == large
    else:
        assert isinstance(small, Fmlp)
        reached = [2**spec.octaves / length for spec, length in zip((small, large), lengths, strict=True)]
    assert reached[0] == pytest.approx(reached[1], rel=0.5)  # octaves are whole numbers


def test_clips_of_the_upper_bound_are_fitted_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stacks, together = [], upper_bound.fitted_together
    monkeypatch.setattr(upper_bound, "fitted_together", lambda *a, **b: stacks.append(a) or together(*a, **b))
    rows = measured(upper_bound.STUDY, tmp_path, clips=(0, 2), seeds=(0, 1), frames=512, steps=3, metrics=("si_snr",))
    assert len(stacks) == 2 * (len(upper_bound.NETWORKS) - 1)
    assert [row["cell"]["seed"] for row in rows] == sorted(row["cell"]["seed"] for row in rows)
    assert {row["cell"]["clip"]: row["sound"] for row in rows} == {0: "made speech 0", 2: "made speech 2"}
    assert all((row["curve"] is None) == (row["cell"]["network"] == "ligeia") for row in rows)


def test_activations_are_given_seconds_of_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, fitted = [], activations.fitted
    monkeypatch.setattr(activations, "fitted", lambda *a, **b: asked.append(b) or fitted(*a, **b))
    activations._warm_up.cache_clear()
    small = {"sounds": (("bach", 0),), "seconds": 0.1, "budgets": (0.05,), "seeds": (0, 1), "patience": 0.1}
    rows = measured(activations.STUDY, tmp_path, **small, networks=("siren", "finer"), patient=("siren",))
    assert [(row["cell"]["seed"], row["cell"]["recipe"], row["cell"]["budget"]) for row in rows] == [
        (0, "siren", 0.05), (0, "finer", 0.05), (1, "siren", 0.05), (1, "finer", 0.05), (0, "siren", 0.1),
    ]  # fmt: skip
    assert "clock" not in asked[0]  # the one that warms up
    assert [each["clock"] for each in asked[1:]] == ["processor"] * len(rows)
    assert len({each["seed"] for each in asked[1:]}) == 2


def test_what_a_search_chooses_is_trained_again_beside_lower_omegas(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    small = {"sounds": (("bach", 0),), "seconds": 0.04, "rate": 4000, "width": 4, "depth": 2, "starts": 2}
    rows = measured(omega_search.STUDY, tmp_path, **small, trials=3, steps=3, rungs=2, startup=2, later=5)
    trials, trained = rows[:3], rows[3:]
    best = min(trials, key=lambda row: (-row["steps"], row["mse"]))
    pairs = [(row["cell"]["pair"], row["steps"], row["cell"]["seed"]) for row in trained]
    assert pairs == [(pair, steps, seed) for pair in omega_search.PAIRS for steps in (3, 5) for seed in (0, 1)]
    for row in trained:
        first, hidden = omega_search.PAIRS[row["cell"]["pair"]]
        assert (row["omega"] * first, row["hidden_omega"] * hidden) == pytest.approx(
            (best["omega"], best["hidden_omega"])
        )
        assert row["dense_mse"] > 0
    again = [row["mse"] for row in trained if row["cell"]["pair"] == "the choice" and row["steps"] == 3]
    assert sum(again) / 2 == pytest.approx(best["mse"])  # a trial's error is the mean over the same starts
    assert len({row["mse"] for row in trained}) == len(trained)
