from pathlib import Path

import pytest

from ligeia.errors import InputError
from ligeia.training.configurations import Configurations, check_tables


def shipped(folder: Path, **files: str) -> Configurations:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return Configurations(folder)


def test_settings_on_top_of_a_base_on_top_of_another(tmp_path):
    kind = shipped(
        tmp_path,
        ground="[data]\nrate = 1\n[loss]\na = 1\nb = 2\n",
        middle='base = "ground"\n[loss]\nb = 3\n',
        top='base = "middle"\n[loss]\nc = 4\n',
    )
    assert kind.names() == ["ground", "middle", "top"]
    assert kind.tables(kind.file_of("top")) == {"data": {"rate": 1}, "loss": {"a": 1, "b": 3, "c": 4}}


def test_what_does_not_go_with_a_change_is_dropped(tmp_path):
    shipped(tmp_path, ground='[net]\nkind = "a"\nwidth = 3\n', other='base = "ground"\n[net]\nkind = "b"\n')

    def drop(below, above):
        if "kind" in above.get("net", {}):
            below["net"] = {}

    kind = Configurations(tmp_path, drop)
    assert kind.tables(kind.file_of("other")) == {"net": {"kind": "b"}}
    assert kind.merged({"net": {"kind": "a", "width": 3}}, {"net": {"width": 4}}) == {"net": {"kind": "a", "width": 4}}


def test_circles_and_unknown_names_are_refused(tmp_path):
    kind = shipped(tmp_path, a='base = "b"\n', b='base = "a"\n')
    with pytest.raises(InputError, match="is its own base"):
        kind.tables(kind.file_of("a"))
    with pytest.raises(InputError, match="unknown configuration 'c'; there are: a, b"):
        kind.file_of("c")
    with pytest.raises(InputError, match="unknown table 'lose'; there are: data, loss"):
        check_tables({"lose": {}}, {"loss", "data"}, "here")


def test_names_joined_lie_on_top_of_each_other(tmp_path):
    kind = shipped(tmp_path, a="[x]\np = 1\nq = 1\n", b="[x]\nq = 2\n", c='base = "a+b"\n[x]\nr = 3\n')
    assert kind.joined("b+a") == {"x": {"p": 1, "q": 1}}
    assert kind.tables(kind.file_of("c")) == {"x": {"p": 1, "q": 2, "r": 3}}
    with pytest.raises(InputError, match="unknown configuration ''"):
        kind.joined("a+")
