"""The command among others: pipes, terminals, completion."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import ligeia as library

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia

LIGEIA = f"'{sys.executable}' -c 'from ligeia.cli.main import run; run()'"
posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in which `ligeia` is the command of this checkout."""
    program = f'ligeia() {{ {LIGEIA} "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", program], cwd=folder, capture_output=True, timeout=300)


@pytest.fixture
def loud(tmp_path: Path) -> Path:
    """A second of sound, part of it above full scale."""
    path = tmp_path / "loud.wav"
    library.write_audio(path, library.Audio(1.2 * np.sin(np.arange(8000) / 7)[None], 8000), subtype="FLOAT")
    return path


@posix
def test_a_recording_goes_through_pipes_and_comes_back(loud: Path, tmp_path: Path) -> None:
    library.write_audio(tmp_path / "a.wav", library.Audio(0.3 * np.sin(np.arange(8000) / 7)[None], 8000))
    assert library.encode(library.read_audio(tmp_path / "a.wav"))  # the line below gives the same bytes
    done = shell(
        "set -o pipefail; cat a.wav | ligeia encode - -o - | tee a.lig | ligeia decode - -o - > b.wav", tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert (tmp_path / "a.lig").read_bytes() == library.encode(library.read_audio(tmp_path / "a.wav"))
    assert library.read_audio(tmp_path / "b.wav").sample_count == 8000
    assert done.stderr.count(b"wrote") == 2


@posix
def test_substitution_and_dev_stdin(loud: Path, tmp_path: Path) -> None:
    (tmp_path / "a.lig").write_bytes(library.encode(library.read_audio(loud)))
    done = shell("ligeia info <(cat a.lig) --json && ligeia info /dev/stdin --json < a.lig", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b'"sample_count": 8000') == 2


@posix
def test_a_reader_that_leaves_is_no_fault(loud: Path, tmp_path: Path) -> None:
    (tmp_path / "a.lig").write_bytes(library.encode(library.read_audio(loud)))
    for line in ("info a.lig --json", "decode a.lig -o -", "encode loud.wav -o -"):
        done = shell(f"ligeia {line} | true; exit ${{PIPESTATUS[0]}}", tmp_path)
        assert done.returncode in (0, 1, 141), done
        assert b"Traceback" not in done.stderr
        assert b"Exception" not in done.stderr


def test_the_shell_completes_verbs_and_options(tmp_path: Path) -> None:
    def completed(words: str) -> list[str]:
        position = str(len(words.split()) - 1)
        environment = {**os.environ, "_LIGEIA_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": position}
        program = "import sys; sys.argv[0] = 'ligeia'; from ligeia.cli.main import run; run()"
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120).stdout.split()

    assert {"decode", "denoise"} <= set(completed("ligeia de"))
    assert {"--quality", "--quiet", "--quantisation-aware"} <= set(completed("ligeia encode --qu"))


def test_a_sound_above_full_scale_is_told_where_whole_numbers_are_written(
    ligeia: "Ligeia", loud: Path, tmp_path: Path
) -> None:
    stream = tmp_path / "a.lig"
    assert ligeia("encode", loud, "-o", stream, "--quality", 10).code == 0
    clipped = ligeia("decode", stream, "-o", tmp_path / "a.wav")
    assert clipped.code == 0
    assert "samples beyond full scale were clipped, the loudest at 1.2" in clipped.line
    for options in (["--subtype", "FLOAT"],):
        assert ligeia("decode", stream, "-o", tmp_path / "b.wav", *options).err == ""


def test_max_seconds(ligeia: "Ligeia", tmp_path: Path) -> None:
    stream = tmp_path / "a.lig"
    stream.write_bytes(library.encode(library.Audio(np.zeros((1, 8000 * 300)), 8000)))
    assert ligeia("decode", stream, "-o", tmp_path / "a.wav", "--max-seconds", "5:00").code == 0
    short = ligeia("decode", stream, "-o", tmp_path / "b.wav", "--max-seconds", "4:59")
    assert short.code == 1
    assert "--max-seconds 300" in short.line
    assert not (tmp_path / "b.wav").exists()


@posix
def test_families_and_enhancers_write_to_pipes(tmp_path: Path) -> None:
    library.write_audio(tmp_path / "a.wav", library.Audio(0.3 * np.sin(np.arange(8000) / 7)[None], 8000))
    lines = (
        "ligeia sample notes --pitch 60 --seconds 0.5 -o - --lig | tee s.lig | ligeia info -",
        "ligeia sample notes --pitch 60 --seconds 0.5 -o - > s.wav",
        "cat a.wav | ligeia denoise - -o - --method gate > d.wav",
    )
    done = shell(f"set -o pipefail; {' && '.join(lines)}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{(tmp_path / 's.lig').stat().st_size:,} bytes a stream".encode() in done.stderr
    assert b"standard output: 1 sound(s)" in done.stderr
    assert library.read_audio(tmp_path / "s.wav").seconds == 0.5
    assert library.read_audio(tmp_path / "d.wav").sample_count == 8000
