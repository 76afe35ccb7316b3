import pytest

from ligeia.bench.settings import nothing, number_in, one_of
from ligeia.errors import InputError


@pytest.mark.parametrize(("text", "shortest"), [("24", "24"), ("24.0", "24"), ("6.5", "6.5"), ("1e2", "100")])
def test_numbers_take_their_shortest_form(text, shortest):
    assert number_in("opus", text, 6, 512, "kbit/s") == shortest


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "5.9", "-24", "513"])
def test_numbers_out_of_range(text):
    with pytest.raises(InputError, match=f"^opus takes kbit/s from 6 to 512, got '{text}'$"):
        number_in("opus", text, 6, 512, "kbit/s")


def test_words():
    assert one_of("mp3", "32", (16, 32)) == "32"
    with pytest.raises(InputError, match=r"^mp3 takes one of 16, 32, got '33'$"):
        one_of("mp3", "33", (16, 32))


def test_nothing():
    assert nothing("flac", "") == ""
    with pytest.raises(InputError, match=r"^flac takes no setting, got '8'$"):
        nothing("flac", "8")
