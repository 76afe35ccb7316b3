import subprocess
import sys
from dataclasses import replace

import made_coded
import made_streams as made
import numpy as np
import pytest

from ligeia.codec.container import Block, write_block
from ligeia.codec.inspect import inspect
from ligeia.codec.parameters.quantise import EXACT
from ligeia.errors import FormatError


def test_facts_of_a_stream():
    stream = made.several_blocks(EXACT, count=4, silent=(1, 2))
    info = inspect(stream)
    assert (info.network, info.rate, info.channels, info.sample_count) == ("siren", 8000, 1, 410)
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


def test_coded_blocks_are_counted_by_their_numbers():
    vector = made_coded.vectors()["coded_speech"]
    stream = vector.stream()
    assert inspect(stream).coefficients is None
    info = inspect(stream, counting=True)
    audible = [number for number in range(info.blocks) if number not in vector.silent]
    assert info.coefficients == sum(np.count_nonzero(vector.coded.spectra.coefficients[number]) for number in audible)
    assert (info.parameters, info.bits, info.profile) == (2 * info.coefficients, None, "speech")
    assert info.bytes_by_part["steps"] == 2 * len(audible)
    assert inspect(stream, counting=False) == replace(info, coefficients=None, parameters=None)
    assert sum(info.bytes_by_part.values()) == len(stream)


def test_coded_blocks_that_are_not_valid_are_an_error():
    vector = made_coded.vectors()["coded_waveform"]
    header, spans = made.header_and_spans(vector.stream())
    broken = write_block(Block(0, bytes(2) + b"\1\2\3\4" * 40))
    with pytest.raises(FormatError, match="do not end"):
        inspect(vector.stream()[: spans[1][0]] + broken + vector.stream()[spans[1][1] :], counting=True)
    assert header.segments.count == 2


def test_damage_is_an_error():
    with pytest.raises(FormatError):
        inspect(made.several_blocks()[:-1])


def test_torch_is_not_loaded(tmp_path):
    (tmp_path / "fitted.lig").write_bytes(made.several_blocks())
    (tmp_path / "coded.lig").write_bytes(made_coded.vectors()["coded_speech"].stream())
    code = (
        "import sys, pathlib, ligeia\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir(): ligeia.inspect(path.read_bytes())\n"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "ligeia.codec.inspect" in loaded
    assert not {"torch", "scipy", "soundfile"} & loaded
