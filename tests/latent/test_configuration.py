"""Configurations of families by name, and mistakes in them."""

from dataclasses import replace
from pathlib import Path

import pytest

from ligeia.codec.family.film import FilmSettings
from ligeia.errors import InputError
from ligeia.latent.configuration import (
    SHIPPED,
    configuration_names,
    configuration_path,
    named,
    read_configuration,
)


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_a_base_is_changed_setting_by_setting(tmp_path: Path) -> None:
    mine = read_configuration(
        written(tmp_path, 'base = "paper"\n[decoder]\nfirst_omega = 9.0\n[training]\nsteps = 7\n')
    )
    paper = named("paper")
    assert isinstance(mine.decoder, FilmSettings)
    assert (mine.decoder.first_omega, mine.training.steps) == (9.0, 7)
    assert (mine.decoder.hidden_omega, mine.training.optimiser) == (245.0, "adabelief")
    assert (mine.data, mine.codes, mine.loss) == (paper.data, paper.codes, paper.loss)


def test_another_kind_of_decoder_states_all_of_its_settings(tmp_path: Path) -> None:
    mine = read_configuration(written(tmp_path, 'base = "paper"\n[decoder]\nkind = "im_net"\ncode = 7\n'))
    assert (mine.decoder.kind, mine.decoder.code) == ("im_net", 7)
    same = read_configuration(written(tmp_path, 'base = "paper"\n[decoder]\nkind = "film"\ncode = 7\n'))
    assert same.decoder == replace(named("paper").decoder, code=7)


def test_names_joined(tmp_path: Path) -> None:
    joined = named("tiny+keyboard")
    assert (joined.data.selection, joined.decoder.code) == ("keyboard", named("tiny").decoder.code)
    assert read_configuration(Path("tiny+keyboard")) == joined
    with pytest.raises(InputError, match="unknown configuration 'keybord'; there are: "):
        named("tiny+keybord")


def test_changes_table_by_table() -> None:
    changed = named("paper", {"decoder": {"widths": (8, 8)}, "data": {"selection": None}, "training": {"steps": 3}})
    assert isinstance(changed.decoder, FilmSettings)
    assert (changed.decoder.widths, changed.data.selection, changed.training.steps) == ((8, 8), None, 3)
    assert changed.on(None) is changed
    assert changed.on(Path("there")).data.folder == Path("there")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('base = "papyrus"', "unknown configuration 'papyrus'; there are: .*paper"),
        ("[decoder]\ncode = 3", r"mine.toml \[decoder\]: kind is missing: it names the decoder"),
        ('[decoder]\nkind = "flim"', "unknown decoder 'flim'; there are: film"),
        ('base = "paper"\n[decoder]\nwidth = 3', r"\[decoder\]: setting 'width' is unknown; did you mean widths"),
        ('base = "paper"\n[losses]', "unknown table 'losses'"),
        ('base = "paper"\n[loss]\npoints = 16001', "at most the 16000 samples of a sound, got 16001; 0 means all"),
        ('base = "paper"\n[codes]\nbatch = 1025', r"batch in \[codes\] must be at most the 1024 items"),
        ('base = "paper"\n[training]\nprecision = "float16"', 'cannot be "float16"'),
        ('base = "paper"\n[evaluation]\nkeep = "first"', "keep must be one of last, best"),
        ('base = "paper"\n[evaluation]\nitems = -1', "items must lie between"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_configuration(written(tmp_path, text))


def test_missing_files() -> None:
    with pytest.raises(InputError, match=r"papr: No such file or directory; did you mean paper\?"):
        read_configuration(Path("papr"))


@pytest.mark.parametrize("name", configuration_names())
def test_shipped_configurations_say_what_they_are(name: str) -> None:
    first = configuration_path(name).read_text().partition("\n")[0]  # what `ligeia train --list` shows
    assert first.startswith("# ")
    assert 20 < len(first) <= 160
    tables = SHIPPED.tables(SHIPPED.file_of(name))
    named(name if "decoder" in tables and "kind" in tables["decoder"] else f"pi_gan+{name}")
