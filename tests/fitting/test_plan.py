import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.fitting import plan as plan_module
from ligeia.fitting.batches import make_samples
from ligeia.fitting.config import FitConfig
from ligeia.fitting.own_recipes import LIGEIA
from ligeia.fitting.plan import (
    SILENCE,
    FittedGroup,
    Plan,
    Recipe,
    block_levels,
    cut,
    load_group,
    make_plan,
    pieces,
    scan_peak,
    to_bfloat16,
    with_parameters,
)
from ligeia.fitting.recipes import recipe_named
from ligeia.networks.siren import Siren

CPU = torch.device("cpu")


def recipe(block=None, overlap=0.0, **config):
    return Recipe(
        name="small",
        source="tests",
        design=lambda shape: Siren(channels=shape.channels, width=4, depth=1),
        config=FitConfig(device="cpu", **config),
        block_seconds=block,
        overlap_seconds=overlap,
    )


def noise(frames=1000, channels=1, rate=1000, seed=0):
    return Audio(np.random.default_rng(seed).uniform(-1, 1, (channels, frames)), rate)


def planned(frames=1000, hop=400, overlap=50, peak=None, **config):
    return Plan(Siren(width=4, depth=1), Segments(frames, hop, overlap), FitConfig(**config), 1000, peak)


# --- the number of parameters --------------------------------------------------------------------------


def test_a_number_of_parameters_is_for_the_whole_sound():
    sound = noise(frames=10_000, channels=2, rate=8000)
    plan = make_plan(sound, with_parameters(LIGEIA, sound, 9000))
    wider = replace(plan.spec, width=plan.spec.width + 1)
    assert plan.segments.count * plan.spec.parameters <= 9000 < plan.segments.count * wider.parameters
    assert plan.density == pytest.approx(9000 / (plan.segments.count * plan.segments.length * 2))
    assert make_plan(sound, LIGEIA).density == 0.62


def test_a_network_of_a_given_size_takes_no_number_of_parameters():
    with pytest.raises(InputError, match="the recipe siren-audio has a size of its own"):
        with_parameters(recipe_named("siren-audio"), noise(), 9000)


def test_too_few_parameters_are_an_error():
    with pytest.raises(InputError, match=r"the recipe ligeia needs \d+ parameters for this sound, got 20"):
        with_parameters(LIGEIA, noise(), 20)
    with pytest.raises(InputError, match="parameters must be at least 1, got 0"):
        with_parameters(LIGEIA, noise(), 0)
    with pytest.raises(InputError, match="no samples"):
        with_parameters(LIGEIA, noise(frames=0), 20)


# --- the cut ------------------------------------------------------------------------------------------


@given(st.integers(1, 500_000), st.sampled_from([1, 100, 8000, 44_100, 192_000]))
def test_ligeias_blocks_are_as_long_as_aimed(frames, rate):
    segments = cut(frames, rate, LIGEIA)
    assert segments.sample_count == frames
    assert segments.count * segments.hop + segments.overlap >= frames
    if segments.count > 2:
        # Rounding the number of blocks changes their length by at most half a block in two and a half.
        aimed = LIGEIA.block_seconds * rate
        assert 0.8 <= segments.hop / max(round(aimed), 1) <= 1.26
        # The padding is less than a sample for each block.
        assert segments.count * segments.hop + segments.overlap - frames < segments.count


@given(st.integers(1, 5000), st.floats(0.001, 0.2), st.floats(0, 0.2))
def test_any_recipe_cuts_any_sound(frames, block, overlap):
    segments = cut(frames, 1000, recipe(block, overlap))
    assert segments.sample_count == frames


def test_without_blocks_the_sound_is_one():
    assert cut(12_345, 8000, recipe()) == Segments(12_345, 12_345)


def test_a_sound_shorter_than_a_block_and_a_half_is_one():
    assert cut(149, 1000, recipe(0.1)) == Segments(149, 149)
    assert cut(151, 1000, recipe(0.1)).count == 2


def test_groups_are_rows_of_blocks():
    assert planned(frames=1000, hop=100, overlap=0, group=4).groups == [range(4), range(4, 8), range(8, 10)]


def test_a_plan_needs_samples():
    with pytest.raises(InputError, match="no samples"):
        make_plan(Audio(np.zeros((1, 0)), 8000), LIGEIA)


def test_the_network_is_designed_for_a_block():
    seen = []
    asking = replace(recipe(0.1, 0.01), design=lambda shape: seen.append(shape) or Siren(channels=shape.channels))
    plan = make_plan(noise(1000, channels=2), asking)
    assert (seen[0].samples, seen[0].rate, seen[0].channels) == (plan.segments.length, 1000, 2)
    assert plan.peak is None


# --- reading --------------------------------------------------------------------------------------------


def test_a_groups_samples_are_the_sounds():
    sound, plan = noise(1000, channels=2), planned()
    samples, valid = load_group(plan, sound, range(3))
    expected = plan.segments.split(sound.samples).transpose(0, 2, 1)
    assert np.array_equal(samples, expected)
    assert valid.sum(axis=1).tolist() == [450, 450, 200]
    assert valid[2, :200].all()


def test_a_later_group_starts_where_it_should():
    sound, plan = noise(1000), planned()
    whole, _ = load_group(plan, sound, range(3))
    later, valid = load_group(plan, sound, range(1, 3))
    assert np.array_equal(later, whole[1:])
    assert valid.shape == (2, 450)


def test_pieces_are_the_sound(monkeypatch):
    monkeypatch.setattr(plan_module, "_SAMPLES_AT_ONCE", 300)
    sound = noise(1000, channels=2)
    parts = list(pieces(sound))
    assert [part.shape[1] for part in parts] == [300, 300, 300, 100]
    assert np.array_equal(np.concatenate(parts, axis=1), sound.samples)


def test_the_peak_may_be_anywhere_and_negative(monkeypatch):
    monkeypatch.setattr(plan_module, "_SAMPLES_AT_ONCE", 300)
    samples = np.zeros((2, 1000))
    samples[1, 950] = -0.75
    samples[0, 3] = 0.5
    assert scan_peak(Audio(samples, 1000)) == 0.75


# --- levels ---------------------------------------------------------------------------------------------


def levels(plan, sound):
    samples, valid = load_group(plan, sound, range(plan.segments.count))
    return block_levels(plan, samples, valid)


def test_levels_are_rms_rounded_to_bfloat16():
    sound, plan = noise(1000, channels=2), planned()
    found = levels(plan, sound)
    pieces_ = [sound.samples[:, :450], sound.samples[:, 400:850], sound.samples[:, 800:]]
    for level, piece in zip(found, pieces_, strict=True):
        assert level == pytest.approx(np.sqrt(np.mean(piece**2)), rel=2**-8)  # bfloat16 has 8 bits
        assert to_bfloat16(float(level)) == level
    assert found.dtype == np.float32


def test_padding_does_not_lower_the_level():
    assert levels(planned(frames=410, hop=400, overlap=0), Audio(np.full((1, 410), 0.5), 1000)).tolist() == [0.5, 0.5]


def test_peak_level_is_the_same_for_every_audible_block():
    samples = np.zeros((1, 1000))
    samples[0, :100] = 0.1
    samples[0, 900] = 1.0
    found = levels(planned(hop=250, overlap=0, peak=1.0), Audio(samples, 1000))
    assert found.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("peak", [None, 1.0])
def test_silence_begins_below_two_to_the_minus_forty(peak):
    quiet = Audio(np.full((1, 1000), SILENCE * 0.99), 1000)
    heard = Audio(np.full((1, 1000), SILENCE * 1.01), 1000)
    assert not levels(planned(peak=peak), quiet).any()
    assert levels(planned(peak=peak), heard).all()


def test_peak_of_a_whole_plan():
    plan = make_plan(Audio(np.array([[0.1, -0.7, 0.2]]), 8000), recipe_named("siren-audio"))
    assert plan.peak == to_bfloat16(0.7) != 0.7
    assert plan.segments == Segments(3, 3)


@pytest.mark.parametrize("value", [1.0, -0.5, 2.0**-40, 1 + 2**-7])
def test_bfloat16_numbers_stay_themselves(value):
    assert to_bfloat16(value) == value


@given(st.floats(1e-6, 1e6))
def test_bfloat16_is_within_half_a_unit(value):
    # 8 significant bits: half a unit is 2^-9 of the next power of two; single precision first adds 2^-24
    assert abs(to_bfloat16(value) - value) <= (2**-8 + 2**-23) * value


def test_networks_see_samples_over_the_rounded_level():
    sound, plan = noise(1000), planned()
    samples, valid = load_group(plan, sound, range(3))
    gains = block_levels(plan, samples, valid)
    made = make_samples(plan, samples, valid, gains, CPU)
    back = made.targets.numpy() * gains[:, None, None]
    assert np.abs(back - samples).max() < 1e-7  # one rounding in single precision
    assert made.weights is not None
    assert made.weights.sum((1, 2)).tolist() == [450, 450, 200]
    assert made.coordinates[0, -1] < 1


def test_the_grid_is_the_networks():
    plan = replace(planned(), spec=Siren(width=4, closed=True))
    samples, valid = load_group(plan, noise(), range(3))
    assert make_samples(plan, samples, valid, np.ones(3, np.float32), CPU).coordinates[0, -1] == 1


# --- identity -------------------------------------------------------------------------------------------


def test_identity_knows_the_sound_and_every_setting():
    sound = noise(1000)
    base = make_plan(sound, recipe(0.1)).identity(sound)
    assert make_plan(noise(1000), recipe(0.1)).identity(noise(1000)) == base
    changed = sound.samples.copy()
    changed[0, -1] = np.nextafter(changed[0, -1], np.float32(2))
    others = [Audio(changed, 1000), Audio(sound.samples, 1001), noise(999), Audio(sound.samples.reshape(2, 500), 1000)]
    digests = {make_plan(other, recipe(0.1)).identity(other) for other in others}
    settings = [{"seed": 1}, {"steps": 9}, {"learning_rates": (0.1, 0.1, 0.1)}, {"group": 3}, {"level": "peak"}]
    digests |= {make_plan(sound, recipe(0.1, **setting)).identity(sound) for setting in settings}
    digests |= {make_plan(sound, recipe(0.2)).identity(sound), make_plan(sound, recipe(0.1, 0.01)).identity(sound)}
    digests.add(make_plan(sound, recipe(0.1).resized(width=5)).identity(sound))
    assert base not in digests
    assert len(digests) == len(others) + len(settings) + 3


def test_identity_does_not_depend_on_how_the_sound_is_read(monkeypatch):
    sound = noise(1000)
    plan = make_plan(sound, recipe(0.1))
    base = plan.identity(sound)
    monkeypatch.setattr(plan_module, "_SAMPLES_AT_ONCE", 300)
    assert plan.identity(sound) == base


def test_the_ratio_of_a_group_is_that_of_its_energies():
    gains = np.zeros(2, np.float32)
    group = FittedGroup(range(2), {}, gains, signal=1000.0, error=1.0, steps=3, seconds=2.0, trace=[])
    assert group.snr_db == pytest.approx(30)


@given(st.floats(width=32, allow_nan=False))
def test_bfloat16_is_that_of_torch(value):
    assert to_bfloat16(value) == float(torch.tensor(value).to(torch.bfloat16))


def test_recipes_and_plans_need_no_torch():
    code = "import sys, ligeia.fitting.recipes, ligeia.fitting.lapped; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
