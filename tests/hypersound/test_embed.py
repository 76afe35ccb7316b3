"""`embed`: sounds of any length, rate and number of channels become INRs that need no model."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ligeia
from ligeia.audio.signal import Audio
from ligeia.errors import Cancelled, InputError
from ligeia.hypersound.channels import joined, side_by_side
from ligeia.hypersound.embed import embed_stream
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.refine import settings
from ligeia.hypersound.shipped import find_model, shipped_models
from ligeia.hypersound.weights import save_model

RATE = 8000
SIREN = {"width": 4, "depth": 2, "init": {"first_bound": 30.0, "bias": "half_turn"}}
FIXED = {"width": 2, "depth": 2, "first_width": 9, "fixed_first": 40.0}


def noise(samples: int, channels: int = 1, rate: int = RATE, seed: int = 0) -> Audio:
    drawn = np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, samples))
    return Audio(drawn * np.linspace(0.2, 1, channels)[:, None], rate)


@pytest.fixture
def model_file(tiny, tmp_path):
    """Writes an untrained model with changes to its config, and returns its file."""

    def make(**changes):
        path = tmp_path / "model.safetensors"
        save_model(path, HyperSound(tiny(**changes), seed=3), {}, overwrite=True)
        return path

    return make


def test_the_inr_is_what_the_model_says_segment_by_segment(tiny, model_file):
    sound, model = noise(500), HyperSound(tiny(), seed=3)
    inr = ligeia.embed(sound, model_file())
    pieces = inr.segments.split(sound.samples)[:, 0]
    assert pieces.shape == (inr.segments.count, tiny().samples)
    assert inr.gains == pytest.approx(np.abs(pieces).max(1), rel=1 / 128)  # bfloat16
    peaks = np.abs(pieces).max(1, keepdims=True)
    with torch.no_grad():
        said = model(torch.from_numpy(pieces / peaks)).numpy() * peaks
    assert np.abs(inr.render().samples - inr.segments.join(said[:, None])).max() < 1e-4


@pytest.mark.parametrize("network", ["fmlp", "siren", "fixed", "finer"])
def test_channels_stand_side_by_side(network, model_file):
    target = {"fmlp": {"width": 5, "depth": 3, "octaves": 3}, "siren": SIREN, "fixed": FIXED, "finer": {"width": 3}}
    path = model_file(network="siren" if network == "fixed" else network, target=target[network])
    sound = noise(300, channels=3)
    together = ligeia.embed(sound, path)
    assert together.channels == 3
    for channel, samples in enumerate(sound.samples):
        alone = ligeia.embed(Audio(samples[None], RATE), path).render().samples[0]
        assert np.abs(together.render().samples[channel] - alone).max() < 1e-4


def test_channels_that_share_a_fixed_layer_cost_no_zeros(tiny):
    spec = tiny(network="siren", target=FIXED).spec()
    wide = side_by_side(spec, 2)
    numbers = {name: torch.ones(1, *shape) for name, shape in spec.shapes().items()}
    zeros = sum(int((value == 0).sum()) for value in joined(spec, wide, [numbers, numbers]).values())
    assert zeros == 2 * 2  # of the output layer alone
    assert side_by_side(spec, 1) is spec


def test_a_network_that_cannot_hold_several_says_so(model_file):
    path = model_file(network="local", target={"windows": 2})
    assert ligeia.embed(noise(300), path).channels == 1
    with pytest.raises(InputError, match="networks of local cannot stand side by side for 2 channels; mix"):
        ligeia.embed(noise(300, channels=2), path)


def test_a_sound_of_another_rate_keeps_its_duration(model_file):
    sound = noise(11025 // 3, rate=11025)
    inr = ligeia.embed(sound, model_file())
    assert inr.rate == RATE
    assert abs(inr.seconds - sound.seconds) < 1 / RATE
    assert abs(inr.render(rate=11025).sample_count - sound.sample_count) <= 2


@pytest.mark.parametrize("samples", [1, 7, 80, 81, 150, 151])
def test_any_length(samples, model_file):
    inr = ligeia.embed(noise(samples), model_file())
    assert inr.sample_count == samples
    assert np.isfinite(inr.render().samples).all()


def test_silence_costs_nothing_and_stays_silent(model_file):
    silent = np.zeros((2, 900))
    silent[0, 600:] = noise(300).samples
    inr = ligeia.embed(Audio(silent, RATE), model_file())
    assert inr.gains[0] == 0
    assert inr.gains[-1] > 0
    out = inr.render().samples
    assert not out[0, :500].any()
    assert not out[1].any()  # the silent channel of audible segments
    assert not ligeia.embed(Audio(np.zeros((1, 500)), RATE), model_file()).gains.any()


def test_the_stream_is_the_inr_and_needs_no_model(model_file):
    path, sound = model_file(), noise(700, channels=2)
    stream, report = embed_stream(sound, path)
    inr = ligeia.embed(sound, path)
    path.unlink()
    decoded = ligeia.decode(stream)
    assert np.array_equal(decoded.render().samples, inr.render().samples)
    error = inr.render().samples - sound.samples
    snr_db = 10 * np.log10(np.square(sound.samples).sum() / np.square(error).sum())
    assert report.snr_db == pytest.approx(snr_db, abs=1e-3)
    assert not report.notes


def test_fewer_bits_make_it_smaller_and_hardly_worse(model_file):
    path, sound = model_file(network="siren", target=SIREN), noise(700)
    exact, (stream, report) = embed_stream(sound, path), embed_stream(sound, path, bits=8)
    assert len(stream) < len(exact[0])  # tiny networks: most bytes are tables and checksums
    assert report.snr_db == pytest.approx(exact[1].snr_db, abs=0.5)
    with pytest.raises(InputError, match="bits must lie between"):
        embed_stream(sound, path, bits=1)


def test_a_higher_rate_is_noted(model_file):
    _, report = embed_stream(noise(900, rate=44100), model_file())
    assert "what lies above 4000 Hz is not in them" in report.notes[0]


def test_refining_lowers_the_error_and_is_repeatable(model_file):
    path, sound = model_file(network="siren", target=SIREN), noise(300)
    written, refined, again = (ligeia.embed(sound, path, refine=steps) for steps in (0, 20, 20))
    assert refined.report["snr_db"] > written.report["snr_db"] + 0.1
    assert refined.report["steps"] == 20
    assert all(np.array_equal(refined.parameters[name], again.parameters[name]) for name in refined.parameters)


def test_one_step_is_a_step() -> None:
    assert settings(1, seed=0, device="cpu").steps == 1


def test_groups_give_the_same_as_one(model_file, monkeypatch):
    path, sound = model_file(), noise(2000)
    whole = ligeia.embed(sound, path)
    monkeypatch.setattr("ligeia.hypersound.embed.GROUP", 3)
    assert np.abs(ligeia.embed(sound, path).render().samples - whole.render().samples).max() < 1e-5


def test_progress_rises_and_cancels(model_file, monkeypatch):
    monkeypatch.setattr("ligeia.hypersound.embed.GROUP", 3)
    seen = []
    ligeia.embed(noise(2000), model_file(), refine=2, on_progress=seen.append)
    assert seen[-1].done == 1
    assert [now.done for now in seen] == sorted(now.done for now in seen)

    def stop(_):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        ligeia.embed(noise(2000), model_file(), on_progress=stop)


@pytest.mark.parametrize(
    ("sound", "match"),
    [
        (Audio(np.zeros((1, 0)), RATE), "no samples"),
        (Audio(np.full((1, 200), 1e30), RATE), "cannot be stored"),
    ],
)
def test_sounds_that_cannot_be_embedded(sound, match, model_file):
    with pytest.raises(InputError, match=match):
        embed_stream(sound, model_file())


def test_a_name_is_no_sound(model_file):
    with pytest.raises(TypeError, match="a sound is an Audio"):
        embed_stream("speech.wav", model_file())


def test_models_that_are_none(model_file, tmp_path):
    path = model_file()
    with pytest.raises(InputError, match="no file nonsense, and no model of that name"):
        find_model("nonsense")
    with pytest.raises(InputError, match="speech is a model of the codec"):
        find_model("speech")
    with pytest.raises(InputError, match="is a folder"):
        find_model(tmp_path)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="damaged"):
        ligeia.embed(noise(300), cut)
    contexts = Path(ligeia.__file__).parent / "codec" / "transform" / "speech.safetensors"
    with pytest.raises(InputError, match="not a HyperSound model"):
        ligeia.embed(noise(300), contexts)
    with pytest.raises(InputError, match="at least 0"):
        ligeia.embed(noise(300), path, refine=-1)
    with pytest.raises(InputError, match=r"samples beyond .* cannot be stored, one is .*: scale the sound down"):
        ligeia.embed(Audio(noise(300).samples * np.float32(1e30), RATE), path)


def test_a_file_goes_before_a_name(model_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model_file().rename("hypersound")
    assert find_model("hypersound") == Path("hypersound")


def test_shipped_models_have_cards() -> None:
    assert all(model.card and model.size < 15e6 for model in shipped_models())


def test_a_dictionary_of_atoms_writes_in_few_numbers(model_file):
    sound = noise(4000, channels=2)
    inr = ligeia.embed(sound, "atoms", ratio=20)
    assert inr.spec.name == "lapped"
    assert (inr.rate, inr.channels, inr.sample_count) == (16000, 2, 8000)
    assert inr.report["numbers"] <= 16000 / 20
    with pytest.raises(InputError, match="refine must be 0"):
        ligeia.embed(sound, "atoms", refine=1)
    with pytest.raises(InputError, match="ratio is for dictionaries"):
        ligeia.embed(sound, model_file(), ratio=20)
