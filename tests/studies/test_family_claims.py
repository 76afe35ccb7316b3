"""Verdicts on the thesis's conclusions: by rows alone, and none without them."""

from ligeia.records.journal import Row
from ligeia.studies.family_claims import CLAIMS, Claim, Runs, claims_table, judged, runs_of, verdict
from ligeia.studies.family_setups import SETUPS
from ligeia.studies.run import STUDIES

CLAIM = Claim(conclusion="wide is better", study="ablations", better="wide", worse="pi_gan")


def made_row(setup: str, mse: float | None, seed: int = 0) -> Row:
    metrics = {} if mse is None else {"mse": mse}
    return {"cell": {"setup": setup, "data": "keyboard", "seed": seed}, "metrics": metrics, "error": None}


def test_claims_are_about_setups_of_their_study() -> None:
    for claim in CLAIMS:
        setups = STUDIES[claim.study].sizes["laptop"].setups
        assert {claim.better, claim.worse} <= set(setups) <= set(SETUPS)
    assert len(set(CLAIMS)) == len(CLAIMS)


def of(*values: float, first_seed: int = 0) -> Runs:
    return Runs(dict(enumerate(values, first_seed)))


def test_no_verdict_without_rows() -> None:
    assert verdict(of(), of(1.0, 1.1)) == "no rows"
    assert runs_of([made_row("wide", None)], "wide", "keyboard", "mse").values == []  # it diverged
    table = claims_table({})
    assert {line[-1] for line in table.lines} == {"no rows"}
    assert len(table.lines) == len(CLAIMS)
    assert list(claims_table({}, with_rows=True).lines) == []


def test_a_lead_counts_beyond_three_standard_errors() -> None:
    near, far, spread = of(1.0, 1.1, 0.9), of(3.0, 3.1, 2.9, first_seed=5), of(0.5, 1.1, 1.7, first_seed=5)
    assert verdict(near, far) == "holds"
    assert verdict(far, near) == "does not hold"
    assert verdict(near, spread) == "undecided"
    assert verdict(far, near, lower=False) == "holds"
    assert verdict(near, of(3.0)) == "holds"  # with the deviation of the other


def test_runs_of_the_same_seed_are_compared_with_each_other() -> None:
    better, worse = of(1.0, 3.0, 9.0), of(1.2, 3.5, 10.9)
    assert verdict(better, worse) == "holds"
    assert verdict(better, Runs({10 + seed: value for seed, value in worse.by_seed.items()})) == "undecided"
    assert verdict(of(-1.0, 1.0, 0.0), of(-2.0, 0.1, -1.1), lower=False) == "holds"


def test_single_runs_decide_only_where_they_lie_far_apart() -> None:
    assert verdict(of(1.0), of(2.0)) == "undecided"
    assert verdict(of(1.0), of(4.0)) == "holds"
    assert verdict(of(4.0), of(1.0)) == "does not hold"


def test_a_line_has_what_is_published_and_what_is_found() -> None:
    rows = [made_row("wide", 0.002), made_row("pi_gan", 0.004), made_row("pi_gan", 0.006, seed=1)]
    line = judged(CLAIM, rows)
    assert line["published"] == "1.64 ± 0.03 / 4.48 ± 1.02"
    assert line["rows"] == "2.00 (1) / 5.00 ± 1.41 (2)"
    assert line["verdict"] == "undecided"
