"""Tests of the one function that takes models of every kind."""

import numpy as np
import pytest

import ligeia
from ligeia.codec.family.finding import find_family, is_named_family
from ligeia.embedding import embed
from ligeia.errors import InputError
from ligeia.latent.embedding import embed_family
from ligeia.metrics.waveform import si_sdr

RATE = 16000
NOTE = ligeia.Audio(np.sin(2 * np.pi * 330 * np.arange(4000) / RATE)[None].astype(np.float32) / 4, RATE)


def test_a_family_is_a_model_like_others() -> None:
    inr = embed(NOTE, "notes")
    assert inr.sample_count == NOTE.sample_count
    assert si_sdr(reference=NOTE.samples[0], estimate=inr.render().samples[0], rate=RATE) > 20


@pytest.mark.parametrize("setting", [{"refine": 1}, {"ratio": 16.0}, {"device": "cpu"}])
def test_settings_of_other_kinds_are_refused(setting) -> None:
    with pytest.raises(InputError, match="has no use for"):
        embed(NOTE, "notes", **setting)


def test_a_name_that_is_none() -> None:
    assert is_named_family("notes")
    assert not is_named_family("hypersound")
    with pytest.raises(InputError):
        embed(NOTE, "nothing")


def test_codes_in_closed_form_have_no_steps() -> None:
    with pytest.raises(InputError, match="no steps to limit"):
        embed_family(NOTE, find_family("notes"), steps=5)
