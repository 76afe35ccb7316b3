import hashlib
import json

import numpy as np
import pytest
from made_family import made_model
from safetensors.numpy import save

from ligeia.codec.family.model import KEY, FamilyModel, is_family, model_bytes, parse_model, read_model, with_digest
from ligeia.errors import InputError


def _header(**changes: object) -> dict:
    fields = {"format": 1, "name": "made", "kind": "made", "decoder": {"code": 4}, "rate": 8000, "samples": 800}
    return fields | {"names": [], "labels": [], "pitches": [], "facts": {}} | changes


def _file(codes: object = None, header: object = None, **arrays: np.ndarray) -> bytes:
    codes = np.zeros((3, 4), np.float32) if codes is None else codes
    return save(
        {"codes": codes, "decoder.weight": np.zeros((4, 3), np.float32), **arrays},
        {KEY: json.dumps(_header() if header is None else header)},
    )


def test_a_model_is_read_as_it_was_written(tmp_path) -> None:
    model = made_model(others={"dictionary": np.arange(-3, 3, dtype=np.int8).reshape(2, 3)})
    path = tmp_path / "m.safetensors"
    path.write_bytes(model_bytes(model))
    assert is_family(path)
    found = read_model(path)
    for name in ("name", "kind", "settings", "rate", "samples", "names", "labels", "pitches", "facts"):
        assert getattr(found, name) == getattr(model, name), name
    for one, other in ((found.arrays, model.arrays), (found.others, model.others)):
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[key], other[key]) and one[key].dtype == np.float32 for key in one)
    assert np.array_equal(found.codes, model.codes)
    assert found.id.name == "made"
    assert found.id.digest == hashlib.sha256(path.read_bytes()).digest()[:8]
    assert found.seconds == 0.25


def test_the_same_model_has_the_same_bytes_and_arrays_keep_their_types() -> None:
    model = made_model()
    fields = {name: getattr(model, name) for name in model.__dataclass_fields__}
    half = FamilyModel(**fields | {"arrays": {"weight": np.zeros((4, 3), np.float16)}})
    full = FamilyModel(**fields | {"arrays": {"weight": np.zeros((4, 3), np.float32)}})
    assert model_bytes(half) == model_bytes(half)
    assert len(model_bytes(full)) - len(model_bytes(half)) in range(16, 33)  # the header is padded
    assert with_digest(half).arrays["weight"].dtype == np.float32


def test_a_model_that_was_never_written_has_no_identifier() -> None:
    model = made_model()
    bare = FamilyModel(**{name: getattr(model, name) for name in model.__dataclass_fields__} | {"digest": b""})
    with pytest.raises(InputError, match="no identifier before it is written"):
        _ = bare.id
    assert with_digest(bare).id.name == "made"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Made Up"}, "not a valid name"),
        ({"kind": "../x"}, "unknown decoder"),
        ({"rate": 0}, "rate must be"),
        ({"rate": 10**400}, "rate must be"),
        ({"samples": 2**40}, "samples must be"),
        ({"decoder": {}}, "must be"),
        ({"decoder": {"code": 2**30}}, "code must"),
        ({"decoder": {"code": 5}}, r"decoder.weight must be \(5, 3\)"),
        ({"decoder": {"code": 4, "widths": {"a": 1}}}, "decoder: widths"),
        ({"decoder": {"code": 4, "width": [1]}}, "did you mean widths"),
        ({"kind": "unheard_of"}, "unknown decoder 'unheard_of'"),
        ({"names": ["a"]}, "names must be"),
        ({"names": ["a", "b", 3]}, "names must be"),
        ({"labels": ["a" * 300] * 3}, "labels must be"),
        ({"pitches": [1, 2, float("nan")]}, "pitches must be"),
        ({"pitches": [1, 2, 10**400]}, "pitches must be"),
        ({"rate": "8000"}, "no valid 'rate'"),
        ({"facts": []}, "no valid 'facts'"),
        ({"format": 2}, "format 2"),
    ],
)
def test_an_impossible_header_is_one_clear_line(changes, message) -> None:
    with pytest.raises(InputError, match=message) as raised:
        parse_model(_file(header=_header(**changes)), "m.safetensors")
    assert str(raised.value).startswith("m.safetensors")


def test_impossible_arrays_are_one_clear_line() -> None:
    bad = np.zeros((3, 4), np.float32)
    bad[1, 1] = np.nan
    for stream, message in (
        (_file(bad), "'codes' holds NaN"),
        (_file(np.zeros(3, np.float32)), "impossible shape"),
        (_file(np.zeros((3, 4))), "the numbers of 'codes' must be"),
        (_file(np.zeros((0, 4), np.float32)), "1 to"),
        (_file(weird=np.zeros(3, np.float32), **{"decoder.more": np.zeros(3, np.float32)}), "unexpected decoder.more"),
        (_file(np.zeros((3, 5), np.float32)), r"codes must be \[items, 4\]"),
        (_file(header=[1]), "format None"),
        (save({"codes": np.zeros((3, 4), np.float32)}, {"model": "hypersound"}), "is it another model"),
        (save({"x": np.zeros(3, np.float32)}, {KEY: json.dumps(_header())}), "impossible shape"),
    ):
        with pytest.raises(InputError, match=message):
            parse_model(stream, "m")


def test_a_damaged_file_never_does_worse_than_one_clear_line() -> None:
    stream = model_bytes(made_model())
    for cut in range(0, len(stream), 7):
        with pytest.raises(InputError, match="m"):
            parse_model(stream[:cut], "m")
    random = np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(stream)
        damaged[random.integers(len(stream))] = random.integers(256)
        try:
            parse_model(bytes(damaged), "m")
        except InputError:
            continue


def test_arrays_larger_than_the_file_are_refused_before_they_are_read() -> None:
    stream = _file()
    for shape in ("[3,444444444444]", "[3,4,-1]", "[" + ",".join("3" * 9) + "]", '["3",4]', "null"):
        header = stream[8 : 8 + int.from_bytes(stream[:8], "little")].replace(b"[3,4]", shape.encode())
        with pytest.raises(InputError, match="m"):
            parse_model(len(header).to_bytes(8, "little") + header + stream[-96:], "m")


def test_only_numbers_of_three_types_are_written() -> None:
    model = made_model()
    fields = {name: getattr(model, name) for name in model.__dataclass_fields__}
    with pytest.raises(InputError, match="must be float32, float16 or int8"):
        model_bytes(FamilyModel(**fields | {"arrays": {"weight": np.zeros(3)}}))
    with pytest.raises(InputError, match="holds NaN"):
        model_bytes(FamilyModel(**fields | {"arrays": {"weight": np.full(3, np.inf, np.float32)}}))
