"""Where the commands write, and what they refuse to write over."""

import os
import sys
from pathlib import Path

import pytest

from ligeia.audio.naming import to_format, to_recordings, to_streams
from ligeia.cli.targets import Wanted, picture_of, places_of, refuse_inputs
from ligeia.errors import InputError, SettingsError


def made(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sound")
    return paths


def targets(wanted: Wanted, naming=None) -> list[Path]:
    return [place.target for place in places_of(wanted, naming or to_streams())]


@pytest.mark.parametrize("name", ["x.wav", "two words.flac", "new\nline.mp3", "-dash.wav", "ünï.cödé.wav", "no ending"])
def test_without_a_name_the_result_lies_beside_the_recording(tmp_path: Path, name: str) -> None:
    (path,) = made(tmp_path, name)
    assert targets(Wanted([path])) == [tmp_path / f"{path.stem}.lig"]
    assert targets(Wanted([path]), to_format(".aiff")) == [tmp_path / f"{path.stem}.aiff"]


def test_a_folder_takes_one_or_several(tmp_path: Path) -> None:
    paths = made(tmp_path, "a.wav", "b.flac")
    out = tmp_path / "out"
    assert targets(Wanted(paths[:1], f"{out}/")) == [out / "a.lig"]
    assert targets(Wanted(paths, f"{out}")) == [out / "a.lig", out / "b.lig"]
    assert targets(Wanted(paths, f"{out}"), to_recordings()) == [out / "a.wav", out / "b.flac"]


def test_folders_keep_their_tree_and_give_only_recordings(tmp_path: Path) -> None:
    made(tmp_path / "in", "a.wav", "deep/er/b.MP3", "notes.txt", "cover.jpg", ".hidden.wav", ".git/c.wav", "old.lig")
    out = tmp_path / "in" / "out"
    found = targets(Wanted([tmp_path / "in"], f"{out}/", recursive=True))
    assert found == [out / "a.lig", out / "deep" / "er" / "b.lig"]
    assert targets(Wanted([tmp_path / "in"], recursive=True))[1] == tmp_path / "in" / "deep" / "er" / "b.lig"
    made(out, "a.wav")  # what an earlier run has written is no input of this one
    found = targets(Wanted([tmp_path / "in"], f"{out}/", recursive=True), to_recordings())
    assert found == [out / "a.wav", out / "deep" / "er" / "b.wav"]


def test_folders_of_links_end(tmp_path: Path) -> None:
    made(tmp_path / "in", "a.wav")
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    assert len(targets(Wanted([tmp_path / "in"], recursive=True))) == 1


def test_a_folder_needs_to_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--recursive"):
        places_of(Wanted([tmp_path]), to_streams())
    with pytest.raises(InputError, match="holds no file that ends in"):
        places_of(Wanted([tmp_path], recursive=True), to_streams())


def test_two_results_of_one_name_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    paths = made(tmp_path, "x/a.wav", "y/a.mp3")
    with pytest.raises(InputError, match=r"x/a\.wav and .*y/a\.mp3 would both be written to"):
        places_of(Wanted(paths, f"{tmp_path}/new/"), to_streams())
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="would both be written"):
        places_of(Wanted([paths[0], paths[0]]), to_streams())


def test_several_need_a_folder(tmp_path: Path) -> None:
    paths = made(tmp_path, "a.wav", "b.wav")
    for output in ("one.lig", "-"):
        with pytest.raises(SettingsError, match="-o "):
            places_of(Wanted(paths, output), to_streams())
    with pytest.raises(SettingsError, match="-o FILE"):
        places_of(Wanted(paths[:1]), to_recordings())


def test_pipes_have_no_names(tmp_path: Path) -> None:
    for output in (None, f"{tmp_path}/"):
        with pytest.raises(SettingsError, match="standard input has no name"):
            places_of(Wanted([Path("-")], output), to_streams())
    with pytest.raises(SettingsError, match="once only"):
        places_of(Wanted([Path("-"), Path("-")], f"{tmp_path}/"), to_streams())


def test_results_are_not_thrown_at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = made(tmp_path, "a.wav")
    assert places_of(Wanted([path], "-"), to_streams())[0].to_stdout
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(SettingsError, match="terminal"):
        places_of(Wanted([path], "-"), to_streams())


def linked(folder: Path, kind: str) -> tuple[Path, Path]:
    """A recording, and another name of it that ends in .lig."""
    (path,) = made(folder, "a.lig" if kind == "same" else "a.wav")
    other = folder / "b.lig"
    if kind == "hard":
        os.link(path, other)
    elif kind == "symbolic":
        other.symlink_to(path)
    else:
        other = path
    return path, other


@pytest.mark.parametrize("kind", ["same", "hard", "symbolic"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_input_is_never_the_output(tmp_path: Path, kind: str, overwrite: bool) -> None:
    path, other = linked(tmp_path, kind)
    with pytest.raises(InputError, match="it is "):
        places_of(Wanted([path], str(other), overwrite=overwrite), to_streams())
    (second,) = made(tmp_path / "more", "b.wav")
    with pytest.raises(InputError, match="it is "):  # nor that of another recording
        places_of(Wanted([path, second], str(tmp_path), overwrite=overwrite), to_streams()) if kind != "same" else (
            refuse_inputs(path, [second, path])
        )
    with pytest.raises(InputError, match="it is "):  # nor another file that is read
        places_of(Wanted([second], str(other), overwrite=overwrite, keeps=(path,)), to_streams())


def test_streams_under_other_endings_need_force(tmp_path: Path) -> None:
    (path,) = made(tmp_path, "a.wav")
    for name in ("a.wav2", "a", "a.lig.bak"):
        with pytest.raises(SettingsError, match=r"does not end in \.lig.*--force"):
            places_of(Wanted([path], str(tmp_path / name)), to_streams())
        assert targets(Wanted([path], str(tmp_path / name), overwrite=True)) == [tmp_path / name]
    for output in (str(tmp_path / "A.LIG"), "/dev/null", "-"):
        assert targets(Wanted([path], output)) == [Path(output)]


def test_one_that_exists_is_refused_before_the_work(tmp_path: Path) -> None:
    path, old = made(tmp_path, "a.wav", "a.lig")
    with pytest.raises(InputError, match="exists"):
        places_of(Wanted([path]), to_streams())
    assert targets(Wanted([path], overwrite=True)) == [old]


def test_pictures(tmp_path: Path) -> None:
    assert picture_of(tmp_path / "a.wav", f"{tmp_path}/", in_folder=True) == tmp_path / "a.png"
    with pytest.raises(SettingsError, match="need a folder"):
        picture_of(tmp_path / "a.wav", "one.png", in_folder=True)
    with pytest.raises(SettingsError, match=r"\.png"):
        picture_of(tmp_path / "a.wav", "one.gif", in_folder=False)
    path, _ = made(tmp_path, "a.wav", "old.png")
    with pytest.raises(InputError, match="exists"):
        places_of(Wanted([path], str(tmp_path / "b.wav"), plot=str(tmp_path / "old.png")), to_recordings())
