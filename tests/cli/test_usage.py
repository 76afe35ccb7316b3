"""Wrong usage is exit code 2 in every verb; what is wrong with a file is 1."""

import inspect
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from ligeia.cli.main import VERBS

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia

# IN is a recording, LIG a stream, OUT a file that does not exist, DIR a folder.
WRONG = [
    *("", "sing", "--loud", "encode", "decode", "play", "info", "fit", "embed", "sample", "morph", "denoise"),
    *("restore", "extend", "score", "bench", "study", "train", "encode --hum IN"),
    # encode
    "encode IN --kbps 16 --snr 20",
    "encode IN --kbps 16 --quality 5",
    "encode IN --quality 11",
    "encode IN --quality=-1",
    "encode IN --preset podcast",
    "encode IN --kbps 0",
    "encode IN --kbps=-8",
    "encode IN --kbps nan",
    "encode IN --kbps many",
    "encode IN --snr inf",
    "encode IN --network none",
    "encode IN --network finer",
    "encode IN --network dense --steps 0",
    "encode IN --network dense --checkpoint DIR/state --snr 9",
    "encode IN --network dense --width=-1",
    "encode IN --network dense --seed=-1",
    "encode IN --network dense --device abacus",
    "encode IN --device abacus",
    "encode IN --device cuda",
    "encode IN --steps 5",
    "encode IN --checkpoint DIR/state",
    "encode IN IN2 --network dense --checkpoint DIR/state",
    "encode IN IN2 -o one.lig",
    "encode IN IN2 -o -",
    "encode IN -o x.wav2",
    "encode - -",
    "encode IN -r -o x.lig",
    # decode
    "decode LIG --format flac -o x.wav",
    "decode LIG --format none -o OUT",
    "decode LIG --format m3u8 -o -",
    "decode LIG -o OUT --rate 0",
    "decode LIG -o OUT --rate=-8000",
    "decode LIG -o OUT --start=-1",
    "decode LIG -o OUT --start x",
    "decode LIG -o OUT --start nan",
    "decode LIG -o OUT --start 1:2:3:4",
    "decode LIG -o OUT --start 1:75",
    "decode LIG -o OUT --start 2 --stop 1",
    "decode LIG -o OUT --subtype PCM_7",
    "decode LIG -o OUT --enhance maybe",
    "decode LIG -o OUT --max-seconds=-1",
    # serve
    "serve IN",
    "serve --port 99999",
    "serve --port many",
    "serve --workers=-1",
    "serve --database mysql://host/name",
    "serve --storage ftp://host/folder",
    "serve --scheduler tcp://127.0.0.1:1 --workers=-1",
    # play, info
    "play IN --start 2 --stop 1",
    "play IN --start=-3",
    # fit
    "fit IN --network none",
    "fit IN --recipe none",
    "fit IN --network finer --recipe siamese",
    "fit IN --steps 0",
    "fit IN --width=-4",
    "fit IN --depth 0",
    "fit IN --budget=-1",
    "fit IN --budget 0",
    "fit IN --snr nan",
    "fit IN --parameters 0",
    "fit IN --parameters 900 --width 8",
    "fit IN --device abacus",
    "fit IN -o x.wav2",
    # embed
    "embed hypersound IN --ratio 8",
    "embed hypersound IN --steps 8",
    "embed hypersound IN --refine=-1",
    "embed hypersound IN --bits 1",
    "embed hypersound IN --device abacus",
    "embed atoms IN --refine 3",
    "embed atoms IN --ratio 0",
    "embed atoms IN --emphasis 2",
    "embed notes IN --ratio 4",
    "embed notes IN --steps 0",
    "embed hypersound IN -o x.txt",
    # families
    "sample notes -o OUT --count 0",
    "sample notes -o OUT --count=-2",
    "sample notes -o OUT --prior none",
    "sample notes -o OUT --temperature=-1",
    "sample notes -o OUT --truncation=-1",
    "sample notes -o OUT --rate 0",
    "sample notes -o OUT --seconds=-1",
    "sample notes -o OUT --seconds nan",
    "sample notes -o OUT --pitch nan",
    "sample notes -o x.lig --count 2",
    "sample notes -o x.lig --rate 8000",
    "sample notes -o OUT --plot x.gif",
    "sample notes -o OUT --seed=-1",
    "morph notes piano guitar -o OUT --steps 0",
    "morph notes piano guitar -o OUT --path crooked",
    "morph notes piano guitar -o OUT --form none",
    "morph notes piano guitar -o x.lig",
    "morph notes piano guitar -o OUT --seconds 1:99",
    # enhancing
    "denoise IN",
    "denoise IN -o OUT --method magic",
    "denoise IN -o OUT --strength 2",
    "denoise IN -o OUT --method logmmse --steps 5",
    "denoise IN -o OUT --method gate --noise-from 1",
    "denoise IN -o OUT --method gate --noise-from 2 1",
    "denoise IN -o OUT --subtype PCM_99",
    "denoise IN -o OUT --plot x.gif",
    "denoise IN IN2 -o OUT",
    "denoise IN -o OUT --device abacus",
    "denoise IN -o OUT --seed=-1",
    "restore IN -o OUT --method magic",
    "restore IN -o OUT --declip magic",
    "restore IN -o OUT --strength=-1",
    "restore IN -o OUT --steps 0",
    "restore IN -o OUT --gain nan",
    "restore IN -o OUT --subtype PCM_99",
    "extend IN -o OUT",
    "extend IN -o OUT --rate 0",
    "extend IN -o OUT --rate 16000 --method magic",
    "extend IN -o OUT --rate 16000 --strength 7",
    # corpus
    "corpus",
    "corpus sing",
    "corpus encode",
    "corpus encode DIR",
    "corpus encode DIR -o OUT --kbps 16 --snr 20",
    "corpus encode DIR -o OUT --workers 0",
    "corpus encode DIR -o OUT --memory much",
    "corpus encode DIR -o OUT --timeout=-1",
    "corpus encode DIR -o OUT --timeout 0",
    "corpus encode DIR -o OUT --checkpoint DIR",
    "corpus encode DIR -o OUT --scheduler tcp://127.0.0.1:1 --workers 2",
    "corpus decode DIR -o OUT --format none",
    "corpus decode DIR -o OUT --format flac --subtype PCM_99",
    "corpus decode DIR -o OUT --enhance maybe",
    "corpus score --reference DIR -o OUT",
    "corpus score --reference DIR --estimate DIR -o OUT",
    "corpus score --reference DIR --estimate DIR -o OUT --metrics none",
    "corpus denoise DIR -o OUT --method magic",
    "corpus denoise DIR -o OUT --subtype PCM_99",
    "corpus denoise DIR -o OUT --method gate --steps 5",
    "corpus embed atoms DIR -o OUT --refine 3",
    "corpus embed hypersound DIR -o OUT --steps 3",
    # measuring and drawing
    "plot IN",
    "plot IN -o x.gif",
    "plot IN -o x.png --kind none",
    "plot IN -o x.png --channels some",
    "plot IN -o x.png --start 2 --stop 1",
    "score --reference IN",
    "score --reference IN --estimate IN --metrics none",
    "score --reference IN --estimate IN --channels some",
    "score --reference IN --estimate IN --level loud",
    "score --reference IN --estimate IN --max-delay=-1",
    "bench speech -o DIR/out --codecs none",
    "bench speech -o DIR/out --codecs opus:x",
    "bench speech -o DIR/out --metrics none",
    "bench speech -o DIR/out --workers 0",
    "bench speech -o DIR/out --timeout=-1",
    "bench speech -o DIR/out --seconds 0",
    "study none -o DIR/out",
    "study omega -o DIR/out --size huge",
    "study omega -o DIR/out --budget=-1",
    "study omega -o DIR/out --budget nan",
    "train none x",
]


@pytest.mark.parametrize("line", WRONG, ids=lambda line: line or "nothing")
def test_wrong_usage_is_2(ligeia: "Ligeia", tone: Path, tmp_path: Path, line: str, monkeypatch) -> None:
    stream = tmp_path / "s.lig"
    stream.write_bytes(b"LIG")  # it is not even read
    other = tmp_path / "other.wav"
    other.write_bytes(tone.read_bytes())
    names = {"IN": tone, "IN2": other, "LIG": stream, "OUT": tmp_path / "out.wav", "DIR": tmp_path}
    words = [str(names.get(word, word)).replace("DIR/", f"{tmp_path}/") for word in shlex.split(line)]
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    outcome = ligeia(*words)
    assert outcome.code == 2, outcome
    assert outcome.err or not line
    assert "Traceback" not in outcome.err
    assert sorted(tmp_path.iterdir()) == before


MISSING = [
    "encode none.wav", "decode none.lig", "play none.wav", "info none.lig", "fit none.wav", "embed hypersound none.wav",
    "embed none IN", "sample none -o OUT", "morph none a b -o OUT", "morph notes none.wav piano -o OUT",
    "denoise none.wav -o OUT", "restore none.wav -o OUT", "extend none.wav -o OUT --rate 48000",
    "score --reference IN --estimate none.wav", "bench none -o DIR/out", "train contexts none.toml",
    "encode EMPTY", "decode EMPTY", "info EMPTY", "play EMPTY", "encode DIR", "decode DIR", "info DIR",
]  # fmt: skip


@pytest.mark.parametrize("line", MISSING)
def test_what_is_wrong_with_files_is_1(ligeia: "Ligeia", tone: Path, tmp_path: Path, line: str, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", ModuleType("sounddevice"))
    empty = tmp_path / "empty.lig"
    empty.touch()
    names = {"IN": tone, "EMPTY": empty, "OUT": tmp_path / "out.wav", "DIR": tmp_path}
    words = [str(names.get(word, word)).replace("DIR/", f"{tmp_path}/") for word in line.split()]
    monkeypatch.chdir(tmp_path)
    outcome = ligeia(*words)
    assert (outcome.code, len(outcome.err.splitlines())) == (1, 1), outcome


@pytest.mark.parametrize("verb", ["encode", "fit", "embed hypersound", "denoise", "restore"])
def test_cuda_without_cuda_is_an_error(ligeia: "Ligeia", tone: Path, tmp_path: Path, verb: str, monkeypatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    outcome = ligeia(*verb.split(), tone, "-o", tmp_path / "x.lig", "--device", "cuda")
    assert outcome.code == 2
    assert "CUDA" in outcome.line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tone.wav"]


def test_the_table_knows_every_verb() -> None:
    for verb in VERBS:
        assert any(line.startswith(verb.__name__) for line in WRONG)


@pytest.mark.parametrize("verb", ["", *(verb.__name__ for verb in VERBS)])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(ligeia: "Ligeia", verb: str, option: str) -> None:
    outcome = ligeia(*verb.split(), option)
    assert (outcome.code, outcome.err) == (0, "")
    assert "--help" in outcome.out


def test_every_verb_that_works_for_long_can_be_quiet() -> None:
    without = [verb.__name__ for verb in VERBS if "quiet" not in inspect.signature(verb).parameters]
    assert without == ["info", "serve"]  # what a service prints is its log
