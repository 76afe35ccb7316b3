"""The table of denoisers: its material, its gains, and variants that come from one fit."""

import numpy as np
import pytest
import torch

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising import dnp_fit
from ligeia.enhance.denoising.denoise import METHODS
from ligeia.enhance.denoising.wave_unet import WaveUNet
from ligeia.errors import InputError
from ligeia.metrics.waveform import snr
from ligeia.studies import denoise_table
from ligeia.studies.denoise_table import CONFIG, VARIANTS, Config

SMALL = Config(seconds=0.5, metrics=("segmental_snr", "si_sdr"))


@pytest.fixture(autouse=True)
def no_recordings(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))


def test_noise_has_its_level_and_the_clip_its_length():
    clean, noisy, name = denoise_table.pair(SMALL, "white", 0, 0.5)
    assert (clean.seconds, name) == (0.5, "made speech 0")
    assert snr(reference=clean.samples[0], estimate=noisy.samples[0], rate=16000) == pytest.approx(0.7, abs=1e-3)
    with pytest.raises(InputError, match="there are 0 pairs"):
        denoise_table.pair(SMALL, "demand", 0, None)


def test_every_method_can_be_found():
    own = {"noisy", "cmgan", "wiener with the true spectrum of the noise", *VARIANTS}
    for config in CONFIG.values():
        named = {*config.methods, *config.aside, *config.demand, *(name.partition(", ")[0] for name in config.slow)}
        assert named <= own | METHODS.keys()


def test_gains_are_over_the_noisy_clip():
    row = denoise_table.measure(SMALL, {"noise": "white", "method": "noisy", "clip": 0, "seconds": 0.5})
    assert row["gains"] == {"gain segmental_snr": 0, "gain si_sdr": 0}
    wiener = "wiener with the true spectrum of the noise"
    better = denoise_table.measure(SMALL, {"noise": "white", "method": wiener, "clip": 0, "seconds": 0.5})
    gain = better["metrics"]["si_sdr"] - row["metrics"]["si_sdr"]
    assert better["gains"]["gain si_sdr"] == pytest.approx(gain)
    assert gain > 1


def test_all_outputs_of_the_deep_prior_come_from_one_fit(monkeypatch):
    made = []

    def small() -> WaveUNet:
        torch.manual_seed(0)
        made.append(WaveUNet(levels=3, channels=4))
        return made[-1]

    monkeypatch.setattr(dnp_fit, "WaveUNet", small)
    cells = [
        {"noise": "white", "method": name, "clip": 1, "seconds": 0.1, "steps": 50} for name in ("dnp", "dnp, wiener")
    ]
    rows = [denoise_table.measure(SMALL, cell) for cell in cells]
    assert len(made) == 1
    assert rows[0]["metrics"] != rows[1]["metrics"]
    assert rows[0]["facts"]["steps"] == 50


def test_full_scale_changes_the_level_alone():
    clean, noisy, name = denoise_table.pair(SMALL, "white", 0, 0.02)
    plain, full = (
        denoise_table._denoised(SMALL, {"method": method, "steps": 1, "recipe": "siren-notebook"}, clean, noisy, name)[
            0
        ]
        for method in ("siren-paper", "siren-paper, saved at full scale")
    )
    assert isinstance(plain, Audio)
    assert np.abs(full.samples).max() == pytest.approx(1)
    assert np.corrcoef(plain.samples[0], full.samples[0])[0, 1] == pytest.approx(1)


def test_published_gains_are_those_of_table_1():
    row = {"cell": {"method": "hypersound", "noise": "white"}}
    assert denoise_table.published_gains(row) == "+4.01 / +0.015 / +0.057"
    assert denoise_table.published_gains({"cell": {"method": "gate", "noise": "white"}}) is None
