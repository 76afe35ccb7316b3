import pytest

import ligeia
from ligeia.errors import FitError, FormatError, InputError, LigeiaError, MissingExtra


@pytest.mark.parametrize("kind", [InputError, FormatError, FitError, MissingExtra])
def test_one_root_catches_everything_raised_on_purpose(kind):
    assert issubclass(kind, LigeiaError)
    assert not issubclass(kind, ValueError | OSError)


def test_the_kinds_do_not_catch_each_other():
    kinds = [InputError, FormatError, FitError, MissingExtra]
    assert not [(a, b) for a in kinds for b in kinds if a is not b and issubclass(a, b)]


def test_fit_error_carries_the_best_so_far():
    best = object()
    error = FitError("it diverged", best)
    assert error.best is best
    assert str(error) == "it diverged"
    assert FitError("it diverged").best is None


def test_missing_extra_says_what_to_install():
    error = MissingExtra("pytorch-optimizer", "search")
    assert 'pip install "ligeia[search]"' in str(error)
    assert (error.package, error.extra) == ("pytorch-optimizer", "search")
    assert "\n" not in str(error)


def test_the_package_exports_the_same_classes():
    names = ("LigeiaError", "InputError", "FormatError", "FitError", "MissingExtra")
    home = (LigeiaError, InputError, FormatError, FitError, MissingExtra)
    assert tuple(getattr(ligeia, name) for name in names) == home
