import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ligeia.audio.reading import read_audio

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


def test_a_recording_at_a_higher_rate(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    target = tmp_path / "wide.flac"
    outcome = ligeia("extend", tone, "-o", target, "--rate", 16000, "--method", "inr", "--json")
    facts = json.loads(outcome.out)
    assert outcome.err == ""
    assert (facts["method"], facts["rate_before"], facts["rate"]) == ("inr", 8000, 16000)
    assert facts["added_hz"] is None
    wide = read_audio(target)
    assert (wide.rate, wide.channels, wide.sample_count) == (16000, 2, 3200)


def test_for_people(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    outcome = ligeia("extend", tone, "-o", tmp_path / "a.wav", "--rate", 16000, "--method", "inr")
    assert outcome.line == "note: band-limited: nothing is added above 4000 Hz"
    assert "times real time" in outcome.out
    assert "0 to 4000 Hz, as given" in outcome.out


def test_a_picture(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "a.png"
    arguments = ("extend", tone, "-o", tmp_path / "a.wav", "--rate", 16000, "--method", "inr", "--plot", picture)
    outcome = ligeia(*arguments)
    assert outcome.code == 0
    assert f"picture  {picture}" in outcome.out
    assert picture.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (["--rate", 16000, "--method", "inr", "--seed", 1], 2, "inr has no use for seed"),
        (["--rate", 16000, "--strength", 2], 2, "--strength"),
        (["--rate", 8000], 1, "nothing to extend"),
        (["--rate", 4000], 1, "must be above that of the sound"),
        (["--rate", -5], 2, "positive whole number"),
        (["--rate", 16000, "--method", "magic"], 2, "not a valid method"),
    ],
)
def test_bad_requests(
    ligeia: "Ligeia", tone: Path, tmp_path: Path, options: list[object], code: int, reason: str
) -> None:
    target = tmp_path / "a.wav"
    outcome = ligeia("extend", tone, "-o", target, *options)
    assert outcome.code == code
    assert reason in outcome.err
    assert not target.exists()


def test_methods_are_listed(ligeia: "Ligeia") -> None:
    outcome = ligeia("extend", "--list")
    assert outcome.code == 0
    assert "inr" in outcome.out


def test_several_recordings_go_to_a_folder(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.wav"
    other.write_bytes(tone.read_bytes())
    outcome = ligeia("extend", tone, other, "-o", f"{tmp_path}/wide/", "--rate", 12000, "--method", "inr", "--json")
    assert [facts["sample_count"] for facts in json.loads(outcome.out)["recordings"]] == [2400, 2400]
    assert {path.name for path in (tmp_path / "wide").iterdir()} == {"tone.wav", "other.wav"}
