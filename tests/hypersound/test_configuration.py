from pathlib import Path

import pytest

from ligeia.errors import InputError
from ligeia.hypersound.configuration import (
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
    path = written(tmp_path, 'base = "paper"\n[model]\ntarget = { width = 26 }\n[training]\nsteps = 7\n')
    mine, paper = read_configuration(path), named("paper")
    assert (mine.model.target, mine.training.steps) == ({**paper.model.target, "width": 26}, 7)
    assert (mine.model.norm, mine.training.betas) == (paper.model.norm, paper.training.betas)
    assert mine.data == paper.data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('base = "papyrus"', "unknown configuration 'papyrus'; there are: .*paper"),
        ("base = 3", "base must be the name of a configuration"),
        ("[modle]", "unknown table 'modle'"),
        ('base = "paper"\n[loss]\nsize = [3]', r"mine.toml \[loss\]: setting 'size' is unknown; did you mean sizes"),
        ('base = "tiny"\n[loss]\nsizes = [4096]', r"sizes in \[loss\]: a transform of 4096 does not fit"),
        ('base = "paper"\n[evaluation]\nmetrics = ["snrr"]', "unknown metric 'snrr'"),
        ("[data", "cannot read the configuration"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_configuration(written(tmp_path, text))


def test_missing_and_huge_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read the configuration .*none\.toml: No such file"):
        read_configuration(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"papr: No such file or directory; did you mean paper\?"):
        read_configuration(Path("papr"))
    with pytest.raises(InputError, match="is not a configuration: it has"):
        read_configuration(written(tmp_path, "#" * 2**20 + "\n"))


def test_files_go_before_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert configuration_path("tiny").parent.name == "configs"
    (tmp_path / "tiny").write_text("")
    assert configuration_path("tiny") == Path("tiny")
    assert configuration_path("none.toml") == Path("none.toml")


@pytest.mark.parametrize("name", configuration_names())
def test_shipped_configurations_say_what_they_are(name: str) -> None:
    first = configuration_path(name).read_text().partition("\n")[0]  # what `ligeia train --list` shows
    assert first.startswith("# ")
    assert len(first) > 20
    named(name)
