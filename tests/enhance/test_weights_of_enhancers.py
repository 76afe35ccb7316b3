from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from ligeia.enhance.weights import check_shapes, read_arrays
from ligeia.errors import InputError


def test_arrays_come_as_float32(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a": np.ones(3, np.float16)}, path)
    assert read_arrays(path)["a"].dtype == np.float32


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"no tensors here")
    with pytest.raises(InputError, match="not a valid safetensors file"):
        read_arrays(path)
    with pytest.raises(InputError, match="NaN"):
        check_shapes({"a": np.full(2, np.nan, np.float32)}, {"a": (2,)}, "a network")
