import pytest

from ligeia.bench.codec import CodecError
from ligeia.bench.wave import Shape, check_channels, nearest_rate, shape_of


def test_shape(write_tone):
    assert shape_of(write_tone(11025, 3, 0.2)) == Shape(11025, 3, 2205)


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(CodecError, match="cannot read"):
        shape_of(tmp_path / "none.wav")


def test_too_many_channels():
    check_channels("lame", Shape(8000, 2, 1), 2)
    with pytest.raises(CodecError, match=r"^lame takes 1 to 2 channels, not 3$"):
        check_channels("lame", Shape(8000, 3, 1), 2)
    with pytest.raises(CodecError, match=r"^codec2 takes 1 channel, not 2$"):
        check_channels("codec2", Shape(8000, 2, 1), 1)


@pytest.mark.parametrize(
    ("rate", "nearest"), [(4000, 8000), (11025, 8000), (12000, 16000), (22050, 16000), (24000, 32000), (96000, 32000)]
)
def test_nearest_rate_by_ratio(rate, nearest):
    """The borders lie at the geometric means of neighbours: 11314 and 22627 Hz."""
    assert nearest_rate(rate, (8000, 16000, 32000)) == nearest
