"""Every study: a whole description, rows, table and figures at its smallest, resume; then what is particular to one."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_ratings import write_rated_tones

from ligeia.audio.signal import Audio
from ligeia.fitting.fit import fit
from ligeia.fitting.own_recipes import OWN
from ligeia.fitting.plan import Shape
from ligeia.fitting.recipes import Recipe, recipe_named
from ligeia.hypersound.config import HyperSoundConfig
from ligeia.hypersound.dictionary import Dictionary, save_dictionary
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.weights import save_model
from ligeia.inr import INR
from ligeia.networks import Siamese
from ligeia.records.journal import Row
from ligeia.studies import (
    activations,
    duration,
    hypersound_space,
    omega,
    perception,
    siamese_compression,
    siamese_tables,
    sine_a4,
    upper_bound,
    width_depth,
)
from ligeia.studies.hypersound_scale import Scale
from ligeia.studies.paper_counts import paper_bytes, paper_parameters
from ligeia.studies.run import STUDIES, run_study, write_answer
from ligeia.studies.study import Study

TINY_NETWORKS = {
    "tiny twins": Siamese(shared_width=8, shared_depth=1, head_width=4, octaves=4, closed=True),
    "tiny": siamese_tables._octaves(100.0, width=8, depth=2),
}
TINY_MODEL = HyperSound(
    HyperSoundConfig(rate=8000, samples=64, strides=(), trunk=(8,), target={"width": 3, "depth": 1, "octaves": 3})
)
TINY_SCALE = Scale(steps=2, evaluations=1, batch=2, epoch=2, clips=2, trunk=(8,))
CHEAP = ("snr", "mel_distance")
FAMILIES = ("decoders", "ablations", "regularisation", "progressive")
TINY_FAMILY: dict[str, Any] = {
    "data": ("keyboard",), "seeds": (0,), "metrics": ("mse", "snr"), "listened": 0,
    "changes": (("training", "steps", 2), ("training", "evaluations", 1), ("codes", "batch", 2), ("data", "items", 2)),
}  # fmt: skip
SMALL: dict[str, dict[str, Any]] = {
    "sine_a4": {"steps": (0, 20)},
    "width_depth": {"widths": (2, 4), "layers": (1, 2), "seconds": 0.05, "steps": 2},
    "duration": {"seconds": (0.05, 0.1), "width": 8, "layers": 1, "steps": 2},
    "perception": {"widths": (4,), "layers": (1,), "seconds": 0.5, "steps": 2, "metrics": ("mse", "mel_distance")},
    "siamese_tables": {
        "seconds": 0.2, "steps": 2, "networks": tuple(TINY_NETWORKS), "ours": ("tiny",), "ours_steps": 2,
        "metrics": CHEAP,
    },
    "siamese_compression": {"networks": ("32-32-16",), "seconds": 0.1, "steps": 2, "metrics": CHEAP},
    "omega": {
        "seconds": 0.01, "width": 8, "omegas": (100.0,), "short": 2, "long": 3, "decayed": 4, "decays": (0.1,),
    },
    "upper_bound": {"frames": 2048, "width": 8, "steps": 2, "metrics": ("si_snr", "lsd_hypersound")},
    "hypersound_fewer": {
        "clips": 2, "ratios": (16,), "seconds": 0.5, "metrics": ("si_snr", "mel_distance"),
        "methods": ("largest coefficients", "largest blocks", "partials, not learned, by pursuit",
                    "atoms, learned, by pursuit", "atoms, with emphasis"),
    },
    "activations": {
        "sounds": (("bach", 0),), "seconds": 0.1, "budgets": (0.05,), "networks": ("siren", "finer"),
        "published": ("siren-notebook",),
    },
    "hypersound_compression": {
        "ratios": (1,), "omegas": ((2000, 30),), "faster": ((2000, 30),), "improved": (1,), "closed": (2,),
        "alone": ("siren",), "alone_steps": 2, "seeds": (0,), "scale": TINY_SCALE,
    },
    "hypersound_variants": {
        "variants": ("multiplicative", "shared_1"), "longer": ("shared_1",), "seeds": (0,), "scale": TINY_SCALE,
    },
    "hypersound_weighting": {"powers": (0.0, 1.0), "seeds": (0,), "scale": TINY_SCALE},
    "hypersound_targets": {"recordings": ("digits",), "networks": ("finer",), "seeds": (0,), "scale": TINY_SCALE},
    "bandwidth": {"clips": 1, "seconds": 0.5, "metrics": ("lsd_sr", "snr"), "high_metrics": ("lsd_sr", "snr")},
    "hypersound_space": {"model": "tiny", "sets": ("digits",), "vectors": ("weights", "mel"), "clips": 12},
    "declip": {"clips": 2, "seconds": 0.3, "rate": 16000, "levels": (5, 10), "methods": ("wiener", "a-spade")},
    "dropouts": {"clips": ("siren/gt_bach.wav", "speech/none.flac"), "seconds": 0.5, "methods": ("spline", "lapped")},
    "gaps": {"clips": ("siren/gt_bach.wav",), "milliseconds": (10,), "gaps": 1, "seconds": 0.5,
             "methods": ("janssen", "extrapolation")},
    "metric_correlation": {"metrics": ("mse", "snr")},
    "known_degradations": {"sets": ("keywords",), "items": 2, "metrics": ("mse", "dft_wasserstein")},
    "dataset_images": {"sets": ("keyboard", "keywords"), "items": 5},
    "decoders": TINY_FAMILY | {"setups": ("wavegan", "im_net")},
    "ablations": TINY_FAMILY | {"setups": ("concat_all_apart", "hypernetwork")},
    "regularisation": TINY_FAMILY | {"setups": ("constant_10",)},
    "progressive": TINY_FAMILY | {"setups": ("progressive_3000_30",)},
    "denoise_table": {
        "clips": 2, "seconds": 0.3, "methods": ("noisy", "gate", "wiener with the true spectrum of the noise"),
        "aside": (), "slow": ("siren-paper", "siren-paper, saved at full scale"), "slow_clips": 1, "slow_seconds": 0.02,
        "siren_steps": 1, "demand": (), "metrics": ("segmental_snr", "pesq_wb", "si_sdr"),
    },
}  # fmt: skip
"""Fields of a laptop CONFIG that make it tiny; `omega_search` has tests of its own."""
OURS = {"families_beyond"}
"""Of designs that no paper has, and with tests of their own: its smallest cell is no training."""
FIGURES = {
    "sine_a4": {"waves"},
    "width_depth": {"scatter", "heatmap", "depth"},
    "duration": {"loss"},
    "perception": {"mse", "mel_distance"},
    "siamese_tables": set(CHEAP),
    "siamese_compression": set(CHEAP),
    "omega": {"omega", "penalty"},
    "upper_bound": {"snr"},
    "hypersound_fewer": {"snr"},
    "activations": {"bach-0"},
    "hypersound_compression": {"numbers", "loss"},
    "hypersound_variants": {"loss"},
    "hypersound_weighting": {"loss"},
    "hypersound_targets": {"loss"},
    "bandwidth": {"lsd-snr"},
    "hypersound_space": {"digits-weights-speaker", "digits-mel-speaker"},
    "dataset_images": {"amplitudes", "magnitudes"},
    "known_degradations": {"agreement"},
    "metric_correlation": {"correlation"},
    "denoise_table": {"gains-white"},
    **{name: {"error-keyboard", "curve-keyboard", "waves-keyboard"} for name in FAMILIES},
    "declip": {"gain"},
    "dropouts": {"snr"},
    "gaps": {"sdr"},
}
LINES = {"siamese_tables": 10, "omega": 5, "hypersound_fewer": 6, "denoise_table": 5, "dropouts": 6, "declip": 4}
LINES |= {"known_degradations": 2, "metric_correlation": 3}
"""Lines of tables that have not one for each row."""


def _tiny_atoms() -> Dictionary:
    drawn = np.random.default_rng(0).standard_normal((200, 2, 4)).astype(np.float32)
    return Dictionary(drawn / np.sqrt(np.square(drawn).sum((1, 2), keepdims=True)), rate=16000, frame_size=256)


def _fitted_briefly(audio: Audio, recipe: Recipe, **settings: Any) -> INR:
    """Fit in a few steps, also where a recipe has steps of its own: what a study does with it is the same."""
    return fit(audio, replace(recipe, config=replace(recipe.config, steps=min(recipe.config.steps, 10))), **settings)


@pytest.fixture(autouse=True, scope="module")
def no_recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Made sounds, the same on every machine, networks of eight units, and an untrained model."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("empty")
        patch.setenv("LIGEIA_DATA", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))  # states of trainings
        save_model(folder / "tiny.safetensors", TINY_MODEL, {})
        save_dictionary(folder / "atoms.safetensors", _tiny_atoms(), {})
        patch.setitem(SMALL["hypersound_fewer"], "model", str(folder / "atoms.safetensors"))
        patch.setitem(SMALL["hypersound_space"], "model", str(folder / "tiny.safetensors"))
        patch.setitem(SMALL["metric_correlation"], "ratings", str(write_rated_tones(folder / "rated")))
        patch.setattr(siamese_tables, "NETWORKS", siamese_tables.NETWORKS | TINY_NETWORKS)
        patch.setattr("ligeia.fitting.fit.fit", _fitted_briefly)
        yield


@pytest.fixture(scope="module")
def rows_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Study, Path, list[Row]]]:
    """Runs a study at its smallest, once."""

    @cache
    def run(name: str) -> tuple[Study, Path, list[Row]]:
        folder = tmp_path_factory.mktemp(name)
        study = replace(STUDIES[name], sizes={"laptop": replace(STUDIES[name].sizes["laptop"], **SMALL[name])})
        return study, folder, run_study(study, folder)

    return run


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_studies_are_whole(study: Study) -> None:
    assert study.name in SMALL or study.search is not None or study.name in OURS
    assert (
        {"laptop", "hour" if study.name in OURS else "paper"}
        <= set(study.sizes)
        <= {"laptop", "hour", "reduced", "paper"}
    )
    assert study.question.endswith("?")
    assert study.source
    for config in study.sizes.values() if not study.inputs else ():
        cells = [json.dumps(cell, sort_keys=True) for cell in study.cells(config)]
        assert cells
        assert len(cells) == len(set(cells))


@pytest.mark.parametrize("name", SMALL)
def test_rows_table_figures_and_resume(rows_of, name: str) -> None:
    study, folder, rows = rows_of(name)
    assert [row["error"] for row in rows] == [None] * len(study.cells(study.sizes["laptop"]))
    table = study.table(rows)
    assert {len(line) for line in table.lines} == {len(table.header)}
    assert len(table.lines) == LINES.get(name, len(rows))
    empty = {header for header, *texts in zip(table.header, *table.lines, strict=True) if not any(texts)}
    assert not {header for header in empty if "published" not in header}
    written = {path.name for path in write_answer(study, rows, folder)}
    charts = {f"{name}-laptop-{figure}{ending}" for figure in FIGURES[name] for ending in (".svg", ".png")}
    assert written == {f"{name}-laptop.md", f"{name}-laptop.html"} | charts

    def measured_again(config: Any, cell: Any) -> Row:
        raise AssertionError("the row was there")

    assert run_study(replace(study, measure=measured_again), folder) == json.loads(json.dumps(rows))


def test_errors_and_sizes_are_positive(rows_of) -> None:
    for name in ("width_depth", "duration", "perception", "activations", "upper_bound"):
        for row in rows_of(name)[2]:
            assert row["mse"] > 0
            assert row["parameters"] > 0
            assert row["steps"] >= (0 if row["cell"].get("recipe") == "ligeia" else 1)


# --- one by one ---------------------------------------------------------------------------------------


def test_the_neuron_learns_the_note() -> None:
    first, middle, last = (sine_a4.measure(sine_a4.Config(), {"step": step}) for step in (0, 20, 200))
    assert first["hz"] == pytest.approx(440 * 0.896, rel=1e-6)
    assert first["loss"] > middle["loss"] > last["loss"]
    assert last["hz"] == pytest.approx(440, abs=0.44)  # the report's own figure, 439.56, is as close
    assert last["bytes"] == 8


def test_parameters_are_counted_as_the_report_counts() -> None:
    design = recipe_named("siren-notebook").resized(width=256, depth=5).design
    assert design(Shape(samples=1000, rate=22050, channels=1)).parameters == 263_937
    assert len(width_depth.cells(width_depth.CONFIG["paper"])) == 60


def test_our_recipe_grows_with_the_sound(rows_of) -> None:
    small, large, *fixed = rows_of("duration")[2]
    assert large["parameters"] > 1.5 * small["parameters"]
    assert len({row["parameters"] for row in fixed}) == 1
    recipes = [cell["recipe"] for cell in duration.cells(duration.CONFIG["paper"])]
    assert recipes == ["ligeia"] * 5 + ["siren-notebook"] * 5  # seconds before hours


def test_perception_takes_the_networks_of_the_sweep() -> None:
    config = perception.CONFIG["paper"]
    assert perception.STUDY.cells(config) == width_depth.cells(width_depth.CONFIG["paper"])


COUNTS = {
    "original 3x256": 794,
    "encoded 3x256": 843,
    "2x256 + 1x128": 513,
    "2x128 + 1x64": 142,
    "2x64 + 1x32": 42,
    "1x256 + 2x128": 151,
    "0 + 3x128": 75,
}
"""Thousands of parameters, as Siamese SIREN prints them."""


@pytest.mark.parametrize(("name", "thousands"), COUNTS.items())
def test_the_networks_are_those_of_siamese_siren(name: str, thousands: int) -> None:
    assert round(paper_parameters(siamese_tables.NETWORKS[name]) / 1000) == thousands


def test_every_network_has_published_figures() -> None:
    assert siamese_tables.PUBLISHED.keys() == siamese_tables.NETWORKS.keys() - TINY_NETWORKS.keys()


def test_siamese_rows(rows_of) -> None:
    study, _, (ours, siren, dense, twins, plain) = rows_of("siamese_tables")
    assert set(twins["metrics"]) == {"float", "weights", "int8", "paper"}
    assert set(plain["metrics"]) == {"float", "weights", "paper"}
    assert set(ours["metrics"]) == {"weights"}
    assert ours["cell"]["network"] == "ligeia lapped at the bytes of tiny"
    assert siren["cell"]["network"] == "ligeia siren at the bytes of tiny"
    assert dense["cell"]["network"] == "ligeia dense at the bytes of tiny"
    assert twins["bytes"] < twins["paper_bytes"]
    ways = [(line[0], line[2]) for line in study.table([ours, siren, dense, twins, plain]).lines]
    assert ways[:4] == [
        (ours["cell"]["network"], "weights"),
        (siren["cell"]["network"], "weights"),
        (dense["cell"]["network"], "weights"),
        ("tiny twins", "float"),
    ]
    assert {siamese_tables._series({"how": "int8", **row}) for row in (ours, siren, plain)} == {
        "ligeia lapped", "ligeia siren", "int8",
    }  # fmt: skip


@pytest.mark.parametrize("name", siamese_compression.PUBLISHED)
def test_the_reports_sizes_are_those_of_its_reading(name: str) -> None:
    size, distance, quality = siamese_compression.PUBLISHED[name]
    spec = siamese_compression.network(name)
    assert "-".join(map(str, spec.trunk)) == name
    # Some bytes for each tensor's name are over, which do not depend on the widths, that go from 16 to 256.
    assert 4000 < size * 1024 - paper_bytes(spec, 8) < 5100
    # 16-bit PCM is half the report's original, so that its ratios double; its own arithmetic holds.
    assert quality == pytest.approx(size / 689 * distance**2, rel=0.01)


def test_compression_without_cdpam_has_no_q_comp(rows_of) -> None:
    study, _, (row,) = rows_of("siamese_compression")
    assert row["q_comp"] is None
    assert row["pcm16_bytes"] == 2 * 2205
    table = study.table([row])
    assert table.lines[0][table.header.index("Q_comp")] == "undefined"


def test_the_two_sines() -> None:
    spectrum = np.abs(np.fft.rfft(omega.two_sines(16000, 0.1).samples[0]))
    assert sorted(np.argsort(spectrum)[-2:] * 10) == [1000, 6000]


def test_settings_of_each_way() -> None:
    ways = {cell["way"]: omega._settings(cell) for cell in omega.cells(omega.CONFIG["laptop"])}
    assert ways["progressive"]["progressive_groups"] == 8
    assert ways["decay"]["weight_decay"] == 1.0
    assert ways["falling decay"]["decay_schedule"] == "linear"
    assert set(ways["sweep"]) == {"steps", "learning_rates"}


def test_omega_is_averaged_over_seeds(rows_of) -> None:
    study, _, rows = rows_of("omega")
    assert len(rows) == 2 * 5
    assert rows[0]["dense_mse"] != pytest.approx(rows[5]["dense_mse"])  # another seed
    line = dict(zip(study.table(rows).header, study.table(rows).lines[0], strict=True))
    mean = (rows[0]["dense_mse"] + rows[5]["dense_mse"]) / 2
    assert line["MSE between"] == f"{mean:.2e}"
    assert float(line["its deviation"]) == pytest.approx(abs(rows[0]["dense_mse"] - mean) * 2**0.5, rel=0.06)


def test_a_closed_form_with_fewer_numbers_is_not_exact(rows_of) -> None:
    closed = next(row for row in rows_of("hypersound_compression")[2] if row["cell"]["kind"] == "closed")
    assert closed["written"] == 64
    assert closed["metrics"]["mse"] > 1e-6


def test_networks_of_the_upper_bound_have_the_papers_size_and_losses() -> None:
    config = upper_bound.CONFIG["paper"]
    shape = Shape(samples=config.frames, rate=config.rate, channels=1)
    assert upper_bound._recipe(config, "fmlp").design(shape).parameters == 34_741
    assert upper_bound._recipe(config, "siren").design(shape).parameters == 33_031
    assert upper_bound._recipe(config, "ligeia").density == 33_031 / 32_768
    losses = {name: upper_bound._recipe(config, name).config.loss for name in ("siren", "siren, squared")}
    assert losses == {"siren": "l1", "siren, squared": "mse"}  # of the code, and of the paper


def test_every_network_takes_part_in_activations() -> None:
    names = {cell["recipe"] for cell in activations.cells(activations.CONFIG["laptop"])}
    assert set(OWN) <= names
    assert "paper: siren-notebook" in names


def test_activations_stay_within_the_density(rows_of) -> None:
    rows = rows_of("activations")[2]
    assert rows[0]["per_sample"] <= 0.7  # overlaps count twice
    assert {row["rate"] for row in rows} == {22050}


def test_patient_networks_come_last() -> None:
    config = activations.Config(
        sounds=(("bach", 0),), budgets=(1.0,), networks=("siren", "lapped"), published=(), patient=("siren",)
    )
    cells = [(cell["recipe"], cell["budget"]) for cell in activations.cells(config)]
    assert cells == [("siren", 1.0), ("lapped", 1.0), ("siren", 300.0)]


def test_an_hour_has_as_many_parameters_as_the_baseline() -> None:
    config = replace(activations.CONFIG["hour"], parameters=14_100, seconds=1.0)
    row = activations.measure(config, {"sound": ["speech", 0], "budget": 0.05, "recipe": "siren"})
    assert 0.9 * 14_100 < row["parameters"] <= 14_100
    lapped = activations.measure(config, {"sound": ["bach", 0], "budget": 0.05, "recipe": "lapped"})
    assert 14_000 < lapped["parameters"] == 2 * lapped["coefficients"] <= 14_100
    assert lapped["per_sample"] == lapped["parameters"] / (10 * 22050)  # all of it


def test_made_voices_are_told_apart_by_their_spectra() -> None:
    config = hypersound_space.Config(model=SMALL["hypersound_space"]["model"], clips=20)
    row = hypersound_space.measure(config, {"set": "speech", "vectors": "mel"})
    assert (row["sounds"], row["speaker"]["labels"], row["second"]["labels"]) == ("made", 4, 2)
    assert row["speaker"]["accuracy"] > 2 * row["speaker"]["chance"] == 0.5
