import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.fitting.first_units import first_units
from ligeia.fitting.reach import in_hz, reach_hz, reach_of, reach_warning
from ligeia.fitting.recipes import LIGEIA, RECIPES, Shape, recipe_named
from ligeia.fitting.spectrum import spectrum_of
from ligeia.networks import (
    SPECS,
    Finer,
    Fmlp,
    FourierKan,
    Local,
    Multiplicative,
    Parallel,
    Siamese,
    Siren,
    SirenInit,
    Wire,
)
from ligeia.networks.coordinates import hz_to_omega

RATE = 16_000


def tone(hz, rate=RATE):
    times = np.arange(rate) / rate
    return spectrum_of(Audio(0.5 * np.sin(2 * np.pi * hz * times)[None], rate))


TABLE = [
    # The numbers of the papers: a first layer of omega 3000 in ten seconds and in one, and sixteen octaves.
    (Siren(first_omega=3000.0), 10.0, 95.5),
    (Siren(first_omega=3000.0), 1.0, 955.0),
    (Siren(first_omega=30.0, coordinate_scale=100.0), 10.0, 95.5),
    (Siren(octaves=16), 10.0, 3276.8),
    (Siren(octaves=3, coordinate_scale=2.0), 1.0, 8.0),
    (Fmlp(octaves=10), 1.5, 341.3),
    (Siamese(octaves=16), 10.0, 3276.8),
    (Siamese(octaves=0, first_omega=3000.0), 10.0, 95.5),
    (Siamese(octaves=0, first_omega=1.0, shared_depth=0, hidden_omega=3000.0), 10.0, 95.5),
    (Siren(fixed_first=hz_to_omega(1600, 0.05)), 0.05, 1600),
    (Siren(init=SirenInit(first_bound=hz_to_omega(440, 2.0))), 2.0, 440),
    (Multiplicative(reach=hz_to_omega(440, 2.0)), 2.0, 440),
    (Wire(first_omega=hz_to_omega(440, 2.0)), 2.0, 440),
    (Parallel(first_bound=hz_to_omega(440, 2.0)), 2.0, 440),
    (Local(first_bound=hz_to_omega(440, 0.25), windows=10, fade=0.25), 2.0, 440),  # a window lasts 0.25 s
    (FourierKan(first_grid=1024, turns=1.0), 2.0, 512),
]


@pytest.mark.parametrize(("spec", "seconds", "hz"), TABLE, ids=str)
def test_reach_in_hz(spec, seconds, hz):
    assert reach_hz(spec, seconds) == pytest.approx(hz, rel=1e-3)


@pytest.mark.parametrize(
    "spec",
    [
        Siren(width=2000, depth=2, first_omega=700.0),
        Siren(width=2000, depth=2, first_omega=3.0, init=SirenInit(first_bound=50.0)),
        Siren(width=2000, depth=2, first_omega=30.0, init=SirenInit(first_like_hidden=True)),
        Siren(width=20, first_width=2000, depth=2, fixed_first=99.0),
        Siren(width=2000, depth=2, first_omega=30.0, init=SirenInit(noise=(50.0, 0.0))),
        Siren(width=4, depth=2, octaves=7),
        Finer(width=2000, depth=2, first_omega=20.0, first_bias_scale=3.0),
    ],
    ids=str,
)
def test_reach_is_that_of_a_fresh_network(spec):
    omegas = first_units(spec, spec.build()).omegas
    # Nearly the largest of thousands of uniform numbers; Finer's takes two large ones, and of Gaussian ones (noise)
    # about one in twenty is larger.
    assert float(np.quantile(omegas.numpy(), 0.95)) <= 1.01 * reach_of(spec).omega
    assert reach_of(spec).omega <= 1.35 * float(omegas.max())


@pytest.mark.parametrize("hz", [500, 955, 4000, 7500])
def test_nothing_is_said_where_the_reach_is_right(hz):
    assert reach_warning(Siren(first_omega=3000.0), 1.0, tone(hz)) is None  # 955 Hz


def test_too_low_says_what_to_change():
    said = reach_warning(Siren(first_omega=3000.0), 10.0, tone(6000))
    assert said.startswith("the first layer reaches 95 Hz, the clip 6.0 kHz (99.9% of its energy lies below): ")
    assert said.endswith("raise first_omega from 3000 to about 47000, or cut shorter blocks")  # a quarter: 1.5 kHz


def test_too_high_says_what_to_change():
    said = reach_warning(Siren(first_omega=30_000.0), 1.0, tone(440))
    assert said.startswith("the first layer reaches 9.5 kHz, the clip 44")
    assert said.endswith("lower first_omega from 30000 to about 350")


@pytest.mark.parametrize(
    ("spec", "change"),
    [
        (Siren(octaves=8), "raise octaves from 8 to 14"),  # 2^13 Hz is the first above 6 kHz
        (Siren(octaves=16), "lower octaves from 16 to 14"),
        (Siren(fixed_first=100.0), "raise fixed_first from 100 to about 4700"),
        (Siren(init=SirenInit(first_bound=100.0)), "raise init.first_bound from 100 to about 4700"),
        (Siren(init=SirenInit(first_like_hidden=True)), "raise coordinate_scale from 1 to about 1900"),
        (FourierKan(first_grid=100, turns=0.5), "raise first_grid from 100 to about 12000"),
        (Multiplicative(reach=100.0), "raise reach from 100 to about 19000"),
        (Siren(depth=1, first_omega=100.0), "raise first_omega from 100 to about 19000"),
    ],
    ids=str,
)
def test_the_change_is_that_of_the_networks_own_field(spec, change):
    assert f": {change}" in reach_warning(spec, 1.0, tone(6000))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Siren(first_omega=3000.0), Siren(first_omega=47_000.0)),
        (Siren(first_omega=3e6), Siren(first_omega=47_000.0)),
        (Siren(octaves=8), Siren(octaves=17)),
        (Siren(octaves=20), Siren(octaves=17)),
        (Multiplicative(reach=100.0), Multiplicative(reach=190_000.0)),
    ],
    ids=str,
)
def test_the_change_cures(before, after):
    said = reach_warning(before, 10.0, tone(6000))
    new = next(getattr(after, name) for name in ("octaves", "reach", "first_omega") if getattr(after, name, 0))
    assert said.split(" to about " if "about" in said else " to ")[1].startswith(f"{new:g}")
    assert reach_warning(after, 10.0, tone(6000)) is None


def test_without_a_layer_behind_nothing_makes_harmonics():
    shallow, deep = (Siren(first_omega=hz_to_omega(1000, 1.0), depth=depth) for depth in (1, 2))
    assert reach_warning(shallow, 1.0, tone(2000)) is not None
    assert reach_warning(deep, 1.0, tone(2000)) is None


def test_octaves_may_go_far_above_the_clip_but_not_above_the_rate():
    assert reach_warning(Siren(octaves=14), 1.0, tone(440)) is None  # 8192 Hz
    assert reach_warning(Siren(octaves=15), 1.0, tone(440)) is not None  # 16384 Hz at a rate of 16 kHz


def test_silence_and_unknown_networks_are_not_warned_of():
    silent = spectrum_of(Audio(np.zeros((1, 1000)), RATE))
    assert reach_warning(Siren(first_omega=1.0), 10.0, silent) is None

    class Unknown:
        name = "unknown"

    assert reach_of(Unknown()) is None  # type: ignore[arg-type]


def test_our_own_recipe_suits_speech_and_music():
    shape = Shape(samples=1103, rate=22_050, channels=1)
    spec = LIGEIA.design(shape)
    for hz in (850, 2000, 5000, 11_000):
        assert reach_warning(spec, shape.seconds, tone(hz, 22_050)) is None


@pytest.mark.parametrize("kind", SPECS, ids=lambda kind: kind.name)
def test_something_is_known_of_every_network(kind):
    assert reach_hz(kind(), 10.0) > 0


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_reach_of_every_recipe_is_known(recipe):
    assert reach_hz(recipe.design(Shape(samples=220_500, rate=22_050, channels=1)), 10.0) > 0


def test_the_papers_recipe_for_images_warns_on_ten_seconds():
    spec = recipe_named("siren-pytorch").design(Shape(samples=160_000, rate=RATE, channels=1))
    assert "reaches 0.95 Hz" in reach_warning(spec, 10.0, tone(440))


def test_frequencies_for_people():
    assert [in_hz(hz) for hz in (0.955, 9.6, 95.49, 999.0, 7900.0, 22_050.0)] == [
        "0.95 Hz",
        "9.6 Hz",
        "95 Hz",
        "999 Hz",
        "7.9 kHz",
        "22.1 kHz",
    ]
