from made_rows import ENVIRONMENTS, METRICS, benchmark, failure, row

from ligeia.bench.report import environment_table, failure_table, note_table, undefined_table, version_table


def test_failures_are_counted_with_examples() -> None:
    rows = [failure(f"speech/{name}.flac", "mp3:16", "lame: no") for name in "abcde"]
    rows += [failure("speech/a.flac", "dac:44khz", "not installed"), row()]
    assert failure_table(rows).lines == (
        ("dac", "not installed", "dac:44khz on speech/a.flac", "1"),
        (
            "mp3",
            "lame: no",
            "mp3:16 on speech/a.flac, mp3:16 on speech/b.flac, mp3:16 on speech/c.flac and 2 more",
            "5",
        ),
    )


def test_undefined_values_with_reasons() -> None:
    rows = [row(codec=codec, reasons={"stoi": "too short", "unheard of": "x"}) for codec in ("opus:6", "opus:24")]
    (line,) = undefined_table(rows, METRICS).lines
    assert line == ("stoi", "too short", "opus:6 on speech/a.flac, opus:24 on speech/a.flac", "2")


def test_notes() -> None:
    (line,) = note_table(benchmark()).lines
    assert line == ("mp3", "decoded at 48000 Hz", "mp3:16 on speech/c.flac", "1")


def test_versions_are_said_once() -> None:
    rows = [row(codec=codec, version="opusenc 1") for codec in ("opus:6", "opus:24")]
    rows += [row("speech/b.flac", "opus:6", version="opusenc 2"), failure("speech/a.flac", "dac:44khz")]
    assert version_table(rows).lines == (("opus:6, opus:24", "opusenc 1"), ("opus:6", "opusenc 2"))


def test_environments_are_those_that_rows_name() -> None:
    rows = [row(), row("speech/b.flac"), row("speech/c.flac", environment="lost")]
    assert environment_table(rows, ENVIRONMENTS | {"unused": {"a": 1}}).lines == (
        ("a1b2c3", "rows", "2"),
        ("a1b2c3", "ligeia", "0.1"),
        ("a1b2c3", "machine", "2 x AMD EPYC"),
        ("a1b2c3", "packages", "numpy 2.0, scipy 1.15"),
        ("a1b2c3", "commit", "unknown"),
        ("lost", "rows", "1"),
        ("lost", "", "not recorded"),
    )
