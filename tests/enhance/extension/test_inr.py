import numpy as np

from ligeia.audio.signal import Audio
from ligeia.enhance.extension.inr import Rendered


def test_a_tone_is_rendered_between_its_samples() -> None:
    seconds = np.arange(8000) / 8000
    sound = Rendered(Audio(np.sin(2 * np.pi * 3000 * seconds)[None], 8000), 44100)
    inside = slice(4410, -4410)
    truth = np.sin(2 * np.pi * 3000 * np.arange(44100) / 44100)[inside]
    error = sound.read(0, 44100)[0, inside] - truth
    assert 10 * np.log10(np.square(error).sum() / np.square(truth).sum()) < -80


def test_hours_need_no_more_than_a_part() -> None:
    class Hour:
        rate, channels, sample_count = 8000, 1, 8000 * 3600
        most = 0

        def read(self, start: int, stop: int) -> np.ndarray:
            start, stop, _ = slice(start, stop).indices(self.sample_count)
            self.most = max(self.most, stop - start)
            return np.sin(np.arange(start, stop) * 0.7)[None].astype(np.float32)

    hour = Hour()
    samples = Rendered(hour, 16000).read(57_500_000, 57_516_000)
    np.testing.assert_allclose(samples[0, ::2], np.sin(np.arange(28_750_000, 28_758_000) * 0.7), rtol=0, atol=1e-4)
    assert hour.most < 40_000
