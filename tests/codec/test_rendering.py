"""A stream on its way to a recording."""

from io import BytesIO

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.decode import decode
from ligeia.codec.encode import encode
from ligeia.codec.rendering import Rendered, rendering
from ligeia.codec.source import Source
from ligeia.errors import FormatError

STREAM = encode(Audio(0.3 * np.sin(np.arange(4000) / 3)[None], 8000))


def test_the_pieces_are_the_sound() -> None:
    found = rendering(Source(BytesIO(STREAM)), Rendered(rate=4000, start=0.1))
    assert (found.rate, found.channels, found.sample_count) == (4000, 1, 1600)
    samples = np.concatenate(list(found.pieces), axis=1)
    np.testing.assert_allclose(samples, decode(STREAM).render(4000, start=0.1).samples, rtol=0, atol=1e-5)


def test_damage_shows_before_anything_is_computed() -> None:
    with pytest.raises(FormatError):
        rendering(Source(BytesIO(STREAM[:-9])), Rendered())
    assert rendering(Source(BytesIO(STREAM[:-9])), Rendered(salvage=True)).sample_count == 4000
