"""Settings of the windowed-sine family, the numbers of its codes, and its members without torch."""

import numpy as np
import pytest

from ligeia.codec.decode import decode
from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, member_stream, one_member_layout, precision_for
from ligeia.codec.family.lapped import LappedSettings, atoms_of, coefficients_of, numbers_of, plane_of, sound_of
from ligeia.codec.family.model import FamilyModel, with_digest
from ligeia.errors import InputError

SAMPLES = 600
PLAIN = {"frame_size": 64, "stretches": 2, "borders": (16,), "ranks": (2, 1, 0, 1)}
DETAILED = {**PLAIN, "code": 4 + 3 * 5, "details": 5, "dictionary": 9, "shape_frames": 2, "shape_bins": 3}


def family(**changes):
    settings = LappedSettings(**{**DETAILED, **changes})
    random = np.random.default_rng(1)
    arrays = {
        name: random.standard_normal(shape).astype(np.float32) for name, shape in settings.shapes(SAMPLES).items()
    }
    codes = random.standard_normal((6, settings.code)).astype(np.float32)
    codes[:, settings.dense :: 3] = random.integers(0, 500, codes[:, settings.dense :: 3].shape)
    codes[:, settings.dense + 1 :: 3] = random.integers(0, 9, codes[:, settings.dense :: 3].shape)
    table = {"name": "small", "kind": "lapped", "settings": settings.table(), "rate": 8000, "samples": SAMPLES}
    return with_digest(FamilyModel(**table, codes=codes, arrays=arrays))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frame_size": 40}, "frame_size must be a multiple of 32"),
        ({"borders": (16, 16), "ranks": (1,) * 6}, "borders must rise"),
        ({"borders": (64,)}, "borders must rise"),
        ({"ranks": (2, 1)}, "ranks must name the atoms of 2 stretches by 2 bands, got 2 numbers"),
        ({"ranks": (0, 0, 0, 0)}, "at least one of the ranks"),
        ({"ranks": (1, 1, 0, 1)}, "add up to the 4 numbers of the code that are not details', not to 3"),
        ({"details": 7}, "details must lie between 0 and 6"),
        ({"dictionary": 0}, "dictionary must lie between 1"),
        ({"stretches": 0}, "stretches must lie between 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        LappedSettings(**{**DETAILED, **changes})


def test_stretches_without_frames_are_refused():
    settings = LappedSettings(code=4, frame_size=64, stretches=4, borders=(), ranks=(1,) * 4)
    assert len(settings.tiles(SAMPLES)) == 4
    with pytest.raises(InputError, match="2 frames cannot be cut into 4 stretches"):
        settings.tiles(128)


def test_details_are_numbers_and_back():
    settings, size = LappedSettings(**DETAILED), (10, 64)
    code = family().codes[2]
    atoms = atoms_of(settings, np.asarray(code, np.float32), size)
    assert np.array_equal(numbers_of(settings, atoms, size), code[4:])
    assert atoms.frames.min() >= -1
    assert atoms.bins.min() >= -2


def test_wild_numbers_fall_on_places_that_exist():
    settings = LappedSettings(**DETAILED)
    code = np.full(19, 1e9, np.float32)
    atoms = atoms_of(settings, code, (10, 64))
    assert atoms.shapes.tolist() == [8] * 5
    assert atoms.frames.tolist() == [9] * 5
    assert atoms.bins.tolist() == [63] * 5


def test_a_tile_is_the_sum_of_its_atoms():
    model = family()
    settings, arrays = (
        LappedSettings(**DETAILED),
        {name: value.astype(np.float32) for name, value in model.arrays.items()},
    )
    code = np.zeros((1, 19), np.float32)
    code[0, 1], code[0, 3] = 2.0, -1.0
    plane = coefficients_of(settings, arrays, code, SAMPLES)
    assert np.allclose(plane[0, :5, :16], 2 * arrays["atoms_0_0"][1])
    assert np.allclose(plane[0, 5:, 16:], -arrays["atoms_1_1"][0])
    assert not plane[0, 5:, :16].any()
    sound = sound_of(settings, plane, 640)
    assert np.allclose(plane_of(settings, sound), plane, atol=1e-5)


def test_a_member_is_decoded_from_its_stream():
    model = family(fill=True)
    members, layout = [Member(np.asarray(model.codes[1], np.float32))], one_member_layout(model)
    exact = member_inr(model, members, layout).render().samples
    stream = member_stream(model, members, layout, precision_for(model, members, layout))
    decoded = decode(stream).render().samples
    assert np.square(decoded - exact).sum() < 1e-3 * np.square(exact).sum()
