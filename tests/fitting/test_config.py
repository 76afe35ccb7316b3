import re
from dataclasses import FrozenInstanceError, replace

import pytest

from ligeia.errors import InputError
from ligeia.fitting.config import FitConfig
from ligeia.training.config import MAX_STEPS

NAN, INF = float("nan"), float("inf")

BAD = [
    ("steps", 0),
    ("steps", -3),
    ("steps", MAX_STEPS + 1),
    ("seconds", 0.0),
    ("seconds", -1.0),
    ("seconds", NAN),
    ("seconds", INF),
    ("snr_db", 201.0),
    ("snr_db", NAN),
    ("learning_rates", (-0.1, 0.1, 0.1)),
    ("learning_rates", (0.1, NAN, 0.1)),
    ("learning_rates", (0.1, 0.1, 1000.0)),
    ("learning_rates", (0.1, 0.1)),
    ("betas", (0.9, 1.0)),
    ("betas", (-0.1, 0.9)),
    ("weight_decay", -1.0),
    ("weight_decay", NAN),
    ("derivative_weight", -1.0),
    ("stft_weight", NAN),
    ("mel_weight", 1e9),
    ("smooth_l1_beta", 0.0),
    ("smooth_l1_beta", NAN),
    ("clip_gradient", 0.0),
    ("clip_gradient", NAN),
    ("clip_gradient", INF),
    ("decay_until", 0.0),
    ("decay_until", 1.5),
    ("decay_until", NAN),
    ("decay_schedule", "cosine"),
    ("loss", "l2"),
    ("derivative", "backward"),
    ("progressive_groups", -1),
    ("schedule", "plateau"),
    ("sampling", "strided "),
    ("precision", "float16"),
    ("level", "rms"),
    ("warmup", -0.01),
    ("warmup", 1.01),
    ("warmup", NAN),
    ("stride", 0),
    ("evaluations", -1),
    ("group", 0),
    ("threads", 0),
    ("seed", 2**63),
    ("seed", -(2**63) - 1),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_setting_is_refused_with_its_value(name, value):
    said = value if not isinstance(value, tuple) else next((v for v in value if not 0 <= v < 1), value)
    with pytest.raises(InputError, match=re.escape(str(said))):
        FitConfig(**{name: value})


GOOD = [
    ("steps", 1),
    ("steps", MAX_STEPS),
    ("seconds", 1e-9),
    ("snr_db", 200.0),
    ("snr_db", -100.0),
    ("learning_rates", (0.0, 0.0, 0.0)),
    ("clip_gradient", 1e-9),
    ("decay_until", 1.0),
    ("warmup", 0.0),
    ("warmup", 1.0),
    ("threads", 1),
    ("seed", -(2**63)),
    ("seed", 2**63 - 1),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_the_ends_of_the_ranges_are_allowed(name, value):
    assert getattr(FitConfig(**{name: value}), name) == value


def test_settings_are_frozen_and_checked_again_when_replaced():
    config = FitConfig()
    with pytest.raises(FrozenInstanceError):
        config.steps = 3
    with pytest.raises(InputError, match="stride"):
        replace(config, stride=-1)


@pytest.mark.parametrize(
    ("stride", "sampling", "full"),
    [
        (1, "strided", True),
        (2, "strided", False),
        (1, "random", False),
        (1, "contiguous", True),
        (2, "contiguous", False),
    ],
)
def test_full_batch_is_every_sample_in_order(stride, sampling, full):
    assert FitConfig(stride=stride, sampling=sampling).full_batch is full


NEEDY = [{"stft_weight": 1.0}, {"mel_weight": 1.0}, {"derivative_weight": 1.0, "derivative": "difference"}]


@pytest.mark.parametrize("needy", NEEDY, ids=str)
def test_losses_over_neighbours_refuse_batches_without(needy):
    name = next(iter(needy))
    with pytest.raises(
        InputError, match=rf'{name} need\(s\) .*every 20th sample: set sampling="contiguous", or stride=1'
    ):
        FitConfig(**needy)
    with pytest.raises(InputError, match=f"{name} .*samples drawn at random"):
        FitConfig(sampling="random", stride=1, **needy)
    for batches in ({"sampling": "contiguous"}, {"stride": 1}):
        assert FitConfig(**needy, **batches).neighbours == (name,)


def test_several_are_named_together():
    with pytest.raises(InputError, match="stft_weight and mel_weight need"):
        FitConfig(stft_weight=1.0, mel_weight=1.0)


def test_the_networks_own_derivative_takes_any_batch():
    config = FitConfig(derivative_weight=1.0, sampling="random")
    assert config.analytic
    assert not config.neighbours
    assert not FitConfig(derivative="analytic").analytic


@pytest.mark.parametrize("settings", [{"loss": "l1"}, {"derivative_weight": 1.0}, {"stft_weight": 1.0, "stride": 1}])
def test_plain_is_the_squared_error_and_nothing_else(settings):
    assert FitConfig(weight_decay=1.0, clip_gradient=1.0, progressive_groups=8, sampling="contiguous").plain
    assert not FitConfig(**settings).plain
