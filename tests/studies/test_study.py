"""What every study promises: a name, both sizes, cells that are plain data and differ."""

import json

import pytest

from ligeia.studies.study import Study
from ligeia.studies.table import STUDIES


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_studies_are_whole(study: Study) -> None:
    assert {"laptop", "paper"} <= set(study.sizes) <= {"laptop", "hour", "paper"}
    assert study.question.endswith("?")
    assert study.source
    for config in study.sizes.values():
        cells = [json.dumps(cell, sort_keys=True) for cell in study.cells(config)]
        assert cells
        assert len(cells) == len(set(cells))
