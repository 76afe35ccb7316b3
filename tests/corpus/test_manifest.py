"""The manifest: every source once, in order, whatever its name."""

import os
from pathlib import Path

import pytest

from ligeia.corpus.manifest import MANIFEST, header_of, read_header, write_manifest
from ligeia.corpus.order import Order
from ligeia.corpus.places import LocalFolder
from ligeia.errors import InputError
from tests.corpus.conftest import encoding

HOSTILE = [
    "-rf.wav",
    "a b.wav",
    "new\nline.wav",
    'quote".wav',
    "\udce9.wav",
    "..wav.wav",
    "üñ.WAV",
    "$(x).wav",
    "=1.wav",
]


def names_in(manifest: object) -> list[str]:
    return [entry["source"] for entry in manifest.entries()]  # type: ignore[attr-defined]


@pytest.fixture
def hostile(tmp_path: Path) -> Order:
    sources = tmp_path / "in"
    sources.mkdir()
    for name in HOSTILE:
        Path(os.fsdecode(os.fsencode(sources / name))).write_bytes(b"x" * len(name))
    (tmp_path / "out").mkdir()
    return encoding(sources, tmp_path / "out")


def test_names_may_be_anything(hostile: Order) -> None:
    manifest = write_manifest(hostile)
    kept = [name for name in HOSTILE if not name.startswith(".")]
    assert sorted(names_in(manifest)) == sorted(kept)
    assert (manifest.files, manifest.bytes) == (len(kept), sum(map(len, kept)))
    outputs = [entry["output"] for entry in manifest.entries()]
    assert outputs == sorted(outputs)
    assert "üñ.lig" in outputs
    folder = LocalFolder(Path(hostile.sources))
    for name in names_in(manifest):
        with folder.reading(name) as path:
            assert path.stat().st_size == len(name)


def test_the_header_says_the_settings_once(order: Order) -> None:
    Path(order.results).mkdir()
    assert read_header(order.state) is None
    write_manifest(order)
    header = read_header(order.state)
    assert header == header_of(order)
    assert header["digest"] == order.digest
    assert order.sources not in (order.state / MANIFEST).read_text()


@pytest.mark.parametrize(
    "text",
    [
        "", "{}\n", "[1]\n", '{"ligeia_corpus":99}\n', "\x00\n", '{"ligeia_corpus":1}\n', "[" * 10**5,
        '{"ligeia_corpus":1,"action":"encode","digest":"x","settings":[]}\n',
    ],
    ids=range(8),
)  # fmt: skip
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(InputError, match="is not a manifest"):
        read_header(tmp_path)


def test_two_sources_of_one_result_are_refused_or_kept_apart(order: Order) -> None:
    Path(order.results).mkdir()
    (Path(order.sources) / "a.mp3").touch()
    with pytest.raises(InputError, match=r"a\.mp3 and a\.wav would both become a\.lig|a\.wav and a\.mp3"):
        write_manifest(order)
    assert not (order.state / MANIFEST).exists()
    manifest = write_manifest(Order(**{**vars(order), "whole_names": True}))
    assert [entry["output"] for entry in manifest.entries()] == [
        "a.mp3.lig",
        "a.wav.lig",
        "b.flac.lig",
        "deep/c.wav.lig",
    ]


def test_a_folder_with_nothing_to_take_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match=r"holds no file that ends in \.wav"):
        write_manifest(encoding(tmp_path / "in", tmp_path / "out"))
