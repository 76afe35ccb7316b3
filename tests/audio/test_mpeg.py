import pytest

from ligeia.audio.formats import has_length_tag

FRAME = b"\xff\xfb\x90\x00" + bytes(32)


@pytest.mark.parametrize("tag", [b"Xing", b"Info", b"VBRI"])
def test_tags_in_the_first_frame_are_seen(tmp_path, tag):
    (tmp_path / "a.mp3").write_bytes(FRAME + tag + bytes(400))
    assert has_length_tag(tmp_path / "a.mp3")


def test_no_tag(tmp_path):
    for data in (b"", b"ID3", FRAME + bytes(500), FRAME + bytes(9000) + b"Xing"):
        (tmp_path / "a.mp3").write_bytes(data)
        assert not has_length_tag(tmp_path / "a.mp3")


def test_long_titles_before_the_first_frame_are_passed(tmp_path):
    title = b"ID3\x04\x00\x00" + bytes([0, 0, 0x4E, 0x10]) + b"Info" + bytes(9996)  # 78 * 128 + 16
    (tmp_path / "a.mp3").write_bytes(title + FRAME + b"Xing" + bytes(99))
    assert has_length_tag(tmp_path / "a.mp3")
    (tmp_path / "a.mp3").write_bytes(title + FRAME + bytes(99))
    assert not has_length_tag(tmp_path / "a.mp3")
