"""Verdicts on the thesis's conclusions: by rows alone, and none without them."""

from ligeia.records.journal import Row
from ligeia.studies.family_claims import CLAIMS, Claim, Runs, claims_table, judged, runs_of, verdict
from ligeia.studies.family_setups import SETUPS
from ligeia.studies.run import STUDIES

CLAIM = Claim(conclusion="wide is better", study="ablations", better="wide", worse="pi_gan")


def made_row(setup: str, mse: float | None) -> Row:
    metrics = {} if mse is None else {"mse": mse}
    return {"cell": {"setup": setup, "data": "keyboard", "seed": 0}, "metrics": metrics, "error": None}


def test_claims_are_about_setups_of_their_study() -> None:
    for claim in CLAIMS:
        setups = STUDIES[claim.study].sizes["laptop"].setups
        assert {claim.better, claim.worse} <= set(setups) <= set(SETUPS)
    assert len(set(CLAIMS)) == len(CLAIMS)


def test_no_verdict_without_rows() -> None:
    assert verdict(Runs(()), Runs((1.0, 1.1))) == "no rows"
    assert runs_of([made_row("wide", None)], "wide", "keyboard", "mse").values == ()  # it diverged
    table = claims_table({})
    assert {line[-1] for line in table.lines} == {"no rows"}
    assert len(table.lines) == len(CLAIMS)


def test_a_lead_counts_beyond_three_standard_errors() -> None:
    near, far, spread = Runs((1.0, 1.1, 0.9)), Runs((3.0, 3.1, 2.9)), Runs((0.5, 1.1, 1.7))
    assert verdict(near, far) == "holds"
    assert verdict(far, near) == "does not hold"
    assert verdict(near, spread) == "undecided"
    assert verdict(far, near, lower=False) == "holds"
    assert verdict(near, Runs((3.0,))) == "holds"  # with the deviation of the other


def test_single_runs_decide_only_where_they_lie_far_apart() -> None:
    assert verdict(Runs((1.0,)), Runs((2.0,))) == "undecided"
    assert verdict(Runs((1.0,)), Runs((4.0,))) == "holds"
    assert verdict(Runs((4.0,)), Runs((1.0,))) == "does not hold"


def test_a_line_has_what_is_published_and_what_is_found() -> None:
    rows = [made_row("wide", 0.002), made_row("pi_gan", 0.004), made_row("pi_gan", 0.006)]
    line = judged(CLAIM, rows)
    assert line["published"] == "1.64 ± 0.03 / 4.48 ± 1.02"
    assert line["rows"] == "2.00 (1) / 5.00 ± 1.41 (2)"
    assert line["verdict"] == "undecided"
