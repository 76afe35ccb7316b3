"""The reduced size of studies about single fits: parameters for each sample, starts, scores, rows that are shared."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.fitting.fit import fit
from ligeia.fitting.plan import Recipe
from ligeia.fitting.recipes import recipe_named
from ligeia.inr import INR
from ligeia.networks import Siren
from ligeia.networks.coordinates import omega_to_hz
from ligeia.records.journal import Row
from ligeia.studies import duration, perception, reduced, siamese_compression, siamese_tables, width_depth
from ligeia.studies.fits import fitted, scored
from ligeia.studies.reduced import Fits
from ligeia.studies.run import STUDIES, run_study
from ligeia.studies.study import Study
from ligeia.studies.together import fitted_together

TINY: dict[str, dict[str, Any]] = {
    "width_depth": {"widths": (16,), "layers": (1,), "largest": ((32, 1),), "seconds": 0.05},
    "perception": {"widths": (16,), "layers": (1,), "largest": (), "seconds": 0.5, "metrics": ("pesq_wb", "snr")},
    "duration": {"seconds": (1.99,)},
    "siamese_tables": {"networks": ("2x64 + 1x32", "original 3x256"), "seconds": 0.1, "metrics": ("snr",)},
    "siamese_compression": {"networks": ("32-32-16",), "seconds": 0.1, "metrics": ("snr",)},
}


@pytest.fixture(autouse=True)
def no_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Made sounds, no more than a few steps also where a recipe has its own, and no fits of an earlier test."""

    def briefly(audio: Audio, recipe: Recipe) -> INR:
        return fit(audio, replace(recipe, config=replace(recipe.config, steps=min(recipe.config.steps, 5))))

    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    monkeypatch.setattr("ligeia.fitting.fit.fit", briefly)
    reduced._all.cache_clear()
    yield
    reduced._all.cache_clear()


def tiny(name: str) -> Study:
    config = replace(STUDIES[name].sizes["reduced"], steps=2, clips=(0, 1), seeds=(0, 1), **TINY[name])
    return replace(STUDIES[name], sizes={"reduced": config})


@pytest.mark.parametrize("name", TINY)
def test_lines_are_means_over_clips_and_seeds(name: str, tmp_path: Path) -> None:
    study = tiny(name)
    rows = run_study(study, tmp_path, size="reduced")
    assert [row["error"] for row in rows] == [None] * len(study.cells(study.sizes["reduced"]))
    table = study.table(rows)
    whole = [line for line in table.lines if line[table.header.index("fits")] == "4"]
    assert whole
    assert all(any("±" in text for text in line) for line in whole)
    starts: dict[str, list[float]] = {}
    for row in rows:
        setting = {key: value for key, value in row["cell"].items() if key != "seed"}
        starts.setdefault(str(setting), []).append(row["snr_db"] if "snr_db" in row else row["metrics"]["snr"])
    assert all(len(set(values)) == len(values) for values in starts.values())  # each start ends elsewhere


def test_parameters_for_each_sample_are_the_reports() -> None:
    config, paper = width_depth.CONFIG["reduced"], width_depth.CONFIG["paper"]
    for width, layers in ((64, 1), (64, 4), (128, 4), (256, 6)):
        spec = width_depth._narrow(config, {"width": width, "layers": layers})
        full = replace(spec, width=width)
        density = full.parameters / (paper.seconds * paper.rate)
        assert spec.parameters / (config.seconds * config.rate) == pytest.approx(density, rel=0.08)
        assert omega_to_hz(spec.first_omega, config.seconds) == pytest.approx(omega_to_hz(3000, paper.seconds))
    lengths = duration.CONFIG["reduced"]
    narrow = duration._fits(lengths, {"seconds": 0.66, "recipe": duration.FIXED}).spec
    assert narrow.parameters / (0.66 / lengths.shorter * lengths.rate) == pytest.approx(
        263_937 / (0.66 * 44100), rel=0.08
    )


def test_the_hertz_of_the_shortest_length_stay_where_omega_grows() -> None:
    fits = [
        duration._fits(duration.CONFIG["reduced"], {"seconds": seconds, "recipe": recipe})
        for seconds, recipe in ((0.66, duration.FIXED), (9.95, duration.SAME_HERTZ))
    ]
    hertz = [omega_to_hz(each.spec.first_omega, each.seconds) for each in fits if isinstance(each.spec, Siren)]
    assert hertz[0] == pytest.approx(hertz[1]) == pytest.approx(omega_to_hz(3000, 0.66))


@pytest.mark.parametrize("network", siamese_tables.NETWORKS)
def test_networks_of_the_tables_keep_their_density(network: str) -> None:
    config, paper = siamese_tables.CONFIG["reduced"], siamese_tables.CONFIG["paper"]
    spec = siamese_tables.NETWORKS[network]
    narrow = siamese_tables._narrow(config, spec)
    shorter = config.seconds * config.rate / (paper.seconds * paper.rate)
    assert narrow.parameters == pytest.approx(spec.parameters * shorter, rel=0.12)


@pytest.mark.parametrize("network", siamese_compression.PUBLISHED)
def test_networks_of_the_compression_keep_their_density(network: str) -> None:
    config, paper = siamese_compression.CONFIG["reduced"], siamese_compression.CONFIG["paper"]
    spec = siamese_compression.network(network)
    shorter = config.seconds * config.rate / (paper.seconds * paper.rate)
    assert siamese_compression._narrow(config, spec).parameters == pytest.approx(spec.parameters * shorter, rel=0.12)


def test_a_network_is_fitted_to_all_clips_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def counted(sounds: list[Audio], *arguments: Any, **settings: Any) -> Any:
        done.append(len(sounds))
        return fitted_together(sounds, *arguments, **settings)

    monkeypatch.setattr(reduced, "fitted_together", counted)
    fits = Fits(
        recipe="siren-notebook", spec=Siren(width=3, depth=2, first_omega=100.0, closed=True),
        sounds=(("speech", 0), ("bach", 0)), seeds=(0, 1), seconds=0.05, rate=8000, steps=2,
    )  # fmt: skip
    rendered = [fits.of(place, seed).render().samples for seed in (0, 1) for place in (0, 1)]
    assert done == [4]
    assert len({samples.tobytes() for samples in rendered}) == 4


def test_a_fit_beside_others_is_the_fit_alone() -> None:
    recipe = replace(recipe_named("siren-notebook"), design=lambda shape: Siren(width=4, depth=2, closed=True))
    tones = [Audio(np.sin(np.arange(400) / step)[None].astype(np.float32), 8000) for step in (3, 5)]
    tones = [Audio(tone.samples / np.abs(tone.samples).max(), tone.rate) for tone in tones]
    alone = fitted_together(tones[:1], recipe, steps=5)[0]
    assert np.array_equal(alone.render().samples, fitted(tones[0], recipe, steps=5).render().samples)
    first, _ = fitted_together(tones[:1] * 2, recipe, steps=5)
    beside, _ = fitted_together(tones, recipe, steps=5)
    assert np.allclose(beside.render().samples, first.render().samples, atol=1e-5)


def test_perception_and_width_depth_share_their_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measured_again(config: Any, cell: Any) -> Row:
        raise AssertionError("perception has fitted it")

    same = {"widths": (16,), "layers": (1,), "largest": (), "seconds": 0.5}
    scoring = tiny("perception")
    monkeypatch.setitem(STUDIES, "perception", scoring)
    first = run_study(scoring, tmp_path, size="reduced")
    config = replace(tiny("width_depth").sizes["reduced"], **same)
    study = replace(width_depth.STUDY, sizes={"reduced": config}, measure=measured_again)
    rows = run_study(study, tmp_path, size="reduced")
    assert [row["mse"] for row in rows] == [row["mse"] for row in first]
    assert {row["study"] for row in rows} == {"width_depth"}
    assert "metrics" not in rows[0]["config"]
    assert run_study(study, tmp_path, size="reduced") == rows
    other = replace(study, sizes={"reduced": replace(config, steps=3)})
    with pytest.raises(AssertionError, match="perception has fitted it"):
        run_study(other, tmp_path, size="reduced")


def test_both_studies_have_the_same_networks() -> None:
    assert perception.STUDY.cells(perception.CONFIG["reduced"]) == width_depth.cells(width_depth.CONFIG["reduced"])


def test_short_sounds_are_heard_again_where_metrics_need_more() -> None:
    random = np.random.default_rng(0)
    tone = Audio((0.5 * np.sin(np.arange(4000) / 3))[None].astype(np.float32), 8000)
    noisy = Audio((tone.samples + 0.05 * random.standard_normal((1, 4000))).astype(np.float32), 8000)
    values = scored(tone, noisy, ("visqol_audio", "snr"), times=3)
    assert isinstance(values["visqol_audio"], float)
    assert list(values) == ["visqol_audio", "snr"]
    assert values["snr"] == pytest.approx(scored(tone, noisy, ("snr",))["snr"], abs=0.01)
    assert not isinstance(scored(tone, noisy, ("visqol_audio",))["visqol_audio"], float)  # too short by itself
