from pathlib import Path

import pytest

import ligeia
from ligeia.cli.written import facts_of, keep, lines_of
from ligeia.codec.report import EncodeReport
from ligeia.errors import InputError

REPORT = EncodeReport(snr_db=20.0, fit_snr_db=21.0, steps=7, seconds=1.5)


def stream() -> bytes:
    return ligeia.encode(ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 200], 8000))


def test_facts_are_those_of_the_stream() -> None:
    made = stream()
    facts = facts_of(Path("a.lig"), made, REPORT)
    assert facts["bytes"] == len(made)
    assert facts["pcm16_ratio"] == len(made) / 1600
    assert facts["kbps"] == pytest.approx(len(made) * 8 / 0.1 / 1000)
    assert (facts["snr_db"], facts["elapsed_seconds"]) == (20.0, 1.5)
    assert [name for name, _ in lines_of(facts)] == ["wrote", "SNR", "time"]


def test_the_checkpoint_goes_only_once_the_stream_is_safe(tmp_path: Path) -> None:
    folder, target = tmp_path / "state", tmp_path / "a.lig"
    folder.mkdir()
    (folder / "fit.json").write_text("{}")
    target.write_bytes(b"precious")
    with pytest.raises(InputError):
        keep(target, b"new", overwrite=False, checkpoint=folder)
    assert (folder / "fit.json").exists()
    keep(target, b"new", overwrite=True, checkpoint=folder)
    assert target.read_bytes() == b"new"
    assert not folder.exists()
