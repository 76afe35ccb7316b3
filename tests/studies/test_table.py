"""Finding studies by name."""

import pytest

from ligeia.errors import InputError
from ligeia.studies.table import STUDIES, study_named


def test_names() -> None:
    assert study_named("sine_a4") is STUDIES["sine_a4"]
    with pytest.raises(InputError, match="unknown study 'x'; there are: sine_a4"):
        study_named("x")
