import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from ligeia.cli import output

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


def test_the_file_is_what_the_json_says(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.lig"
    outcome = ligeia("encode", tone, "-o", target, "--network", "dense", "--kbps", 40, "--steps", 30, "--json")
    assert outcome.code == 0
    facts = json.loads(outcome.out)
    assert facts["bytes"] == target.stat().st_size
    assert facts["kbps"] <= 40
    assert facts["pcm16_ratio"] == pytest.approx(target.stat().st_size / (1600 * 2 * 2))
    assert outcome.err == ""


@pytest.mark.parametrize("options", [[], ["--network", "dense", "--steps", 5]])
def test_people_get_three_lines(ligeia: "Ligeia", tone: Path, tmp_path: Path, options: list[object]) -> None:
    outcome = ligeia("encode", tone, "-o", tmp_path / "a.lig", *options)
    assert [line.split()[0] for line in outcome.out.splitlines()] == ["wrote", "SNR", "time"]


def test_time_is_that_of_the_clock_until_the_file_is_there(
    ligeia: "Ligeia", tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, kept = tmp_path / "a.lig", output.keep

    def slow(*words: object, **options: object) -> None:
        time.sleep(0.4)
        kept(*words, **options)

    monkeypatch.setattr(output, "keep", slow)
    assert json.loads(ligeia("encode", tone, "-o", target, "--json").out)["elapsed_seconds"] >= 0.4


def test_the_same_seed_gives_the_same_bytes(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.lig", "b.lig", "c.lig")]
    for file, seed in zip(files, (7, 7, 8), strict=True):
        ligeia("encode", tone, "-o", file, "--network", "dense", "--steps", 10, "--seed", seed)
    first, same, other = (file.read_bytes() for file in files)
    assert first == same
    assert first != other


@pytest.mark.parametrize("options", [[], ["--network", "dense", "--steps", 300]])
def test_a_target_snr_is_reached(ligeia: "Ligeia", tone: Path, tmp_path: Path, options: list[object]) -> None:
    facts = json.loads(ligeia("encode", tone, "-o", tmp_path / "a.lig", "--snr", 15, "--json", *options).out)
    assert facts["snr_db"] >= 15


def test_a_silent_recording_stays_silent(ligeia: "Ligeia", tmp_path: Path) -> None:
    source, target, back = tmp_path / "silence.wav", tmp_path / "a.lig", tmp_path / "b.wav"
    soundfile.write(source, np.zeros((3000, 2)), 44100)
    assert ligeia("encode", source, "-o", target, "--json").code == 0
    assert target.stat().st_size < 100
    assert ligeia("decode", target, "-o", back).code == 0
    samples, rate = soundfile.read(back)
    assert (samples.shape, rate) == ((3000, 2), 44100)
    assert not samples.any()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kbps", "0"], "kbps must lie between"),
        (["--kbps", "-3"], "kbps must lie between"),
        (["--kbps", "1e12"], "kbps must lie between"),
        (["--kbps", "nan"], "kbps must lie between"),
        (["--network", "dense", "--steps", "0"], "steps must lie between"),
        (["--network", "dense", "--steps", "1000000000000"], "steps must lie between"),
        (["--quality", "11"], "quality must lie between"),
        (["--snr", "1000"], "snr must lie between"),
        (["--network", "dense", "--width", "0"], "width must lie between"),
        (["--network", "dense", "--width", "1000000"], "width must lie between"),
        (["--kbps", "8", "--snr", "10"], "one of kbps, quality and snr"),
        (["--network", "dense", "--kbps", "8", "--width", "10"], "the width decides the size"),
        (["--network", "dense", "--snr", "10", "--checkpoint", "state"], "cannot be kept in one checkpoint"),
        (["--preset", "none"], "unknown preset"),
        (["--steps", "5"], "name the network dense"),
        (["--checkpoint", "state"], "a checkpoint is for the network dense"),
        (["--network", "lapped", "--preset", "fine"], "whose presets are speech"),
        (["--network", "none"], "unknown network"),
    ],
)
def test_absurd_settings_are_one_line(
    ligeia: "Ligeia", tone: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    target = tmp_path / "a.lig"
    outcome = ligeia("encode", tone, "-o", target, *options)
    assert outcome.code == 2
    assert said in outcome.line
    assert not target.exists()


def test_a_note_says_what_is_out_of_reach(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    outcome = ligeia("encode", tone, "-o", tmp_path / "a.lig", "--kbps", 0.1)
    assert outcome.code == 0
    assert outcome.line.startswith("note: 0.1 kbps is out of reach")


def bad_recordings(folder: Path) -> dict[str, Path]:
    """Files that no recording can be read from."""
    wav = folder / "whole.wav"
    soundfile.write(wav, np.sin(np.arange(4000) / 9), 8000)
    whole = wav.read_bytes()
    contents = {
        "empty.wav": b"",
        "text.wav": b"dear diary, today I was renamed\n" * 40,
        "truncated.wav": whole[:3000],
        "header-only.wav": whole[:30],
        "truncated.flac": _flac(folder)[:700],
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder.wav").mkdir()
    soundfile.write(folder / "none.wav", np.zeros(0), 8000)
    for name, value in (("nan.wav", np.nan), ("inf.wav", np.inf)):
        samples = np.zeros(500, np.float32)
        samples[77] = value
        soundfile.write(folder / name, samples, 8000, subtype="FLOAT")
    names = [*contents, "folder.wav", "none.wav", "nan.wav", "inf.wav", "missing.wav"]
    return {name: folder / name for name in names}


def _flac(folder: Path) -> bytes:
    path = folder / "whole.flac"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 4000), 8000)
    return path.read_bytes()


@pytest.mark.parametrize("verb", ["encode", "fit"])
def test_bad_recordings_are_one_line_and_nothing_is_written(ligeia: "Ligeia", tmp_path: Path, verb: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, path in bad_recordings(folder).items():
        target = tmp_path / f"{name}.lig"
        outcome = ligeia(verb, path, "-o", target)
        assert outcome.code == 1, (name, outcome)
        assert outcome.line.startswith("ligeia: "), name
        assert not target.exists(), name
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


def test_an_existing_output_is_refused_before_the_work(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.lig"
    target.write_bytes(b"precious")
    started = time.monotonic()
    outcome = ligeia("encode", tone, "-o", target, "--network", "dense", "--steps", 1_000_000)
    assert time.monotonic() - started < 30
    assert (outcome.code, target.read_bytes()) == (1, b"precious")
    assert "--force" in outcome.line
    assert ligeia("encode", tone, "-o", target, "--force").code == 0
    assert target.read_bytes()[:3] == b"LIG"


def test_an_output_in_no_folder_is_one_line(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    assert ligeia("encode", tone, "-o", tmp_path / "no" / "a.lig").code == 1


def test_wrong_usage_is_2(ligeia: "Ligeia", tone: Path) -> None:
    assert ligeia("encode").code == 2
    assert ligeia("encode", tone, "-o", "x.lig", "--steps", "many").code == 2


# Where these tests run in the background of a shell, children would begin with the signal ignored.
WATCHED = """
import signal
from ligeia.cli import main, progress
signal.signal(signal.SIGINT, signal.default_int_handler)
progress.SECONDS_BETWEEN_LINES = 0.1
main.run()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_leaves_nothing_and_is_130(tone: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "a.lig"
    target.parent.mkdir()
    command = [sys.executable, "-c", WATCHED, "encode", str(tone), "-o", str(target)]
    with subprocess.Popen(
        [*command, "--network", "dense", "--steps", "1000000"], stderr=subprocess.PIPE, text=True, env=os.environ
    ) as child:
        assert child.stderr is not None
        assert "%" in child.stderr.readline()  # the first line of progress: the fit is running
        child.send_signal(signal.SIGINT)
        rest = child.stderr.read()
        assert child.wait(timeout=60) == 130
    assert "interrupted" in rest
    assert list(target.parent.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_keeps_the_state_of_a_checkpoint(tone: Path, tmp_path: Path) -> None:
    target, state = tmp_path / "a.lig", tmp_path / "state"
    command = [sys.executable, "-c", WATCHED, "fit", str(tone), "-o", str(target), "--checkpoint", str(state)]
    with subprocess.Popen([*command, "--steps", "1000000"], stderr=subprocess.PIPE, text=True, env=os.environ) as child:
        assert child.stderr is not None
        assert any("fitting" in line for line in child.stderr)  # notes come before
        child.send_signal(signal.SIGINT)
        rest = child.stderr.read()
        assert child.wait(timeout=60) == 130
    assert f"the same command continues from {state}" in rest
    assert (state / "last.safetensors").is_file()
    assert not target.exists()


def test_a_checkpoint_is_gone_after_success(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert (
        ligeia(
            "encode", tone, "-o", tmp_path / "a.lig", "--network", "dense", "--steps", 5, "--checkpoint", folder
        ).code
        == 0
    )
    assert not folder.exists()


@pytest.mark.parametrize("verb", ["encode", "fit"])
def test_the_recording_itself_is_never_the_output(ligeia: "Ligeia", tone: Path, verb: str) -> None:
    before = tone.read_bytes()
    outcome = ligeia(verb, tone, "-o", tone, "--force")
    assert (outcome.code, "it is the recording itself" in outcome.line) == (1, True)
    assert tone.read_bytes() == before
