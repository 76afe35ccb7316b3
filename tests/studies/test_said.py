"""Values in tables."""

from ligeia.studies.said import mean_said, said


def test_one_value() -> None:
    assert [said(value) for value in (1.23456, "inf", None)] == ["1.235", "inf", "undefined"]


def test_means_leave_out_what_is_no_number() -> None:
    assert mean_said([1.0, None, 2.0, "inf"]) == "1.500"
    assert mean_said([None]) == "undefined"
