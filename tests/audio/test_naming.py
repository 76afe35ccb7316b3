"""Names of results."""

from pathlib import Path

import pytest

from ligeia.audio.naming import Naming, to_format, to_recordings, to_streams


@pytest.mark.parametrize(
    ("naming", "name", "result"),
    [
        (to_streams(), "a.b.wav", "a.b.lig"),
        (to_format(".flac"), "a.lig", "a.flac"),
        (to_recordings(), "a.FLAC", "a.FLAC"),
        (to_recordings(), "a.mp3", "a.wav"),
    ],
)
def test_results_are_named_after_their_sources(naming: Naming, name: str, result: str) -> None:
    assert naming.name(Path(name)) == result
    assert Path(name).suffix.lower() in naming.takes
