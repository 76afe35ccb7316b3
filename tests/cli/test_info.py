import json
from pathlib import Path
from typing import TYPE_CHECKING

from ligeia.audio.blocks import Segments
from ligeia.codec.container import Block, write_block, write_header
from ligeia.codec.header import Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import Bits
from ligeia.networks import Siren

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


def test_bytes_by_part_add_up(ligeia: "Ligeia", lig: Path) -> None:
    facts = json.loads(ligeia("info", lig, "--json").out)
    assert facts["total_bytes"] == lig.stat().st_size == sum(facts["bytes_by_part"].values())
    assert (facts["sample_count"], facts["rate"], facts["channels"]) == (1600, 8000, 2)
    assert facts["network"] == "siren"


def test_people_get_a_table(ligeia: "Ligeia", lig: Path) -> None:
    outcome = ligeia("info", lig)
    assert [line.split()[0] for line in outcome.out.splitlines()] == [
        "sound",
        "network",
        "blocks",
        "size",
        "decoded",
        "bytes",
    ]


def test_a_lapped_network_says_its_profile_and_coefficients(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    path = tmp_path / "lapped.lig"
    assert ligeia("encode", tone, "-o", path).code == 0
    facts = json.loads(ligeia("info", path, "--coefficients", "--json").out)
    assert (facts["network"], facts["profile"], facts["bits"]) == ("lapped", "music", None)
    assert facts["parameters"] == 2 * facts["coefficients"] > 0
    assert sum(facts["bytes_by_part"].values()) == path.stat().st_size
    assert "coefficients, profile music" in ligeia("info", path, "--coefficients").out
    assert "coefficients not counted" in ligeia("info", path).out


def test_missing_files_and_folders(ligeia: "Ligeia", tmp_path: Path) -> None:
    assert "does not exist" in ligeia("info", tmp_path / "no.lig").line
    assert "directory" in ligeia("info", tmp_path).line


def test_a_claim_is_shown_where_decoding_is_refused(ligeia: "Ligeia", tmp_path: Path) -> None:
    cut = Segments(2**33, 2**26)
    header = write_header(Header(Siren(width=1), 8000, cut, ParameterCoding(Bits())))
    path = tmp_path / "bomb.lig"
    path.write_bytes(header + b"".join(write_block(Block(number, b"")) for number in range(cut.count)))
    outcome = ligeia("info", path)
    assert "8589934592 samples" in outcome.out
    assert "17,179,869,184 bytes of 16-bit PCM" in outcome.out
    assert "refused" in outcome.out
    assert "--max-seconds 1073742" in outcome.out
    facts = json.loads(ligeia("info", path, "--json").out)
    assert facts["pcm16_bytes"] == 2**34
    assert "max_seconds=1073742" in facts["refused"]


def test_payloads_are_not_read(ligeia: "Ligeia", lig: Path) -> None:
    data = bytearray(lig.read_bytes())
    data[-10] ^= 1
    lig.write_bytes(data)
    assert ligeia("info", lig).code == 0
