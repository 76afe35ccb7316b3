import pytest
from made_rows import HOSTILE

from ligeia.records.tables import escaped, markdown, printable, table


def test_a_table() -> None:
    text = markdown(table(["codec", "kbps", "remark"], [["opus", "24", "-"], ["mp3", "32", ""]], texts=(0, 2)))
    assert text.splitlines() == [
        "| codec | kbps | remark |",
        "| --- | ---: | --- |",
        "| opus | 24 | - |",
        "| mp3 | 32 |  |",
    ]


def test_a_table_without_lines_is_false() -> None:
    assert not table(["a"], [])
    assert table(["a"], [["b"]])


def test_hostile_cells_stay_cells() -> None:
    text = markdown(table(["clip", "kbps"], [[HOSTILE, "24"]]))
    assert len(text.splitlines()) == 3
    line = text.splitlines()[2]
    assert line.replace("\\|", "").count("|") == 3
    assert "<" not in text
    assert "](" not in text.replace("\\]", "")


@pytest.mark.parametrize("sign", list("\\`*_[]|~#"))
def test_signs_are_disarmed(sign: str) -> None:
    assert escaped(f"a{sign}b") == f"a\\{sign}b"


def test_text_is_on_one_line_and_can_be_encoded() -> None:
    assert printable("a\r\nb\x00c\u2028d\ud800e\u202ef \n") == "a b c d e f"
    printable(HOSTILE).encode()
