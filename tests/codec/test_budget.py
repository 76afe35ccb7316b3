"""What streams may ask for: nothing that an encoder writes is refused, and what a few bytes claim is."""

import subprocess
import sys
from math import inf

import made_streams as made
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.codec import budget
from ligeia.codec.budget import OverBudget, check_budget
from ligeia.codec.container import Block, Stream, parse, write_block, write_header
from ligeia.codec.decode import decode, decode_pieces
from ligeia.codec.encode import encode_inr
from ligeia.codec.header import Coding, Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.design import block_bytes, recipe_for
from ligeia.codec.parameters.quantise import EXACT, Bits, layout
from ligeia.codec.phased.coding import PhasedCoding
from ligeia.codec.settings import EncodeSettings
from ligeia.codec.transform.coding import TransformCoding
from ligeia.codec.transform.presets import LEARNED_FROM
from ligeia.errors import SettingsError
from ligeia.fitting.plan import make_plan
from ligeia.networks import Lapped, Phased, Siren
from ligeia.networks.spec import NetworkSpec


def stream(spec: NetworkSpec, cut: Segments, payload: bytes, coding: Coding | None = None, rate: int = 44100) -> bytes:
    header = write_header(Header(spec, rate, cut, coding or ParameterCoding(Bits(2, 2, 2))))
    return header + b"".join(write_block(Block(number, payload)) for number in range(cut.count))


def shortest(spec: Siren) -> bytes:
    """A payload as short as it may be."""
    tables = sum(tensor.tables for tensor in layout(spec, Bits(2, 2, 2)))
    return b"\x80\x3f" + bytes(tables) + bytes(max(spec.parameters // 32 - tables, 0)) + b"\1\0\0\0"


BOMBS = {
    "silence": stream(Siren(width=1), Segments(2**33, 2**26 // 2, 2**26 // 2), b""),
    "channels": stream(Siren(channels=256, width=1), Segments(2**24, 2**24), b""),
    "wide": stream(Siren(width=890), Segments(2**26, 2**26), shortest(Siren(width=890))),
    "deep": stream(Siren(width=1, depth=64), Segments(2**26, 2**26), shortest(Siren(width=1, depth=64))),
    "frames": stream(
        Lapped(frame_size=32, frames=4080),
        Segments(4080 * 32 * 64, 4080 * 32),
        bytes(2) + b"\1" * 136,
        coding=TransformCoding(1),
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_anything_is_computed(name):
    bomb = BOMBS[name]
    assert len(bomb) < 50_000
    with pytest.raises(OverBudget, match="max_seconds=") as caught:
        decode_pieces(bomb)
    with pytest.raises(OverBudget):
        ligeia.open(bomb).read()
    info = ligeia.inspect(bomb)
    assert f"max_seconds={caught.value.seconds}" in str(caught.value)
    assert caught.value.seconds == np.ceil(info.seconds)
    decode_pieces(bomb, max_seconds=caught.value.seconds)
    with pytest.raises(OverBudget, match="allowed"):
        decode_pieces(bomb, max_seconds=1.0)


def test_claims_of_damaged_streams_are_bounded_too():
    header = write_header(Header(Siren(width=1), 8000, Segments(2**33, 2**26), ParameterCoding(Bits())))
    for bomb in (header, header + b"\xb7" * 20):
        with pytest.raises(OverBudget):
            decode_pieces(bomb, salvage=True)
        with pytest.raises(OverBudget):
            decode(bomb, salvage=True)
        with pytest.raises(OverBudget):
            ligeia.open(bomb, salvage=True).read()


def test_a_part_of_a_long_sound_may_be_read():
    reader = ligeia.open(BOMBS["silence"])
    assert not reader.read(190_000, 190_001).samples.any()
    with pytest.raises(OverBudget):
        iter(reader)
    assert ligeia.open(BOMBS["silence"], max_seconds=inf).pieces(0.01) is not None
    with pytest.raises(OverBudget, match=r"5\.000 s"):
        ligeia.open(BOMBS["silence"], max_seconds=4).read(0, 5)


def test_pieces_of_wide_networks_come_soon():
    spec = Siren(width=300)
    pieces = decode_pieces(encode_inr(made.make_inr(spec, Segments(2**20, 2**20)), EXACT))
    assert next(pieces).shape[1] * spec.parameters < budget.WORK_AT_ONCE


@pytest.mark.parametrize("max_seconds", [0, -1, float("nan")])
def test_what_max_seconds_cannot_be(max_seconds):
    for call in (decode, decode_pieces):
        with pytest.raises(SettingsError):
            call(made.several_blocks(), max_seconds=max_seconds)


# --- nothing that an encoder writes is refused ------------------------------------------------------


class Silence:
    """Hours without memory."""

    def __init__(self, seconds: float, rate: int, channels: int) -> None:
        self.rate, self.channels, self.sample_count = rate, channels, round(seconds * rate)

    def read(self, start: int, stop: int):
        return np.zeros((self.channels, max(min(stop, self.sample_count) - start, 0)), np.float32)


def claimed(header: Header, sizes: int) -> Stream:
    """A parsed stream whose blocks all have payloads, `sizes` bytes each, without its bytes."""
    payloads = dict.fromkeys(range(header.segments.count), b"x")
    return Stream(header, payloads, 20, 20 + (sizes + 8) * header.segments.count)


@pytest.mark.parametrize(("preset", "rate", "channels", "kbps"), [("music", 44100, 2, None), ("speech", 8000, 1, 3)])
def test_hours_of_silence_are_not_refused(preset, rate, channels, kbps):
    header = parse(ligeia.encode(Silence(30, rate, channels), preset, kbps=kbps)).header
    for seconds in (20 * 60, 24 * 3600) if rate == 8000 else (20 * 60, 3 * 3600):
        cut = Segments(seconds * rate, header.segments.hop)
        encoded = stream(header.spec, cut, b"", header.coding, rate)
        assert len(encoded) < 1_000_000
        check_budget(parse(encoded), rate)


@given(
    rate=st.sampled_from([2000, 8000, 16000, 44100, 96000, 192000]),
    channels=st.sampled_from([1, 2, 6]),
    name=st.sampled_from(sorted(LEARNED_FROM)),
    longer=st.integers(0, 2),
    hours=st.sampled_from([0.01, 1, 24]),
)
def test_what_is_nearly_silent_is_not_refused(rate, channels, name, longer, hours):
    """The fewest bytes that a block of the transform coding may have, for hours."""
    preset = LEARNED_FROM[name]
    frame = preset.frame_seconds[min(longer, len(preset.frame_seconds) - 1)]
    size = max(round(frame * rate / 32), 1) * 32
    spec = Lapped(channels=channels, frame_size=size, frames=max(round(preset.block_seconds * rate / size), 1))
    coding = TransformCoding(preset.profile.wire_id)
    cut = Segments(round(hours * 3600 * rate), spec.block_samples)
    parsed = claimed(Header(spec, rate, cut, coding), max(-(-spec.parameters // 1024), 2))
    work = cut.count * coding.work(parsed.header, 1.0)
    assert work < budget.FREE_WORK + coding.work_per_byte * parsed.total_bytes


@given(
    rate=st.sampled_from([2000, 8000, 16000, 44100, 48000]),
    channels=st.sampled_from([1, 2, 6]),
    seconds=st.sampled_from([0.02, 0.028, 0.04]),
    hours=st.sampled_from([0.01, 1, 24]),
)
def test_a_siren_that_is_nearly_silent_is_not_refused(rate, channels, seconds, hours):
    size = max(round(seconds * rate / 32), 1) * 32
    spec = Phased(channels=channels, frame_size=size, frames=max(round(3 * rate / size), 1), units=120)
    cut = Segments(round(hours * 3600 * rate), spec.block_samples)
    parsed = claimed(Header(spec, rate, cut, PhasedCoding(4)), max(-(-spec.parameters // 1024), 3))
    work = cut.count * parsed.header.coding.work(parsed.header, 1.0)
    assert work < budget.FREE_WORK + PhasedCoding.work_per_byte * parsed.total_bytes


@settings(max_examples=30)
@given(
    rate=st.sampled_from([8000, 44100, 192000]),
    channels=st.sampled_from([1, 2]),
    kbps=st.floats(0.2, 1000),
    minutes=st.sampled_from([0.05, 1, 60]),
)
def test_fitted_networks_of_any_rate_are_not_refused(rate, channels, kbps, minutes):
    sound = Silence(60 * minutes, rate, channels)
    plan = make_plan(sound, recipe_for(EncodeSettings(network="dense", kbps=kbps), sound, kbps))
    coding = ParameterCoding(Bits(18, 8, 12))
    parsed = claimed(Header(plan.spec, rate, plan.segments, coding), round(0.6 * block_bytes(plan.spec, coding.bits)))
    work = plan.segments.count * coding.work(parsed.header, 1.0)
    assert work < budget.FREE_WORK + coding.work_per_byte * parsed.total_bytes


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process")
def test_bombs_meet_the_budget_in_little_memory_and_time(tmp_path):
    for name, bomb in BOMBS.items():
        (tmp_path / f"{name}.lig").write_bytes(bomb)
    code = (
        "import pathlib, resource, sys, ligeia\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (30, 30))\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    assert ligeia.inspect(path).refused\n"
        "    for salvage in (False, True):\n"
        "        with ligeia.open(path, salvage=salvage) as reader:\n"
        "            try: reader.read(); print('read', path)\n"
        "            except ligeia.FormatError as error: assert 'max_seconds' in str(error)\n"
        "        try: ligeia.decode(path.read_bytes(), salvage=salvage, max_seconds=1)\n"
        "        except ligeia.FormatError: pass\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, ""), run.stderr
