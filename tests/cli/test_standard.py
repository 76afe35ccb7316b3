"""Standard streams that are closed, or full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ligeia
from ligeia.cli import standard
from ligeia.errors import SettingsError

START = f"{sys.executable} -c 'from ligeia.cli.main import run; run()' "
posix = pytest.mark.skipif(os.name != "posix", reason="descriptors of a shell")


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line in which LIGEIA stands for the command."""
    line = line.replace("LIGEIA ", START)
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def memo(tmp_path: Path) -> Path:
    sound = ligeia.Audio([[0.3 * (number % 50 - 25) / 25 for number in range(8000)]], 8000)
    ligeia.write_audio(tmp_path / "a.wav", sound)
    (tmp_path / "a.lig").write_bytes(ligeia.encode(ligeia.read_audio(tmp_path / "a.wav")))
    return tmp_path


@posix
@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("LIGEIA encode - -o b.lig <&-", "standard input is closed"),
        ("LIGEIA info - <&-", "standard input is closed"),
        ("LIGEIA encode a.wav -o - >&-", "standard output is closed"),
        ("LIGEIA decode a.lig -o - >&-", "standard output is closed"),
    ],
)
def test_a_closed_stream_is_wrong_usage(memo: Path, line: str, word: str) -> None:
    done = shell(line, memo)
    assert done.returncode == 2
    assert word in done.stderr
    assert done.stderr.count("\n") == 1


@posix
def test_results_need_no_standard_streams(memo: Path) -> None:
    done = shell("LIGEIA encode a.wav -o b.lig <&- >&- 2>&-", memo)
    assert done.returncode == 0
    assert (memo / "b.lig").read_bytes() == (memo / "a.lig").read_bytes()
    done = shell("LIGEIA score --reference a.wav --estimate a.lig --metrics snr >&-", memo)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("line", ["info a.lig", "info a.lig --json", "encode a.wav -o b.lig"])
def test_a_full_standard_output_is_named(memo: Path, line: str) -> None:
    done = shell(f"LIGEIA {line} > /dev/full", memo)
    assert done.returncode == 1
    assert "cannot write standard output" in done.stderr
    assert "TMPDIR" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("ligeia: ")  # nothing follows when the program ends


def test_streams_that_python_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SettingsError, match="input is closed"):
        standard.standard_input()
    with pytest.raises(SettingsError, match="output is closed"):
        standard.standard_output()


@posix
def test_names_steer_no_terminal(memo: Path) -> None:
    for name in (b"ev\x1b]0;title\x07il.wav", b"no text \xff.wav"):
        (memo / os.fsdecode(name)).write_bytes((memo / "a.wav").read_bytes())
    for locale in ("C", "C.UTF-8"):
        done = shell(f"PYTHONIOENCODING=ascii LC_ALL={locale} LIGEIA encode *.wav -o {locale}/", memo)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout + done.stderr
        assert r"ev\x1b]0;title\x07il.lig" in done.stdout


def test_what_is_plain_is_printed_as_it_is() -> None:
    text = "Bär — 小\tx\ny"
    assert standard.printable(text) == text
    assert standard.printable("a\u202eb\udcff\x9b") == r"a\u202eb\udcff\x9b"
