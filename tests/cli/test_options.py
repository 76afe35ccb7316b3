"""Options that commands share, and the reading of streams."""

import inspect
from pathlib import Path
from typing import get_args

import pytest
import typer

from ligeia.cli.encode import encode
from ligeia.cli.fit import fit
from ligeia.cli.options import seconds_of
from ligeia.cli.sources import opened_stream
from ligeia.codec.settings import EncodeSettings
from ligeia.errors import FormatError, InputError
from ligeia.fitting.config import FitConfig


def stream_in(path: Path) -> bytes:
    """The bytes of a stream, as commands read them."""
    with opened_stream(path) as file:
        return file.read()


@pytest.mark.parametrize(
    "option", ["network", "preset", "kbps", "quality", "width", "steps", "seed", "device", "quantisation_aware"]
)
def test_encode_s_defaults_are_the_api_s(option: str) -> None:
    assert inspect.signature(encode).parameters[option].default == getattr(EncodeSettings(), option)


@pytest.mark.parametrize("option", ["seed", "device"])
def test_fit_s_defaults_are_the_api_s(option: str) -> None:
    assert inspect.signature(fit).parameters[option].default == getattr(FitConfig(), option)


@pytest.mark.parametrize("verb", [encode, fit])
def test_every_option_has_a_help_text(verb: object) -> None:
    for name, parameter in inspect.signature(verb).parameters.items():  # type: ignore[arg-type]
        kind, option = get_args(parameter.annotation)[:1], parameter.annotation.__metadata__[0]
        assert option.help, name
        assert kind != (Path,) or option.metavar, name


def test_a_stream_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.lig"
    path.write_bytes(b"LIG and more")
    assert stream_in(path) == b"LIG and more"


def test_a_huge_foreign_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.truncate(2**42)  # sparse: four terabytes that take no space
    with pytest.raises(FormatError, match="is not a"):
        stream_in(path)


def test_missing_directory_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.lig").touch()
    for path in (tmp_path / "no.lig", tmp_path, tmp_path / "empty.lig"):
        with pytest.raises(InputError):
            stream_in(path)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("0", 0),
        ("3.5", 3.5),
        ("90", 90),
        (".5", 0.5),
        ("1:02", 62),
        ("1:02:03.5", 3723.5),
        ("100:00", 6000),
        (2.5, 2.5),
    ],
)
def test_times(typed: str | float, seconds: float) -> None:
    assert seconds_of(typed) == seconds


@pytest.mark.parametrize(
    "typed", ["", "x", "-1", "nan", "inf", "1e400", "1:60", "1:2:60", "1:-2", "1::2", ":30", "1:2:3:4", "1.5:30", "1h"]
)
def test_what_is_no_time(typed: str) -> None:
    with pytest.raises(typer.BadParameter, match="not a valid time"):
        seconds_of(typed)
