"""Version 1 is frozen (FORMAT.md §10): golden streams for all of it, none of which ever changes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import made_headers
import pytest
import reference_decoder

from ligeia.codec.bytesio import Reader
from ligeia.codec.coding import CODINGS
from ligeia.codec.container import RATES, parse, read_header
from ligeia.codec.family import finding
from ligeia.codec.header import Header
from ligeia.codec.transform.scale_factors import PROFILES
from ligeia.networks import SPECS

VECTORS = Path(__file__).parents[1] / "vectors"
DIGESTS = VECTORS / "SHA256SUMS"
HEADERS = VECTORS / "headers.json", VECTORS / "headers_phased.json"
"""Each of them never changes; what is new takes another one."""


@pytest.fixture(autouse=True)
def beside() -> None:
    finding.look_in(VECTORS)


def facts_of(header: Header) -> dict[str, Any]:
    segments, spec = header.segments, header.spec
    return {
        "network": spec.wire_id,
        "rate": header.rate,
        "channels": spec.channels,
        "samples": segments.sample_count,
        "hop": segments.hop,
        "overlap": segments.overlap,
        "coding": header.coding.word,
        "fields": {field.name: getattr(spec, field.name) for field in spec.stored_fields()},
    }


def slow_facts(header: dict[str, Any]) -> dict[str, Any]:
    """The same of the decoder that was written from FORMAT.md alone."""
    word = header["profile"] + 2**15 + 2**13 * (header["network"] == 13) if "profile" in header else 0
    for bits, shift in zip(header.get("bits", ()), (10, 5, 0), strict=False):
        word |= (bits % 32) << shift
    names = [field[0] for field in reference_decoder.NETWORKS[header["network"]]]
    chosen = {name: header[name] for name in ("network", "rate", "channels", "samples", "hop", "overlap")}
    return chosen | {"coding": word, "fields": {name: header[name] for name in names}}


def golden_headers() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in HEADERS:
        found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def test_golden_headers(regenerate: bool) -> None:
    """Each form of a header is written as it ever was, and read as it ever was, by both decoders."""
    made = dict(made_headers.streams())
    if regenerate and not HEADERS[-1].exists():
        known = {name for path in HEADERS[:-1] for name in json.loads(path.read_text(encoding="utf-8"))}
        new = {name: data for name, data in made.items() if name not in known}
        entries = {name: {"hex": data.hex()} | facts_of(read_header(Reader(data))) for name, data in new.items()}
        lines = [f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()]
        HEADERS[-1].write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    golden = golden_headers()
    assert {name: entry["hex"] for name, entry in golden.items()} == {name: data.hex() for name, data in made.items()}
    for entry in golden.values():
        data = bytes.fromhex(entry.pop("hex"))
        assert facts_of(read_header(Reader(data))) == entry
        assert slow_facts(reference_decoder.read_header(reference_decoder.Cursor(data))) == entry
        if entry["samples"] < 2**48:
            assert parse(data).lost == []


def test_every_field_of_every_network_is_in_a_golden_header() -> None:
    specs = made_headers.EVERY_FIELD
    assert {spec.wire_id for spec in specs.values()} == {spec.wire_id for spec in SPECS}
    for name, spec in specs.items():
        left = made_headers.stored_fields_at_their_defaults(spec)
        if spec.wire_id == 1:  # a fixed first layer has no encoding
            left = [] if name == "siren_fixed" else [field for field in left if field != "fixed_first"]
        assert left == [], f"{name} leaves {left} at their defaults"


def golden_streams() -> dict[str, Header]:
    return {path.name: parse(path.read_bytes()).header for path in sorted(VECTORS.glob("*.lig"))}


def test_every_network_coding_profile_and_kind_has_a_golden_stream() -> None:
    """A new one needs a stream in tests/vectors before it can be released: that stream then decodes for ever."""
    headers = golden_streams().values()
    assert {header.spec.wire_id for header in headers} == {spec.wire_id for spec in SPECS}
    assert {type(header.coding) for header in headers} == set(CODINGS)
    facts = [header.coding.facts() for header in headers]
    assert {fact["profile"] for fact in facts if "profile" in fact} == {profile.name for profile in PROFILES.values()}
    assert {fact["family"] for fact in facts if "family" in fact} == {
        row[0].strip("`") for row in reference_decoder.table_rows("kind | settings | function | knows")
    }
    assert {entry["rate"] for entry in golden_headers().values()} > set(RATES[1:])


def test_golden_files_never_change(regenerate: bool) -> None:
    """`--regenerate` adds the digests of new files; one that is listed stays as it is."""
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(VECTORS.iterdir())
        if path.suffix in (".lig", ".json", ".safetensors")
    }
    listed = dict(reversed(line.split()) for line in DIGESTS.read_text().splitlines()) if DIGESTS.exists() else {}
    if regenerate:
        listed |= {name: digest for name, digest in found.items() if name not in listed}
        DIGESTS.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items())))
    assert found == listed
