import numpy as np
import pytest
from made_kinds import babble, chord

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.transform.presets import CENTROID_SPREAD, SOFT_SHARE, centroid_spread, soft_share, spoken


def test_signs_of_made_sounds():
    assert soft_share(babble(16000)) > SOFT_SHARE
    assert centroid_spread(babble(16000)) > CENTROID_SPREAD
    assert soft_share(chord(16000)) == 0
    assert centroid_spread(chord(16000)) < 0.1


@pytest.mark.parametrize("gain", [1e-6, 1.0, 1e3])
def test_the_volume_does_not_matter(gain):
    louder = Audio(gain * babble(16000).samples, 16000)
    assert soft_share(louder) == pytest.approx(soft_share(babble(16000)), abs=0.01)
    assert centroid_spread(louder) == pytest.approx(centroid_spread(babble(16000)), abs=0.01)


@pytest.mark.parametrize(("samples", "rate"), [(0, 16000), (1, 16000), (7, 1), (3, 2), (100, 30), (16000, 16000)])
def test_silence_and_next_to_nothing_have_no_sign(samples, rate):
    sound = Audio(np.zeros((1, samples)), rate)
    assert soft_share(sound) == centroid_spread(sound) == 0
    assert not spoken(sound, surely=True)


def test_recordings(data_folder):
    for name, surely in (("speech/LJ001-0005.flac", True), ("speech/ls_clean_103-1240-0000.flac", True)):
        assert spoken(ligeia.read_audio(data_folder / name), surely=surely)
    for name in ("music/stk_West.flac", "music/max_piano.flac", "music/sms_singing-female.flac"):
        assert not spoken(ligeia.read_audio(data_folder / name), surely=False)
