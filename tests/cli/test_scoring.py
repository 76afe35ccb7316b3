"""Results of many pairs: means of what is defined, and an interruption that loses nothing."""

from math import inf, isnan, nan
from pathlib import Path
from types import SimpleNamespace

import pytest

from ligeia.cli.pairing import Pair, Pairing
from ligeia.cli.scoring import Results, compare_folders, facts_of
from ligeia.corpus.actions.score import Comparison
from ligeia.errors import InputError

COMPARISON = Comparison(("snr",), None, "kept", True, 0.5)


def pairing(*names: str) -> Pairing:
    return Pairing(tuple(Pair(name, Path(name), Path(name)) for name in names), {}, (), ())


def results(*values: float) -> Results:
    made = Results(pairing(), ("snr",))
    made.scores = {str(number): {"snr": value} for number, value in enumerate(values)}  # type: ignore[assignment,misc]
    return made


def test_mean_and_median_of_what_is_defined() -> None:
    assert (results(1.0, nan, 4.0).mean("snr"), results(1.0, nan, 4.0).median("snr")) == (2.5, 2.5)
    assert results(1.0, inf, 3.0).mean("snr") == 2.0, "one perfect pair would hide the others"
    assert results(1.0, inf, inf).median("snr") == inf
    assert results(inf, inf).mean("snr") == inf
    assert isnan(results(nan).mean("snr"))
    assert isnan(results().median("snr"))


def test_what_goes_wrong_with_one_pair_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def scores(comparison: Comparison, reference: Path, estimate: Path) -> object:
        if str(reference) == "bad":
            raise InputError("it is\nbroken")
        if str(reference) == "huge":
            raise MemoryError
        if str(reference) == "stop":
            raise KeyboardInterrupt
        return SimpleNamespace(as_dict=lambda: {"values": {"snr": 1.0}}, __getitem__=None)

    monkeypatch.setattr("ligeia.cli.scoring.scores_of", scores)
    found = compare_folders(pairing("bad", "huge", "good", "stop", "later"), COMPARISON, None)
    assert found.errors == {"bad": "it is broken", "huge": "not enough memory for this"}
    assert list(found.scores) == ["good"]
    assert found.interrupt is not None
    assert not found.complete
    monkeypatch.setattr(Results, "values", lambda self, metric: [])
    pairs = {pair["name"]: pair["error"] for pair in facts_of(found, Path("a"), Path("b"))["pairs"]}
    assert pairs["good"] is None
    assert pairs["later"] == "not reached"


def test_complete() -> None:
    assert Results(pairing(), ()).complete
    assert not Results(Pairing((), {}, ("a.wav",), ()), ()).complete
    assert not Results(pairing(), (), errors={"a": "broken"}).complete
