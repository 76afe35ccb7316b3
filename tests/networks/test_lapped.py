import numpy as np
import pytest
from made_lapped import SMALL, make, plain

import ligeia
from ligeia.codec.decode import decode_pieces
from ligeia.errors import InputError
from ligeia.networks.lapped import Lapped
from ligeia.networks.spec import LinearOutput


def test_sizes():
    spec = Lapped(frame_size=1024, frames=4, channels=2)
    assert spec.shapes() == {"switching": (4,), "edges": (2,), "weight": (4, 1024, 2)}
    assert (spec.block_samples, spec.overlap, spec.reach_samples) == (4096, 256, 128)
    assert [spec.part(name) for name in spec.shapes()] == ["hidden", "hidden", "output"]
    assert not isinstance(spec.build(), LinearOutput)


def test_only_coefficients_other_than_0_count():
    inr = make(SMALL, 190)
    inr.parameters["weight"].fill(0)
    assert inr.parameter_count == 0
    inr.parameters["weight"][0, 0, 3:5] = 1.0
    inr.parameters["weight"][1, 2, 7, 1] = -1e-20
    assert inr.spec.counted(inr.parameters, inr.gains) == {"parameters": 10, "coefficients": 5}
    assert inr.spec.counted(inr.parameters, np.array([0.0, 1.0])) == {"parameters": 2, "coefficients": 1}
    stream = ligeia.encode_inr(
        ligeia.INR(inr.spec, inr.parameters, inr.rate, inr.segments, np.ones(inr.segments.count))
    )
    assert ligeia.inspect(stream, counting=True).parameters == ligeia.decode(stream).parameter_count == 10


def test_blocks_have_the_network_s_length():
    inr = make(SMALL, 200)
    with pytest.raises(InputError, match="blocks of lapped must have 96 samples, and share none"):
        ligeia.INR(inr.spec, inr.parameters, 8000, ligeia.audio.blocks.Segments(250, 90, 10), inr.gains)


@pytest.mark.parametrize("sine", [False, True])
def test_the_sound_is_the_sum_of_its_blocks(sine):
    spec = Lapped(frame_size=32, frames=3, channels=2, sine=sine)
    inr = make(spec, 4 * 96)
    positions = np.random.default_rng(0).uniform(0, inr.sample_count, 300)
    assert np.abs(inr(positions / inr.rate) - plain(inr, positions)).max() < 1e-5
    assert not inr([-1e-3, inr.seconds + 1e-3]).any()


@pytest.mark.parametrize("order", [1, 2])
def test_derivatives(order):
    inr = make(SMALL, 250)
    positions = np.random.default_rng(1).uniform(1, inr.sample_count - 1, 60)
    found = inr.derivative(positions / inr.rate, order) / inr.rate**order
    step = 1e-3
    shifts, factors = ((-1, 1), (-1, 1)) if order == 1 else ((-1, 0, 1), (1, -2, 1))
    values = sum(c * plain(inr, positions + s * step) for s, c in zip(shifts, factors, strict=True))
    expected = values / (2 * step if order == 1 else step**2)
    assert np.abs(found - expected).max() < (1e-4 if order == 1 else 1e-2) * np.abs(expected).max()


def test_a_tone_stays_a_tone_at_other_rates():
    """Between the samples the function follows the sound: a tone at a tenth of the rate is one at any rate."""
    from ligeia.fitting.lapped import analyse

    times = np.arange(4000) / 8000
    inr = analyse(ligeia.Audio(np.sin(2 * np.pi * 800 * times)[None], 8000), Lapped(frame_size=512, frames=4))
    at = np.linspace(0.1, 0.4, 1111)
    assert np.abs(inr(at)[0] - np.sin(2 * np.pi * 800 * at)).max() < 0.02
    slope = inr.derivative(at)[0] / (2 * np.pi * 800)
    assert np.abs(slope - np.cos(2 * np.pi * 800 * at)).max() < 0.05


@pytest.mark.parametrize("rate", [8000, 12000])
def test_streams_and_their_pieces(rate):
    inr = make(SMALL, 500)
    inr.gains.fill(0.5)  # a stream holds bfloat16
    stream = ligeia.encode_inr(inr)
    whole = inr.render(rate).samples
    assert np.array_equal(ligeia.decode(stream).render(rate).samples, whole)
    for start in (0.0, 0.0119, 0.012, 0.0121, 0.04):
        part = list(decode_pieces(stream, rate, start=start, stop=start + 0.02))
        assert (
            np.abs(np.concatenate(part, axis=1) - inr.render(rate, start=start, stop=start + 0.02).samples).max() < 1e-6
        )


def test_a_lost_block_is_silence_and_its_neighbours_reach_into_it():
    inr = make(SMALL, 288)
    alone = ligeia.INR(inr.spec, inr.parameters, inr.rate, inr.segments, np.array([1.0, 0.0, 1.0]))
    heard = np.flatnonzero(alone.render().samples.any(axis=0))
    assert heard.tolist() == [*range(100), *range(188, 288)]


def test_a_frame_can_be_halved_five_times():
    with pytest.raises(InputError, match=r"frame_size must be a multiple of 32, got 40"):
        Lapped(frame_size=40)
