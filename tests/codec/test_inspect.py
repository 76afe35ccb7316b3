import subprocess
import sys

import made_streams as made
import pytest

from ligeia.codec.container import EXACT
from ligeia.codec.inspect import inspect
from ligeia.errors import FormatError


def test_facts_of_a_stream():
    stream = made.several_blocks(EXACT, count=4, silent=(1, 2))
    info = inspect(stream)
    assert (info.network, info.rate, info.channels, info.frames) == ("siren", 8000, 1, 410)
    assert (info.blocks, info.silent_blocks) == (4, 2)
    assert info.parameters == 2 * 46  # 5 + 5, 25 + 5, 5 + 1
    assert info.bits == (32, 32, 32)
    assert info.fields["width"] == 5
    assert info.fields == {"width": 5, "depth": 2}
    assert info.seconds == 410 / 8000
    assert info.kbps == len(stream) * 8 / info.seconds / 1000
    assert info.pcm16_ratio == len(stream) / 820


def test_every_byte_is_counted_once():
    stream = made.several_blocks(silent=(1,))
    parts = inspect(stream).bytes_by_part
    _, spans = made.header_and_spans(stream)
    assert sum(parts.values()) == len(stream) == inspect(stream).total_bytes
    assert parts["header"] == spans[0][1]
    assert parts["gains"] == 6
    assert parts["framing"] == 4 * 7  # marker, number, length and checksum
    exact = inspect(made.several_blocks(EXACT)).bytes_by_part
    assert exact["parameters"] == 4 * 4 * 46


def test_damage_is_an_error():
    with pytest.raises(FormatError):
        inspect(made.several_blocks()[:-1])


def test_torch_is_not_loaded(tmp_path):
    path = tmp_path / "stream.lig"
    path.write_bytes(made.several_blocks())
    code = "import sys, pathlib, ligeia; ligeia.inspect(pathlib.Path(sys.argv[1]).read_bytes()); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "ligeia.codec.inspect" in loaded
    assert not {"torch", "scipy", "soundfile"} & loaded
