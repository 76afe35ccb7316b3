import shutil
from importlib.metadata import EntryPoint

import pytest

from ligeia.bench import plugins
from ligeia.bench.codec import Usage, name_of
from ligeia.bench.plugins import from_entry_point, from_path, plug_ins
from ligeia.errors import InputError


class Copy:
    """The smallest codec from outside."""

    family, suffix, lossless = "whatever", ".copy", True

    def __init__(self, setting):
        if setting == "bad":
            raise InputError("copy takes anything but bad")
        self.setting = str(1 / int(setting)) if setting.isdigit() else setting

    def version(self):
        return "copy 1"

    def encode(self, wav, encoded, timeout):
        shutil.copyfile(wav, encoded)
        return Usage(timeout, None)

    def decode(self, encoded, wav, timeout):
        return self.encode(encoded, wav, timeout)

    def payload_bytes(self, encoded):
        return 7


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A module `outside_codecs` that can be imported."""
    text = "ready = made = stepped = None\nbroken = 3\nclass Group: inner = None\n"
    (tmp_path / "outside_codecs.py").write_text(text)
    (tmp_path / "outside_broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    import outside_codecs as module

    stepped = type("Stepped", (Copy,), {"ladder": ("2", 3)})
    module.made, module.ready, module.stepped, module.Group.inner = Copy, Copy(""), stepped, Copy
    return module


def test_a_codec_is_used_as_it_is(outside, write_tone, tmp_path):
    (codec,) = from_path("outside_codecs:ready")
    assert name_of(codec) == "python:outside_codecs:ready"
    wav = write_tone(8000)
    assert codec.encode(wav, tmp_path / "a.copy", 5) == Usage(5, None)
    codec.decode(tmp_path / "a.copy", tmp_path / "b.wav", 5)
    assert (tmp_path / "b.wav").read_bytes() == wav.read_bytes()
    assert (codec.suffix, codec.lossless, codec.version(), codec.payload_bytes(wav)) == (".copy", True, "copy 1", 7)


def test_a_factory_gets_the_setting(outside):
    for path in ("outside_codecs:made:5", "outside_codecs:Group.inner:5", "outside_codecs:made"):
        (codec,) = from_path(path)
        assert name_of(codec) == f"python:{path}"


def test_a_factory_may_have_a_ladder(outside):
    assert [codec.setting for codec in from_path("outside_codecs:stepped")] == ["2", "3"]
    assert [codec.setting for codec in from_path("outside_codecs:stepped:9")] == ["9"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("outside_codecs", "name a plug-in as python:package.module:attribute, got python:outside_codecs"),
        (":made", "name a plug-in as"),
        ("nosuch_module:made", "the plug-in nosuch_module:made does not load: ModuleNotFoundError"),
        ("outside_broken:made", "does not load: ZeroDivisionError: division by zero"),
        ("outside_codecs:none", "does not load: AttributeError"),
        ("outside_codecs:broken", "gives no codec: it has no suffix, lossless, version, encode"),
        ("outside_codecs:ready:5", "python:outside_codecs:ready takes no setting, got '5'"),
        ("outside_codecs:made:0", "failed with the setting '0': ZeroDivisionError"),
        ("outside_codecs:made:bad", "^copy takes anything but bad$"),
    ],
)
def test_plug_ins_that_are_none(outside, path, reason):
    with pytest.raises(InputError, match=reason):
        from_path(path)


def test_entry_points(outside, monkeypatch):
    point = EntryPoint("mine", "outside_codecs:made", plugins.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] if group == "ligeia.codecs" else [])
    assert plug_ins() == {"mine": point}
    (codec,) = from_entry_point("mine", "5")
    assert name_of(codec) == "mine:5"
