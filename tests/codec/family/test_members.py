"""Members in numpy are what the decoders of torch make."""

import numpy as np
import pytest
import torch

from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr
from ligeia.codec.family.lapped import LappedSettings
from ligeia.codec.family.members import KINDS, kind_of, layout_of
from ligeia.codec.family.model import FamilyModel, with_digest
from ligeia.codec.family.settings import SETTINGS
from ligeia.codec.family.wavegan import WaveGanSettings
from ligeia.codec.family.wavegan_members import convolved
from ligeia.latent.decoders import decoder_kind
from ligeia.latent.decoders.decoder import grid

SAMPLES = 1500
WHOLE = {
    "lapped": LappedSettings(code=12, frame_size=64, stretches=2, borders=(16,), ranks=(3, 3, 3, 3)),
    "wavegan": WaveGanSettings(code=5, width=2, first=6, factors=(4, 4, 4, 4), kernel=5, filter=16),
}


def _family(settings):
    decoder = decoder_kind(settings.kind)(settings, SAMPLES, seed=3)
    codes = np.random.default_rng(0).standard_normal((4, settings.code)).astype(np.float32)
    arrays = {name: value.detach().numpy() for name, value in decoder.state_dict().items()}
    model = FamilyModel(
        name="m", kind=settings.kind, settings=settings.table(), rate=8000, samples=SAMPLES, codes=codes, arrays=arrays
    )
    return with_digest(model), decoder, codes


@pytest.mark.parametrize("kind", WHOLE)
def test_samples_are_those_of_the_decoder(kind) -> None:
    model, decoder, codes = _family(WHOLE[kind])
    with torch.no_grad():
        expected = decoder(torch.from_numpy(codes), grid(SAMPLES)).numpy()
    layout = layout_of(model, SAMPLES)
    for code, samples in zip(codes, expected, strict=True):
        found = member_inr(model, [Member(code)], layout).render().samples[0]
        assert np.abs(found - samples).max() < 2e-5 * np.abs(samples).max()


def test_convolutions_are_those_of_torch() -> None:
    random = np.random.default_rng(1)
    maps, weight = random.standard_normal((3, 20)), random.standard_normal((2, 3, 4))
    padded = torch.nn.functional.pad(torch.from_numpy(maps), (2, 1))
    expected = torch.nn.functional.conv1d(padded[None], torch.from_numpy(weight))[0].numpy()
    assert np.abs(convolved(maps, weight, (2, 1)) - expected).max() < 1e-12


def test_every_kind_in_the_table_has_settings() -> None:
    made = {name for name in KINDS if name.startswith("made")}
    assert KINDS.keys() - made <= SETTINGS.keys()
    model = _family(WHOLE["wavegan"])[0]
    assert kind_of(model) is KINDS["wavegan"]
