"""Names of codecs, and their errors."""

from ligeia.bench.codec import CodecError, name_of
from ligeia.bench.codecs import codecs_named
from ligeia.errors import LigeiaError


def test_names_are_those_of_the_command_line() -> None:
    assert [name_of(codec) for codec in codecs_named("opus:24,flac")] == ["opus:24", "flac"]


def test_codec_errors_are_expected_ones() -> None:
    assert issubclass(CodecError, LigeiaError)
