"""The table of payload codings; and a third coding (a shared network, and a code for each block), added from here."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar

import made_coded
import made_streams as made
import numpy as np
import pytest
import reference_decoder

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.codec import coding as table
from ligeia.codec import container
from ligeia.codec.bytesio import Reader
from ligeia.codec.coding import CODINGS, coding_bytes, coding_of, read_coding_id
from ligeia.codec.container import Block, parse, write_block, write_header
from ligeia.codec.decode import decode_pieces
from ligeia.codec.header import Coding, Header, ModelId
from ligeia.errors import FormatError, InputError
from ligeia.networks import Siren

SPEC = Siren(width=5, depth=2)
SHARED = {name: value.numpy() for name, value in made.parameters(SPEC, 3, seed=7).items()}
MODEL = ModelId("toy-2", bytes(range(8)))
CODES = {0: (3, 200), 1: (), 2: (90, 17)}


@dataclass(frozen=True)
class SharedCoding(Coding):
    """Parameters are those of a shared network, and so much of two directions as the two bytes of a payload say."""

    name: ClassVar[str] = "shared"
    models: ClassVar[Collection[ModelId]] = (MODEL,)

    shared: ModelId

    @classmethod
    def claims(cls, word):
        return word == 0xC007

    @classmethod
    def read(cls, word, model, spec):
        if spec != SPEC:
            raise FormatError("the model is of another network")
        return cls(model)

    @property
    def word(self):
        return 0xC007

    @property
    def model(self):
        return self.shared

    @property
    def parameters_per_byte(self):
        return 64

    def unpack(self, payloads, numbers, header):
        return [self.function(payload) for payload in payloads]

    def function(self, payload):
        if len(payload) != 2:
            return FormatError("a code has two bytes")
        return 0.5, {name: base + payload[0] / 256 * one + payload[1] / 256 * two
                     for name, (base, one, two) in SHARED.items()}  # fmt: skip

    def bytes_by_part(self, sizes):
        return {"codes": sum(sizes)}

    def counts(self, payloads, header, *, reading):
        return {"parameters": 2 * sum(1 for payload in payloads.values() if payload)}

    def facts(self):
        return {}


HEADER = Header(SPEC, 8000, Segments(290, 90, 20), SharedCoding(MODEL))
STREAM = container._header_bytes(HEADER) + b"".join(
    write_block(Block(number, bytes(code))) for number, code in CODES.items()
)


@pytest.fixture
def shared(monkeypatch):
    monkeypatch.setattr(table, "CODINGS", (*CODINGS, SharedCoding))


def test_a_third_coding_needs_no_change_to_the_others(shared):
    assert parse(STREAM).header == HEADER
    assert STREAM.startswith(write_header(HEADER))
    inr = ligeia.decode(STREAM)
    assert inr.gains.tolist() == [0.5, 0, 0.5]
    for number, code in CODES.items():
        silence = {name: 0 * value[0] for name, value in SHARED.items()}
        expected = HEADER.coding.function(bytes(code))[1] if code else silence
        assert all(np.array_equal(inr.parameters[name][number], value) for name, value in expected.items())
    sound = inr.render()
    assert (sound.sample_count, sound.rate) == (290, 8000)
    assert np.abs(sound.samples).max() > 0.01
    for rate in (8000, 22050):
        pieces = np.concatenate(list(decode_pieces(STREAM, rate)), axis=1)
        assert np.abs(pieces - inr.render(rate).samples).max() < 1e-6


def test_facts_of_a_third_coding(shared):
    info = ligeia.inspect(STREAM)
    assert (info.coding, info.model) == ("shared", "toy-2 (0001020304050607)")
    assert (info.parameters, info.silent_blocks, info.bits, info.profile) == (4, 1, None, None)
    assert info.bytes_by_part["codes"] == 4
    assert sum(info.bytes_by_part.values()) == len(STREAM)


def test_a_third_coding_is_salvaged_as_the_others_are(shared):
    _, spans = made.header_and_spans(STREAM)
    wrong = STREAM[: spans[1][0]] + write_block(Block(0, b"one")) + STREAM[spans[1][1] :]
    with pytest.raises(FormatError, match="a code has two bytes"):
        ligeia.decode(wrong)
    assert ligeia.decode(wrong, salvage=True).report["lost"] == [0]
    short = STREAM[: spans[1][0]] + write_block(Block(0, b"")) + STREAM[spans[2][0] : -1]
    assert parse(short, salvage=True).lost == [2]


# --- what is refused --------------------------------------------------------------------------------

CALLS = [ligeia.decode, ligeia.inspect, lambda stream: ligeia.decode(stream, salvage=True), reference_decoder.decode]


@pytest.mark.parametrize("call", CALLS)
def test_a_coding_that_is_not_in_the_table(call):
    with pytest.raises((FormatError, reference_decoder.Invalid), match=r"coding 7 with the model toy-2|coding"):
        call(STREAM)


@pytest.mark.parametrize("other", [ModelId("toy-3", MODEL.digest), ModelId("toy-2", bytes(8))])
def test_a_model_that_this_program_does_not_have(shared, other):
    body = container._header_bytes(replace(HEADER, coding=SharedCoding(other)))
    for call in CALLS[:3]:
        with pytest.raises(FormatError, match=r"needs the model toy-.*there are: toy-2 \(0001020304050607\)"):
            call(body)
    with pytest.raises(InputError, match="cannot be stored: this stream needs the model"):
        write_header(replace(HEADER, coding=SharedCoding(other)))


@pytest.mark.parametrize("name", ["", "x" * 33, "Toy", "a b", "a/b", "ä", "a\n"])
def test_names_of_models_that_are_not_valid(name):
    with pytest.raises(InputError, match="not a valid name"):
        ModelId(name, bytes(8))
    spelled = name.encode()
    with pytest.raises(FormatError):
        read_coding_id(Reader(b"\7\xc0" + bytes([len(spelled)]) + spelled + bytes(8)))


def test_digests_have_eight_bytes():
    with pytest.raises(InputError, match="8 bytes, got 7"):
        ModelId("toy", bytes(7))
    for length in range(len(written := coding_bytes(HEADER.coding))):
        with pytest.raises(FormatError, match="ends early"):
            read_coding_id(Reader(written[:length]))


def test_models_come_back():
    for name in ("a", "x" * 32, "notes-1.2_b"):
        coding = SharedCoding(ModelId(name, b"\xff" * 8))
        assert read_coding_id(Reader(coding_bytes(coding))) == (0xC007, coding.shared)


def test_no_word_means_two_things():
    for word in range(2**16):
        owners = [coding for coding in (*CODINGS, SharedCoding) if coding.claims(word)]
        assert len(owners) == (1 if word < 0xC000 or word in (0xC001, 0xC007) else 0), hex(word)


@pytest.mark.parametrize("stream", [made.several_blocks(), made_coded.vectors()["coded_music"].stream()])
def test_the_words_of_the_two_codings_come_back(stream):
    header = parse(stream).header
    assert header.coding.model is None
    assert coding_of(*read_coding_id(Reader(coding_bytes(header.coding))), header.spec) == header.coding
