from dataclasses import replace

import made_streams as made
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.encode import encode_inr
from ligeia.codec.inspect import inspect
from ligeia.codec.parameters.design import HEADER_BYTES, bits_for, block_bytes, block_seconds, recipe_for
from ligeia.codec.parameters.quantise import Bits
from ligeia.codec.settings import EncodeSettings
from ligeia.fitting.own_recipes import MIN_WIDTH
from ligeia.fitting.plan import make_plan
from ligeia.networks import Siren


@pytest.mark.parametrize("bits", [Bits(), Bits(6, 3, 5), Bits(20, 12, 16)])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_block_takes_about_the_bytes_that_were_estimated(bits, channels):
    for width in (4, 13, 40):
        spec = Siren(channels=channels, width=width, depth=2, fixed_first=300.0)
        for seed in range(3):
            stream = encode_inr(made.make_inr(spec, seed=seed), bits)
            info = inspect(stream)
            framed = len(stream) - info.bytes_by_part["header"]
            # Uniform numbers are the dearest that a Gaussian table meets.
            assert 0.9 * block_bytes(spec, bits) < framed <= 1.3 * block_bytes(spec, bits)


@pytest.mark.parametrize("kbps", [2, 8, 32, 128])
@pytest.mark.parametrize("rate", [8000, 44100])
@pytest.mark.parametrize("seconds", [0.3, 3.0, 20.0])
def test_the_designed_network_takes_the_rate_or_a_little_more(kbps, rate, seconds):
    sound = Audio(made.noise(seconds, rate).samples, rate)
    plan = make_plan(sound, recipe_for(EncodeSettings(network="siren", kbps=kbps), sound, kbps))
    bits = bits_for(sound, kbps)
    wanted = kbps * 125 * sound.seconds
    expected = HEADER_BYTES + plan.segments.count * block_bytes(plan.spec, bits)
    wider = HEADER_BYTES + plan.segments.count * block_bytes(replace(plan.spec, width=plan.spec.width + 1), bits)
    assert expected < 1.2 * wanted or plan.spec.width == MIN_WIDTH
    assert expected > wanted or wider > 1.15 * wanted


@pytest.mark.parametrize(("kbps", "hidden"), [(8, 5), (15.9, 5), (16, 6), (31, 6), (32, 7), (64, 8), (500, 8)])
def test_fewer_bits_where_there_are_few_for_a_sample(kbps, hidden):
    assert bits_for(made.noise(), kbps) == Bits(18, hidden, hidden + 4)  # mono at 8 kHz
    assert bits_for(made.noise(channels=2), 2 * kbps) == Bits(18, hidden, hidden + 4)


def test_width_overrides_the_rate():
    plan = make_plan(made.noise(), recipe_for(EncodeSettings(network="siren", width=11), made.noise(), 16))
    assert plan.spec.width == 11


def test_blocks_grow_where_little_fits_in_them():
    assert block_seconds(64, 44100) == 1 / 6
    assert block_seconds(5, 44100) == 1
    assert block_seconds(0.1, 8000) == 16
    assert block_seconds(0.1, 192_000) == 2**20 / 192_000
