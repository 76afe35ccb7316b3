from dataclasses import replace

import numpy as np
import pytest
from made_fits import small, tone

from ligeia.audio.signal import Audio
from ligeia.fitting import reach
from ligeia.fitting.own_recipes import LIGEIA
from ligeia.fitting.plan import Shape, make_plan
from ligeia.fitting.reach import FRAME, Spectrum, in_hz, plan_warnings, reach_of, reach_warning, spectrum_of
from ligeia.fitting.recipes import BY_NAME, RECIPES, recipe_named
from ligeia.fitting.unmasking import first_units
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
from ligeia.networks.coordinates import hz_to_omega, omega_to_hz

RATE = 16_000


def tones(*pairs, seconds=1.0, rate=RATE):
    """A sound of tones of (Hz, amplitude)."""
    times = np.arange(round(seconds * rate)) / rate
    return Audio(sum(level * np.sin(2 * np.pi * hz * times) for hz, level in pairs)[None], rate)


@pytest.mark.parametrize(
    ("hz", "seconds"), [(0.0, 1.0), (100.0, 0.05), (100.0, 20.0), (1234.0, 1.0), (7900.0, 0.05), (7900.0, 20.0)]
)
def test_the_edge_of_a_tone_is_its_frequency(hz, seconds):
    sound = tones((hz, 0.3), seconds=seconds) if hz else Audio(np.full((1, round(seconds * RATE)), 0.3), RATE)
    bins = RATE / min(sound.sample_count, FRAME)
    # Hann's main lobe is two bins wide on each side.
    assert spectrum_of(sound).edge() == pytest.approx(hz, abs=2 * bins)


def test_the_edge_leaves_out_a_thousandth_of_the_energy():
    below = spectrum_of(tones((500, 1.0), (6000, 0.03))).edge()  # 0.09 % of the energy
    above = spectrum_of(tones((500, 1.0), (6000, 0.04))).edge()  # 0.16 %
    assert below == pytest.approx(500, abs=10)
    assert above == pytest.approx(6000, abs=10)


def test_white_noise_reaches_the_limit():
    noise = Audio(np.random.default_rng(0).normal(size=(2, RATE)), RATE)
    found = spectrum_of(noise)
    assert found.limit == RATE / 2
    assert found.edge() == pytest.approx(0.999 * RATE / 2, abs=20)


def test_channels_count_together():
    quiet, loud = tones((300, 0.1)).samples, tones((3000, 1.0)).samples
    assert spectrum_of(Audio(np.concatenate([quiet, loud]), RATE)).edge() == pytest.approx(3000, abs=10)


def test_silence_has_no_edge():
    assert spectrum_of(Audio(np.zeros((1, 5000)), RATE)).edge() is None


@pytest.mark.parametrize("frames", [1, 2, 3, FRAME - 1, FRAME, FRAME + 1])
def test_sounds_of_any_length(frames):
    found = spectrum_of(Audio(np.ones((1, frames)), RATE))
    assert len(found.hz) == len(found.energy) == min(frames, FRAME) // 2 + 1
    assert found.edge() is not None


def test_long_sounds_are_looked_at_here_and_there(monkeypatch):
    monkeypatch.setattr(reach, "MAX_FRAMES", 5)
    sound = tones((1000, 0.3), seconds=10)
    reads = []

    class Counted:
        rate, channels, sample_count = sound.rate, sound.channels, sound.sample_count

        def read(self, start, stop):
            reads.append((start, stop))
            return sound.read(start, stop)

    assert spectrum_of(Counted()).edge() == pytest.approx(1000, abs=10)
    assert len(reads) == 5
    assert (reads[0][0], reads[-1][1]) == (0, sound.sample_count)
    assert reads == sorted(reads)


def test_the_whole_of_a_short_sound_is_looked_at():
    click = np.zeros((1, 5 * FRAME + 7), np.float32)
    click[0, 3 * FRAME] = 1
    assert spectrum_of(Audio(click, RATE)).energy.sum() > 0


def test_edges_by_hand():
    steps = Spectrum(np.arange(5.0), np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    assert [steps.edge(share) for share in (0.25, 0.26, 0.75, 1.0)] == [0, 1, 2, 3]


def tone_spectrum(hz, rate=RATE):
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
    assert omega_to_hz(reach_of(spec).omega, seconds) == pytest.approx(hz, rel=1e-3)


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
    assert reach_warning(Siren(first_omega=3000.0), 1.0, tone_spectrum(hz)) is None  # 955 Hz


def test_too_low_says_what_to_change():
    said = reach_warning(Siren(first_omega=3000.0), 10.0, tone_spectrum(6000))
    assert said.startswith("the first layer reaches 95 Hz, the clip 6.0 kHz (99.9% of its energy lies below): ")
    assert said.endswith("raise first_omega from 3000 to about 47000, or cut shorter blocks")  # a quarter: 1.5 kHz


def test_too_high_says_what_to_change():
    said = reach_warning(Siren(first_omega=30_000.0), 1.0, tone_spectrum(440))
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
    assert f": {change}" in reach_warning(spec, 1.0, tone_spectrum(6000))


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
    said = reach_warning(before, 10.0, tone_spectrum(6000))
    new = next(getattr(after, name) for name in ("octaves", "reach", "first_omega") if getattr(after, name, 0))
    assert said.split(" to about " if "about" in said else " to ")[1].startswith(f"{new:g}")
    assert reach_warning(after, 10.0, tone_spectrum(6000)) is None


def test_without_a_layer_behind_nothing_makes_harmonics():
    shallow, deep = (Siren(first_omega=hz_to_omega(1000, 1.0), depth=depth) for depth in (1, 2))
    assert reach_warning(shallow, 1.0, tone_spectrum(2000)) is not None
    assert reach_warning(deep, 1.0, tone_spectrum(2000)) is None


def test_octaves_may_go_far_above_the_clip_but_not_above_the_rate():
    assert reach_warning(Siren(octaves=14), 1.0, tone_spectrum(440)) is None  # 8192 Hz
    assert reach_warning(Siren(octaves=15), 1.0, tone_spectrum(440)) is not None  # 16384 Hz at a rate of 16 kHz


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
        assert reach_warning(spec, shape.seconds, tone_spectrum(hz, 22_050)) is None


@pytest.mark.parametrize("kind", SPECS, ids=lambda kind: kind.name)
def test_something_is_known_of_every_network(kind):
    assert reach_of(kind()).omega > 0


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_reach_of_every_recipe_is_known(recipe):
    assert reach_of(recipe.design(Shape(samples=220_500, rate=22_050, channels=1))).omega > 0


def test_the_papers_recipe_for_images_warns_on_ten_seconds():
    spec = recipe_named("siren-pytorch").design(Shape(samples=160_000, rate=RATE, channels=1))
    assert "reaches 0.95 Hz" in reach_warning(spec, 10.0, tone_spectrum(440))


def test_frequencies_for_people():
    assert [in_hz(hz) for hz in (0.955, 9.6, 95.49, 999.0, 7900.0, 22_050.0)] == [
        "0.95 Hz",
        "9.6 Hz",
        "95 Hz",
        "999 Hz",
        "7.9 kHz",
        "22.1 kHz",
    ]


def test_nothing_speaks_against_our_own_recipe():
    sound = tone(0.5, 2000)
    assert plan_warnings(make_plan(sound, recipe_named("ligeia")), sound) == []


def test_the_duration_of_the_blocks_decides():
    sound = tone(1.0, 3000)
    notebook = BY_NAME["siren-notebook"]  # omega 3000: 95 Hz in ten seconds, 955 Hz in one
    assert plan_warnings(make_plan(sound, notebook), sound) == []
    longer = tone(10.0, 3000)
    (said,) = plan_warnings(make_plan(longer, notebook), longer)
    assert "reaches 95 Hz" in said
    cut = replace(notebook, block_seconds=1.0)
    assert plan_warnings(make_plan(longer, cut), longer) == []


def test_what_a_loss_leaves_out_is_said_too():
    sound = tone(0.1, 200)  # 191 Hz is what the recipe reaches
    (said,) = plan_warnings(make_plan(sound, small(stride=1, mel_weight=1.0)), sound)
    assert said.startswith("mel_weight does without transforms of 2048 samples, as a step sees 800")
