import json
import os

import pytest

from ligeia.codec.family import finding
from ligeia.codec.header import ModelId
from ligeia.errors import FormatError, InputError
from ligeia.hypersound.dictionary import is_dictionary, load_dictionary
from ligeia.weights_file import MAX_HEADER, from_json, read_header, read_weights


def _file(path, header: bytes):
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return path


def test_the_strings_of_a_header_are_read(tmp_path) -> None:
    path = _file(tmp_path / "m", json.dumps({"__metadata__": {"model": "this"}}).encode())
    assert read_header(path) == {"model": "this"}
    assert read_weights(path) == (path.read_bytes(), {"model": "this"})
    assert read_header(_file(tmp_path / "none", b"{}")) == {}


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"__metadata__": [1]}',
        b'{"__metadata__": "ab"}',
        b'{"__metadata__": {"model": 5}}',
    ],
)
def test_a_header_of_another_form_is_one_clear_line(tmp_path, header) -> None:
    path = _file(tmp_path / "m", header)
    for read in (read_header, read_weights, load_dictionary):
        with pytest.raises(InputError, match="m is not a valid safetensors file, or is damaged"):
            read(path)
    assert not is_dictionary(path)


def test_a_header_may_promise_more_than_there_is(tmp_path) -> None:
    path = tmp_path / "m"
    path.write_bytes((100).to_bytes(8, "little") + b"{}")
    assert read_header(path) == {}
    path.write_bytes(b"123")
    with pytest.raises(InputError, match="not a valid safetensors file"):
        read_header(path)


def test_json_that_is_nested_deeply_is_not_valid() -> None:
    assert from_json("[1]") == [1]
    with pytest.raises(ValueError, match="nested too deeply"):
        from_json("[" * 100_000)


def test_a_file_that_cannot_be_read_says_why(tmp_path) -> None:
    for read in (read_header, read_weights):
        with pytest.raises(InputError, match="cannot be read: No such file"):
            read(tmp_path / "none")
        with pytest.raises(InputError, match="cannot be read: Is a directory"):
            read(tmp_path)


@pytest.mark.parametrize("length", [MAX_HEADER + 1, 2**40, 2**64 - 1])
def test_a_huge_header_is_named_as_the_problem(tmp_path, length):
    path = tmp_path / "a.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + b'{"__metadata__":{}}' + bytes(100))
    for read in (read_header, read_weights):
        with pytest.raises(InputError, match=f"its header claims {length:,} bytes, and 67,108,864 is the most"):
            read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names")
def test_a_pipe_beside_a_stream_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.safetensors")
    with pytest.raises(InputError, match="a pipe"):
        read_header(tmp_path / "a.safetensors")
    finding.look_in(tmp_path)
    with pytest.raises(FormatError, match="which is not here"):
        finding.model_of(ModelId("a", b"12345678"))
