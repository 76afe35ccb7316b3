import pytest

from ligeia.bench.codec import CodecError
from ligeia.bench.installed import answer, first_line, program_path


def test_missing_program_says_what_would_bring_it(no_programs):
    with pytest.raises(CodecError, match=r"^opusenc is not installed \(Debian: apt-get install opus-tools\)$"):
        program_path("opusenc")
    with pytest.raises(CodecError, match="apt-get install lame"):
        answer("lame", "--version")


def test_answers_come_from_both_outputs_and_are_asked_for_once(program, tmp_path):
    path = program("askme", f'echo "v $1"; echo more >&2; echo x >> {tmp_path}/asked')
    assert program_path("askme") == str(path)
    assert answer("askme", "1") == "v 1\nmore\n"
    assert first_line("askme", "1") == "v 1"
    assert (tmp_path / "asked").read_text() == "x\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [("exit 3", "askme does not run: .*status 3"), ("", "askme does not say which version it is")],
)
def test_programs_that_do_not_answer(program, script, reason):
    program("askme", script)
    with pytest.raises(CodecError, match=reason):
        first_line("askme", script)


def test_program_that_hangs(program, monkeypatch):
    program("askme", "exec sleep 30")
    monkeypatch.setattr("ligeia.bench.installed.PATIENCE", 0.1)
    with pytest.raises(CodecError, match=r"askme: no answer within 0\.1 s"):
        answer("askme")
