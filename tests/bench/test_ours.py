import subprocess
import sys

import pytest

from ligeia.audio.reading import read_audio
from ligeia.bench.codec import CodecError
from ligeia.bench.ours import HIGHEST, LOWEST, NETWORKS, ligeia
from ligeia.codec import settings
from ligeia.codec.parameters.presets import PRESETS as KNOWN
from ligeia.codec.settings import MAX_KBPS, MIN_KBPS
from ligeia.errors import InputError


def test_presets_and_rates_are_those_of_the_codec():
    assert settings.NETWORKS == NETWORKS
    assert (LOWEST, HIGHEST) == (MIN_KBPS, MAX_KBPS)


def test_settings():
    assert ligeia("24.0").setting == "24"
    assert ligeia("speech@16.0").setting == "speech@16"
    for setting in ("", "best", "0.01", "200000", "best@16", "speech@", "@16", "siren@none"):
        with pytest.raises(InputError, match=r"ligeia takes speech, .*fine, .* kbit/s from 0.1 to 100000"):
            ligeia(setting)


def test_naming_it_does_not_load_torch():
    program = (
        "import sys; from ligeia.bench.ours import ligeia; ligeia('fine').version(); assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program], check=True).returncode == 0


def test_versions():
    assert ligeia("standard").version().endswith("; preset standard, seed 0, device auto")
    assert ligeia("24").version().endswith("; kbps 24, seed 0, device auto")
    assert ligeia("music@24").version().endswith("; preset music, kbps 24, seed 0, device auto")
    assert ligeia("siren@24").version().endswith("; network siren, kbps 24, seed 0, device auto")


@pytest.mark.parametrize(
    ("setting", "rate", "channels"),
    [("16", 8000, 1), ("draft", 8000, 2), ("waveform@24", 8000, 2), ("siren@16", 8000, 1)],
)
def test_there_and_back(write_tone, tmp_path, setting, rate, channels, monkeypatch):
    # Five steps are enough here: the fit has its own tests.
    monkeypatch.setattr(
        "ligeia.codec.parameters.presets.BY_NAME", {p.name: p.__class__(**{**vars(p), "steps": 5}) for p in KNOWN}
    )
    codec, wav = ligeia(setting), write_tone(rate, channels)
    usage = codec.encode(wav, tmp_path / "a.lig", 60)
    codec.decode(tmp_path / "a.lig", tmp_path / "b.wav", 60)
    before, after = read_audio(wav), read_audio(tmp_path / "b.wav")
    assert (after.rate, after.channels, after.frames) == (rate, channels, before.frames)
    assert usage.seconds > 0
    payload, total = codec.payload_bytes(tmp_path / "a.lig"), (tmp_path / "a.lig").stat().st_size
    assert 0.5 * total < payload < total


def test_files_that_cannot_be_used(tmp_path):
    (tmp_path / "garbage").write_bytes(b"garbage")
    with pytest.raises(CodecError, match=r"^ligeia: cannot read"):
        ligeia("draft").encode(tmp_path / "none.wav", tmp_path / "a.lig", 20)
    for name in ("garbage", "none"):
        with pytest.raises(CodecError, match=r"^ligeia: "):
            ligeia("draft").decode(tmp_path / name, tmp_path / "b.wav", 20)
        assert ligeia("draft").payload_bytes(tmp_path / name) is None
