"""What must work where torch is not installed, and what must say so in one line; run by `test_architecture`."""

import sys
import tempfile
from pathlib import Path


class NoTorch:
    """Stands before all other finders, and hides torch."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")


sys.meta_path.insert(0, NoTorch())

import numpy as np  # noqa: E402

import ligeia  # noqa: E402
from ligeia.audio.blocks import Segments  # noqa: E402
from ligeia.cli.main import run  # noqa: E402
from ligeia.fitting.lapped import analyse  # noqa: E402
from ligeia.networks import Lapped, Siren  # noqa: E402

AUDIO = ligeia.Audio(np.sin(np.arange(8000) / 5)[None] / 2, rate=8000)


def command(*arguments):
    """The exit code of `ligeia` with these arguments."""
    sys.argv = ["ligeia", *map(str, arguments)]
    try:
        run()
    except SystemExit as end:
        return end.code or 0
    return 0


def is_missing(action):
    try:
        action()
    except ligeia.MissingExtra as error:
        return "ligeia[torch]" in str(error)
    return False


def check_commands(folder):
    wav, lig, out = folder / "in.wav", folder / "in.lig", folder / "out.wav"
    ligeia.write_audio(wav, AUDIO)
    assert command("encode", wav, "-o", lig) == 0
    assert command("decode", lig, "-o", out, "--rate", 6000) == 0
    assert command("info", lig) == 0
    assert command("score", "--reference", wav, "--estimate", wav, "--metrics", "snr") == 0
    assert command("score", "--list") == command("bench", "--list") == command("fit", "--list") == 0
    assert command("study", "--list") == 0
    assert command("extend", wav, "-o", folder / "wide.wav", "--rate", 16000) == 0
    note, stream = folder / "note.wav", folder / "note.lig"
    assert command("sample", "notes", "--pitch", 60, "--seconds", 0.5, "-o", note) == 0
    assert command("embed", "notes", note, "-o", stream) == command("info", stream) == 0
    assert ligeia.embed(ligeia.read_audio(note), "notes").seconds == 0.5
    assert command("morph", "notes", note, stream, "--steps", 2, "-o", folder / "steps") == 0
    assert command("sample", "notes", "-o", folder / "x.wav", "--prior", "flow") == 1
    assert command("fit", wav, "-o", folder / "x.lig") == 1
    assert command("encode", wav, "-o", folder / "x.lig", "--network", "dense") == 1
    assert command("study", "omega", "-o", folder / "study") == 1
    assert not (folder / "study" / "omega-laptop.jsonl").read_bytes()


def check_library():
    stream = ligeia.encode(AUDIO)
    inr = ligeia.decode(stream)
    with ligeia.open(stream) as reader:
        assert np.array_equal(reader.read(0.25, 0.5).samples, reader.read().samples[:, 2000:4000])
        assert reader.read(rate=4000).sample_count == sum(piece.sample_count for piece in reader) // 2
        assert reader.info == ligeia.inspect(stream)
    low = ligeia.open(ligeia.encode(ligeia.resample(AUDIO, 16000), "speech", kbps=3))
    assert low.info.enhanced
    assert low.read(0.5).sample_count == 8000
    assert inr([0.1]).shape == inr.derivative([0.1], 8).shape == (1, 1)
    assert inr.render(44100).sample_count == 44100
    assert inr.render(3000).sample_count == 3000
    assert analyse(AUDIO, Lapped(frame_size=256, frames=4), coefficients=400).report["snr_db"] > 20
    spec = Siren(width=2, depth=1)
    parameters = {name: np.ones((1, *shape)) for name, shape in spec.shapes().items()}
    siren = ligeia.INR(spec, parameters, 8000, Segments(100, 100), [1.0])
    assert np.array_equal(ligeia.decode(ligeia.encode_inr(siren)).parameters["weight_0"], siren.parameters["weight_0"])
    assert is_missing(siren.render)
    fitted = ligeia.open(ligeia.encode_inr(siren))
    assert fitted.info.parameters == siren.parameter_count
    assert is_missing(fitted.read)
    assert is_missing(lambda: siren.derivative([0.0]))
    assert is_missing(inr.to_torch)
    assert is_missing(spec.build)
    assert is_missing(lambda: ligeia.fit)
    assert is_missing(lambda: ligeia.encode(AUDIO, settings=ligeia.EncodeSettings(network="dense")))


with tempfile.TemporaryDirectory() as name:
    check_commands(Path(name))
check_library()
assert "torch" not in sys.modules
