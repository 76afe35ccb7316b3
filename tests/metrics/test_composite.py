"""The composite measures: the formulas, their limits, one PESQ for six values, and noisy and denoised speech."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ligeia.audio.reading import read_audio
from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics import composite, pesq
from ligeia.metrics.composite import (
    CompositeParts,
    cbak,
    cbak_unclipped,
    composite_parts,
    covl,
    covl_unclipped,
    csig,
    csig_unclipped,
)
from ligeia.metrics.metric import Compare

UNCLIPPED = [csig_unclipped, cbak_unclipped, covl_unclipped]
CLIPPED = [csig, cbak, covl]
SOUND = np.random.default_rng(0).standard_normal(16000)
PAIR: dict[str, Any] = {"reference": SOUND, "estimate": SOUND, "rate": 16000}


def with_parts(monkeypatch: pytest.MonkeyPatch, *values: float) -> None:
    """Puts made-up PESQ, LLR, WSS and segmental SNR in the place of measured ones."""
    monkeypatch.setattr(composite, "composite_parts", lambda **_: CompositeParts(*values))


def test_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    with_parts(monkeypatch, 2.0, 0.5, 30.0, 4.0)
    assert csig_unclipped(**PAIR) == pytest.approx(3.093 - 0.5145 + 1.206 - 0.27)
    assert cbak_unclipped(**PAIR) == pytest.approx(1.634 + 0.956 - 0.21 + 0.252)
    assert covl_unclipped(**PAIR) == pytest.approx(1.594 + 1.61 - 0.256 - 0.21)
    for clipped, unclipped in zip(CLIPPED, UNCLIPPED, strict=True):
        assert clipped(**PAIR) == unclipped(**PAIR)


def test_opinions_are_from_one_to_five(monkeypatch: pytest.MonkeyPatch) -> None:
    with_parts(monkeypatch, 1.0, 4.0, 300.0, -10.0)
    assert [metric(**PAIR) for metric in CLIPPED] == [1, 1, 1]
    with_parts(monkeypatch, 4.6, 0.0, 0.0, 35.0)
    assert [metric(**PAIR) for metric in CLIPPED] == [5, 5, 5]


def test_identity() -> None:
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    highest = 0.999 + 4 / (1 + np.exp(3.8224 - 1.3669 * 4.5))  # P.862.2, for a raw score of 4.5
    assert composite_parts(**PAIR) == pytest.approx((highest, 0, 0, 35), abs=1e-6)
    assert csig_unclipped(**PAIR) == pytest.approx(3.093 + 0.603 * highest, abs=1e-6)
    assert cbak_unclipped(**PAIR) == pytest.approx(1.634 + 0.478 * highest + 0.063 * 35, abs=1e-6)
    assert covl_unclipped(**PAIR) == pytest.approx(1.594 + 0.805 * highest, abs=1e-6)
    assert [metric(**PAIR) for metric in CLIPPED] == [5, 5, 5]


def test_one_pesq_for_six_values(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    asked = []

    def measured(*arguments: object) -> float:
        asked.append(arguments)
        return 3.0

    monkeypatch.setattr(pesq, "measured", measured)
    pair = {**PAIR, "estimate": 0.123 * SOUND}  # a pair that no other test asks for
    for metric in UNCLIPPED + CLIPPED:
        assert metric(**pair) > 1
    assert len(asked) == 1


@pytest.mark.parametrize("metric", UNCLIPPED + CLIPPED, ids=lambda metric: metric.__name__)
def test_no_value(metric: Compare) -> None:
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    with pytest.raises(UndefinedScore, match="the estimate is silent"):
        metric(reference=SOUND, estimate=np.zeros(16000), rate=16000)
    with pytest.raises(UndefinedScore, match="shorter than a quarter"):
        metric(reference=[1.0], estimate=[1.0], rate=16000)
    with pytest.raises(InputError, match="16000 Hz only, got 8000"):
        metric(reference=SOUND, estimate=SOUND, rate=8000)


@pytest.mark.slow
def test_denoising_helps(data_folder: Path) -> None:
    # Noisy speech of VoiceBank-DEMAND beside what CMGAN makes of it, which is better by all three in every clip.
    # Over all 824 clips noisy speech has CSIG 3.35, CBAK 2.44 and COVL 2.63; these 14 are a little less noisy.
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    scores: dict[str, list[list[float]]] = {"noisy": [], "cmgan": []}
    for path in sorted((data_folder / "noisy_speech").glob("*_clean.flac")):
        clean = read_audio(path)
        for kind, rows in scores.items():
            other = read_audio(path.with_name(path.name.replace("clean", kind)))
            rows.append([m(reference=clean.samples[0], estimate=other.samples[0], rate=16000) for m in CLIPPED])
    noisy, denoised = (np.array(rows) for rows in scores.values())
    assert (denoised >= noisy).all()
    assert noisy.mean(axis=0) == pytest.approx([3.35, 2.44, 2.63], abs=0.5)
