"""Compiled loops beside numpy: the same integers, the same bytes, for whatever comes."""

import os
import stat
from pathlib import Path
from typing import Any

import made_coded
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ligeia
from ligeia.codec.decode import decode_pieces
from ligeia.codec.transform import acceleration, context_model, syntax
from ligeia.codec.transform.block_coding import Encoding, measure_spectra, model_of, read_spectra, write_spectra
from ligeia.codec.transform.entropy import MAX_EXTRA, Meter, Reader, Writer
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP
from ligeia.codec.transform.syntax import code_spectra

numba = pytest.importorskip("numba")

from ligeia.codec.transform.compiled import (  # noqa: E402
    ans,
    blocks,
    coefficients,
    compiler,
    contexts,
    kept,
    scale_factors,
)

VECTORS = Path(__file__).parents[2] / "vectors"
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, ...]:
    layout = made_coded.layout(
        draw(st.sampled_from([0, 1, 2])),
        frame_size=32 * draw(st.integers(1, 12)),
        frames=draw(st.integers(1, 4)),
        channels=draw(st.integers(1, 3)),
        rate=draw(st.sampled_from([1, 8000, 44100, 2**31 - 1])),
    )
    steps = np.array(draw(st.lists(st.integers(MIN_STEP, MAX_STEP), min_size=1, max_size=3)))
    return layout, steps, made_coded.model(draw(st.integers(0, 99))), draw(st.integers(0, 999))


def equal(one: Spectra, other: Spectra) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("switching", "scale_factors", "coefficients")
    )


@FEW
@given(cases())
def test_integers_are_written_and_read_as_numpy_does(case):
    layout, steps, model, seed = case
    source = made_coded.spectra(layout, len(steps), seed)
    writer, meter = Writer(len(steps)), Meter(len(steps))
    code_spectra(writer, layout, steps, model, source)
    code_spectra(meter, layout, steps, model, source)
    traced = blocks.trace_spectra(layout, steps, model, source)
    assert equal(traced.spectra, source)
    assert np.array_equal(traced.bits, meter.bits)
    bodies = writer.finish()
    assert traced.bodies() == bodies
    spectra, valid = blocks.read_spectra(bodies, layout, steps, model)
    assert valid.all()
    assert equal(spectra, source)


@FEW
@given(cases(), st.floats(0.3, 30), st.floats(0.001, 0.5))
def test_rounding_by_bits_is_the_same(case, scale, lagrangian):
    layout, steps, model, seed = case
    source = made_coded.spectra(layout, len(steps), seed)
    exact = np.random.default_rng(seed).standard_normal(source.coefficients.shape) * scale
    source = Spectra(source.switching, source.scale_factors, exact)
    writer = Writer(len(steps), lagrangian)
    rounded = code_spectra(writer, layout, steps, model, source)
    traced = blocks.trace_spectra(layout, steps, model, source, lagrangian)
    assert equal(traced.spectra, rounded)
    assert traced.bodies() == writer.finish()


@FEW
@given(cases(), st.binary(max_size=300))
def test_any_bytes_are_read_as_numpy_does(case, data):
    layout, steps, model, _ = case
    bodies = [data[k:] for k in range(len(steps))]
    reader = Reader(bodies)
    slowly = code_spectra(reader, layout, steps, model, None)
    quickly, valid = blocks.read_spectra(bodies, layout, steps, model)
    assert equal(quickly, slowly)
    assert np.array_equal(valid, reader.finish())


def both(monkeypatch: pytest.MonkeyPatch, work: Any) -> list[Any]:
    """What `work` gives in numpy and in compiled loops."""
    results = []
    for word in ("0", "1"):
        monkeypatch.setenv(acceleration.VARIABLE, word)
        results.append(work())
    return results


@pytest.mark.parametrize("name", ["coded_speech", "coded_music", "coded_waveform"])
def test_golden_streams_decode_to_the_same_samples(name, monkeypatch):
    stream = (VECTORS / f"{name}.lig").read_bytes()
    one, other = both(monkeypatch, lambda: np.concatenate(list(decode_pieces(stream)), axis=1))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("rate", "channels", "settings"),
    [
        (16000, 1, {"preset": "speech", "kbps": 16}),
        (16000, 1, {"preset": "speech", "kbps": 4}),
        (44100, 2, {"preset": "music", "quality": 6}),
        (22050, 1, {"snr_db": 20}),
    ],
)
def test_sounds_become_the_same_bytes(rate, channels, settings, monkeypatch):
    samples = np.random.default_rng(0).standard_normal((channels, rate)) * np.linspace(0.001, 0.2, rate)
    one, other = both(monkeypatch, lambda: ligeia.encode(ligeia.Audio(samples, rate), **settings))
    assert one == other


def test_blocks_are_coded_by_either(monkeypatch):
    layout, steps = made_coded.layout(2, channels=2), np.array([100, 120])
    source = made_coded.spectra(layout, 2)
    (_, one), (_, other) = both(monkeypatch, lambda: measure_spectra(source, layout, steps, Encoding()))
    assert np.array_equal(one, other)
    (_, slow), (_, fast) = both(monkeypatch, lambda: write_spectra(source, layout, steps, Encoding()))
    assert slow == fast
    for spectra, valid in both(monkeypatch, lambda: read_spectra(slow, layout, steps)):
        assert valid.all()
        assert equal(spectra, source)


def test_constants_are_those_of_numpy():
    assert scale_factors.START == syntax.START_SCALE_FACTOR
    assert ans.LENGTHS == MAX_EXTRA
    assert coefficients.LAST == context_model.SYMBOLS - 1
    assert contexts.FIRST_FLAG + 3 + context_model.FRAME_FACTS == context_model.COEFFICIENT_INPUTS
    for number, chosen in enumerate(context_model.PASSES):
        assert (chosen.start, chosen.step) == (contexts.FIRSTS[number], contexts.STRIDES[number])


def test_loops_that_give_other_integers_are_found(monkeypatch):
    read = blocks.read_spectra

    def wrong(*words: Any) -> Any:
        spectra, valid = read(*words)
        spectra.coefficients[0, 0, 0, 0] += 1
        return spectra, valid

    blocks.check()
    monkeypatch.setattr(blocks, "read_spectra", wrong)
    with pytest.raises(RuntimeError, match="integers"):
        blocks.check()


def test_machine_code_is_kept_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("LIGEIA_CACHE", str(tmp_path))
    assert tmp_path in kept.folder().parents
    assert not kept.is_complete()
    kept.set_complete()
    assert not kept.is_complete()  # there is no machine code
    assert compiler.compiled(lambda number: number + 1)(1) == 2
    assert kept.folder().is_dir()
    kept.set_complete()
    assert kept.is_complete()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of POSIX")
def test_no_code_is_taken_from_a_folder_that_others_may_write(monkeypatch, tmp_path):
    monkeypatch.setenv("LIGEIA_CACHE", str(tmp_path))
    place = kept.folder()
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    for shared in (place, place.parent, tmp_path):
        for mode in (0o777, 0o770):
            shared.chmod(mode)
            assert kept.folder() is None
            assert not kept.is_complete()
            assert compiler.compiled(lambda number: number + 5)(1) == 6
            assert not list(place.iterdir())
        shared.chmod(0o700)
    tmp_path.chmod(0o1777)  # as /tmp: others may write, but not rename what is the user's
    assert kept.folder() == place
    uid = os.geteuid()
    monkeypatch.setattr(kept.os, "geteuid", lambda: uid + 1)
    assert kept.folder() is None


def test_a_place_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LIGEIA_CACHE", str(tmp_path / "file"))
    assert compiler.compiled(lambda number: number + 2)(1) == 3
    kept.set_complete()
    assert not kept.is_complete()


def test_a_user_without_home_is_no_error(monkeypatch):
    def homeless(*_: Any) -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("LIGEIA_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(kept.Path, "home", homeless)
    assert kept.folder() is None
    assert not kept.is_complete()
    kept.set_complete()
    assert compiler.compiled(lambda number: number + 3)(1) == 4


def test_the_models_that_come_with_the_package_fit(monkeypatch):
    for profile in range(4):
        layout = made_coded.layout(profile)
        source = made_coded.spectra(layout, 1)
        writer = Writer(1)
        code_spectra(writer, layout, np.array([100]), model_of(layout), source)
        assert blocks.trace_spectra(layout, np.array([100]), model_of(layout), source).bodies() == writer.finish()
