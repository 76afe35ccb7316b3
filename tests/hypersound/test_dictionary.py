"""The file of a dictionary: it comes back as it was, and damage is named."""

import numpy as np
import pytest

from ligeia.errors import InputError
from ligeia.hypersound.dictionary import Dictionary, is_dictionary, load_dictionary, save_dictionary


def made(count=6, height=2, width=4, **fields):
    drawn = np.random.default_rng(0).standard_normal((count, height, width)).astype(np.float32)
    return Dictionary(drawn / np.sqrt(np.square(drawn).sum((1, 2), keepdims=True)), **fields)


def test_comes_back_from_its_file(tmp_path):
    path = tmp_path / "atoms.safetensors"
    dictionary = made(rate=8000, frame_size=64, sine=False)
    save_dictionary(path, dictionary, {"steps": 3})
    loaded = load_dictionary(path)
    assert (loaded.rate, loaded.frame_size, loaded.sine) == (8000, 64, False)
    assert loaded.shapes == pytest.approx(dictionary.shapes, abs=1e-3)
    assert len(loaded.digest) == 16
    assert is_dictionary(path)


def test_files_of_other_kinds_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"no model at all")
    assert not is_dictionary(path)
    with pytest.raises(InputError, match="not a valid safetensors file"):
        load_dictionary(path)
    with pytest.raises(InputError, match="no model of that name"):
        load_dictionary("nothing")


def test_a_cut_file_is_refused(tmp_path):
    path = tmp_path / "atoms.safetensors"
    save_dictionary(path, made(), {})
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match="not a valid dictionary"):
        load_dictionary(path)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (np.ones((2, 3), np.float32), "float32"),
        (np.ones((2, 2, 2), np.float32), "norm 1"),
        (np.full((2, 2, 2), np.nan, np.float32), "norm 1"),
        (np.ones((1, 1, 65), np.float32), "1 to 64"),
    ],
)
def test_shapes_are_checked(shapes, message):
    with pytest.raises(InputError, match=message):
        Dictionary(shapes)
