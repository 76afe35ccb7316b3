"""The one table of studies."""

from ligeia.errors import InputError
from ligeia.studies import (
    activations,
    duration,
    omega,
    omega_search,
    perception,
    siamese_compression,
    siamese_tables,
    sine_a4,
    upper_bound,
    width_depth,
)
from ligeia.studies.study import Study

STUDIES: dict[str, Study] = {
    module.STUDY.name: module.STUDY
    for module in (
        sine_a4,
        width_depth,
        duration,
        perception,
        siamese_tables,
        siamese_compression,
        omega,
        omega_search,
        upper_bound,
        activations,
    )
}


def study_named(name: str) -> Study:
    """The study called `name`, or `InputError` that lists what there is."""
    if name not in STUDIES:
        raise InputError(f"unknown study {name!r}; there are: {', '.join(STUDIES)}")
    return STUDIES[name]
