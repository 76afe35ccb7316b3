"""Codes of sounds that were not learned from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.lapped import LappedSettings
from ligeia.codec.family.model import FamilyModel
from ligeia.errors import Cancelled, InputError
from ligeia.latent.decoders import DECODERS
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.encoder import Encoder, EncoderSettings
from ligeia.latent.inference import InferenceSettings, infer_codes

SAMPLES = 200
SETTINGS = FilmSettings(code=3, widths=(8, 8), mapping_width=8, mapping_layers=1, first_omega=20.0, hidden_omega=4.0)
QUICK = InferenceSettings(steps=150, points=50)


def family(codes, decoder=None, settings=SETTINGS, **fields) -> FamilyModel:
    decoder = decoder or DECODERS["film"](settings, SAMPLES, seed=1)
    arrays = {name: value.detach().numpy() for name, value in decoder.state_dict().items()}
    return FamilyModel(
        name="made",
        kind=settings.kind,
        settings=settings.table(),
        rate=8000,
        samples=SAMPLES,
        codes=np.asarray(codes, np.float32),
        arrays=arrays,
        **fields,
    )


@pytest.fixture(scope="module")
def made():
    """A family, and three members of it that it has not learned from, with their codes."""
    decoder = DECODERS["film"](SETTINGS, SAMPLES, seed=1)
    random = np.random.default_rng(0)
    learned, codes = random.standard_normal((20, 3)), random.standard_normal((3, 3)).astype(np.float32)
    with torch.no_grad():
        sounds = decoder(torch.from_numpy(codes), grid(SAMPLES)).numpy()
    return family(learned, decoder), sounds, codes


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
def test_the_code_of_a_member_is_found(made, method: str) -> None:
    model, sounds, _ = made
    found = infer_codes(model, sounds, InferenceSettings(steps=300, points=50, method=method))
    energy = np.square(sounds).mean(1)
    snr = 10 * np.log10(energy / found.errors)
    assert np.all(snr > 20), (snr, found.starts)
    assert found.steps <= 300
    with torch.no_grad():
        decoder = DECODERS["film"](SETTINGS, SAMPLES, seed=1)
        again = decoder(torch.from_numpy(found.codes), grid(SAMPLES)).numpy()
    assert np.square(again - sounds).mean(1) == pytest.approx(found.errors, rel=1e-3)


def test_a_learned_sound_begins_from_its_own_code(made) -> None:
    model, _, _ = made
    decoder = DECODERS["film"](SETTINGS, SAMPLES, seed=1)
    with torch.no_grad():
        sound = decoder(torch.from_numpy(np.asarray(model.codes[7:8])), grid(SAMPLES)).numpy()
    found = infer_codes(model, sound, InferenceSettings(steps=5, starts=("nearest",), nearest=1, points=0))
    assert found.starts == ("item 7",)
    assert found.errors[0] < 1e-9  # the search never makes it worse


def test_it_is_never_worse_than_its_best_start(made) -> None:
    model, sounds, _ = made
    start = infer_codes(model, sounds, InferenceSettings(steps=1, rate=1e-9))
    wild = infer_codes(model, sounds, InferenceSettings(steps=5, rate=100.0))
    assert np.all(wild.errors <= start.errors * (1 + 1e-5))


def test_the_same_seed_gives_the_same_code(made) -> None:
    model, sounds, _ = made
    one, other = (infer_codes(model, sounds[:1], QUICK).codes for _ in range(2))
    assert np.array_equal(one, other)


def test_seconds_are_a_limit(made) -> None:
    model, sounds, _ = made
    found = infer_codes(model, sounds, InferenceSettings(steps=10**6, seconds=0.3))
    assert found.steps < 10**5
    assert found.seconds < 5


def test_a_penalty_keeps_codes_near_the_others(made) -> None:
    model, _, _ = made
    sound = 10 * np.random.default_rng(1).standard_normal((1, SAMPLES)).astype(np.float32)
    away = [
        np.linalg.norm(infer_codes(model, sound, InferenceSettings(steps=100, penalty=penalty, starts=("mean",))).codes)
        for penalty in (0.0, 10.0)
    ]
    assert away[1] < 0.2 * away[0]


def test_progress_is_shown_and_stops(made) -> None:
    model, sounds, _ = made
    seen = []
    infer_codes(model, sounds, QUICK, on_progress=seen.append)
    assert seen[-1].done == 1

    def stop(_) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        infer_codes(model, sounds, QUICK, on_progress=stop)


def test_closed_forms_answer_at_once() -> None:
    settings = LappedSettings(code=4, frame_size=32, stretches=1, borders=(8,), ranks=(2, 2))
    decoder = DECODERS["lapped"](settings, SAMPLES, seed=0)
    random = np.random.default_rng(0)
    sounds = torch.from_numpy(random.standard_normal((6, SAMPLES)).astype(np.float32))
    codes = decoder.solve(sounds)
    model = family(codes.numpy(), decoder, settings)
    found = infer_codes(model, sounds.numpy())
    assert found.starts == ("closed form",) * 6
    assert np.allclose(found.codes, decoder.closed_codes(sounds).numpy(), atol=1e-4)
    searched = infer_codes(model, sounds[:1].numpy(), InferenceSettings(closed=False, steps=300, points=0))
    assert searched.errors[0] == pytest.approx(found.errors[0], rel=0.02)


def test_the_encoder_is_a_start(made) -> None:
    _, sounds, _ = made
    small = EncoderSettings(channels=(2,), kernel=8, stride=2, pool=2)
    encoder = Encoder(small, code=3, samples=SAMPLES)
    others = {f"encoder.{name}": value.numpy() for name, value in encoder.state_dict().items()}
    facts = {"encoder": {"channels": [2], "kernel": 8, "stride": 2, "pool": 2}}
    model = family(np.zeros((2, 3)), others=others, facts=facts)
    found = infer_codes(model, sounds, InferenceSettings(steps=1, rate=1e-9, starts=("encoder",)))
    assert found.starts == ("encoder",) * 3
    assert np.allclose(found.codes, encoder(torch.from_numpy(sounds)).detach().numpy(), atol=1e-5)
    with pytest.raises(InputError, match="has no encoder to begin with"):
        infer_codes(family(np.zeros((2, 3))), sounds, InferenceSettings(starts=("encoder",)))


def test_sounds_that_cannot_be_members(made) -> None:
    model, sounds, _ = made
    with pytest.raises(InputError, match=r"must be \[items, 200\], got \[3, 199\]"):
        infer_codes(model, sounds[:, :-1])
    with pytest.raises(InputError, match="NaN or infinity"):
        infer_codes(model, np.full((1, SAMPLES), np.nan))


def test_another_architecture_is_named(made) -> None:
    model, sounds, _ = made
    other = family(np.zeros((2, 3)), settings=replace(SETTINGS, widths=(8, 8, 8)), decoder=_film_of(model))
    with pytest.raises(InputError, match="weights are not those of its settings: weight_3 is missing"):
        infer_codes(other, sounds)


def _film_of(model: FamilyModel):
    return DECODERS["film"](SETTINGS, SAMPLES, seed=1)


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "newton"},
        {"steps": 0},
        {"seconds": 0.0},
        {"starts": ()},
        {"starts": ("best",)},
        {"nearest": 0},
        {"points": -1},
        {"rate": 0.0},
        {"penalty": -1.0},
    ],
)
def test_settings_out_of_range(settings) -> None:
    with pytest.raises(InputError):
        InferenceSettings(**settings)
