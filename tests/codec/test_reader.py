"""Random access: parts are slices of the whole, damage is met where it is heard, and little is read."""

import io
import os
import threading
from functools import cache

import made_streams as made
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ligeia
from ligeia.codec import reader as module
from ligeia.codec.container import Block, parse, write_block
from ligeia.codec.faults import Damaged


def low_rate_speech(seconds=18.0):
    """Speech at a rate where the network rewrites it."""
    time = np.arange(round(16000 * seconds)) / 16000
    voice = 0.2 * np.sin(2 * np.pi * 150 * time) * np.abs(np.sin(12 * time)) ** 2
    voice[40000:56000] = 0
    return ligeia.encode(ligeia.Audio(voice[None], 16000), "speech", kbps=3)


def stereo(seconds=8.0):
    """Music in several blocks."""
    time = np.arange(round(16000 * seconds)) / 16000
    samples = np.stack([np.sin(2 * np.pi * (200 + 40 * time) * time), np.sin(2000 * time) * np.sin(9 * time)]) * 0.3
    return ligeia.encode(ligeia.Audio(samples, 16000), "music", kbps=20)


MADE = {"stereo": stereo, "speech": low_rate_speech, "fitted": lambda: made.several_blocks(count=7, silent=(3,))}


@cache
def stream_of(name):
    return MADE[name]()


@cache
def whole_of(name):
    return ligeia.open(stream_of(name)).read().samples


def spans(stream):
    """First and one past the last byte of each block."""
    return made.header_and_spans(stream)[1][1:]


@pytest.mark.parametrize("name", MADE)
def test_the_whole_is_what_decoding_gives(name):
    reader, inr = ligeia.open(stream_of(name)), ligeia.decode(stream_of(name))
    assert (reader.rate, reader.channels, reader.sample_count) == (inr.rate, inr.channels, inr.sample_count)
    assert reader.seconds == inr.seconds
    assert reader.info == ligeia.inspect(stream_of(name))
    assert np.abs(reader.read().samples - inr.render().samples).max() < 1e-6


@pytest.mark.parametrize("choice", ["auto", "on", "off"])
def test_the_network_for_speech_is_a_choice(choice):
    reader = ligeia.open(stream_of("speech"), enhance=choice)
    expected = ligeia.decode(stream_of("speech"), enhance=choice).render().samples
    assert np.abs(reader.read().samples - expected).max() < 1e-6
    assert np.array_equal(reader.read(0, 1).samples, whole_of("speech")[:, :16000]) is (choice != "off")
    with pytest.raises(ligeia.InputError, match="enhance must be"):
        ligeia.open(stream_of("speech"), enhance="maybe")
    with pytest.raises(ligeia.InputError, match="cannot be enhanced"):
        ligeia.open(stream_of("stereo"), enhance="on")


@pytest.mark.parametrize("name", MADE)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_part_is_a_slice_of_the_whole(name, data):
    reader, whole = ligeia.open(stream_of(name)), whole_of(name)
    hop, count = parse(stream_of(name)).header.segments.hop, reader.sample_count
    edges = st.sampled_from([edge for k in range(count // hop + 2) for edge in (k * hop - 1, k * hop, k * hop + 1)])
    numbers = st.integers(0, count) | edges.map(lambda edge: min(max(edge, 0), count))
    start, stop = sorted((data.draw(numbers), data.draw(numbers)))
    part = reader.read(start / reader.rate, stop / reader.rate)
    assert part.rate == reader.rate
    if name == "fitted":  # evaluated by torch, whose sums depend on how many instants are asked for
        assert np.abs(part.samples - whole[:, start:stop]).max(initial=0) < 1e-6
    else:
        assert np.array_equal(part.samples, whole[:, start:stop])
        assert np.array_equal(reader.sound().read(start, stop), whole[:, start:stop])


@pytest.mark.parametrize("name", MADE)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_any_part_at_any_rate_is_a_slice_of_the_whole_at_that_rate(name, data):
    rate = data.draw(st.sampled_from([5000, 7350, 12000, 22050, 48000]))
    reader = ligeia.open(stream_of(name))
    whole = ligeia.decode(stream_of(name)).render(rate).samples
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, whole.shape[1])] * 2)))
    part = reader.read(start / rate, stop / rate, rate)
    assert (part.rate, part.sample_count) == (rate, stop - start)
    assert np.abs(part.samples - whole[:, start:stop]).max(initial=0) < 1e-5 * np.abs(whole).max()


def test_a_path_bytes_and_file_objects_give_the_same(tmp_path):
    stream = stream_of("stereo")
    path = tmp_path / "a.lig"
    path.write_bytes(stream)
    read, write = os.pipe()
    with os.fdopen(read, "rb") as pipe:
        thread = threading.Thread(target=lambda: (os.write(write, stream), os.close(write)))
        thread.start()
        for source in (path, str(path), bytearray(stream), io.BytesIO(stream), pipe):
            with ligeia.open(source) as reader:
                assert np.array_equal(reader.read(1.0, 2.0).samples, whole_of("stereo")[:, 16000:32000])
        thread.join()


def test_only_the_blocks_of_a_part_are_read(tmp_path):
    stream = stream_of("stereo")

    class Counted(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            data = super().read(size)
            self.taken += len(data)
            return data

    low, high = spans(stream)[-1]
    file = Counted(b"behind" + stream)
    file.seek(6)
    with ligeia.open(file) as reader:
        before = file.taken
        reader.read(reader.seconds - 0.1)
        sizes = [stop - start for start, stop in spans(stream)]
        assert file.taken - before == sum(sizes[-2:])
        assert reader.info.total_bytes == len(stream)
    assert not file.closed
    assert high - low == sizes[-1]


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("rate", [None, 9000])
def test_a_cut_stream_plays_up_to_the_damage(name, rate):
    stream = stream_of(name)
    if rate is not None and name == "fitted":
        rate = 5000
    whole = ligeia.open(stream).read(rate=rate)
    for bad, (low, high) in enumerate(spans(stream)):
        reader = ligeia.open(stream[: (low + high) // 2])
        heard = []
        with pytest.raises(Damaged, match="ends early") as caught:
            heard.extend(piece.samples for piece in reader.pieces(0.1, rate=rate))
        seconds = caught.value.whole_seconds
        assert f"{seconds:.3f} s" in str(caught.value)
        found = np.concatenate([np.zeros((whole.channels, 0)), *heard], axis=1)
        assert found.shape[1] == np.ceil(round(seconds * whole.rate, 6))
        assert np.abs(found - whole.samples[:, : found.shape[1]]).max(initial=0) < 1e-6
        assert np.abs(reader.read(0, seconds, rate).samples - found).max(initial=0) < 1e-6
        assert bad in reader.lost
        assert seconds <= bad * parse(stream).header.segments.hop / reader.rate


@pytest.mark.parametrize("name", MADE)
def test_damage_in_the_middle_does_not_hide_what_is_around_it(name):
    stream, whole = stream_of(name), whole_of(name)
    bad = 2
    low, high = spans(stream)[bad]
    spoilt = bytearray(stream)
    spoilt[(low + high) // 2] ^= 4
    reader = ligeia.open(bytes(spoilt))
    with pytest.raises(Damaged, match="block 2 is damaged: its checksum does not match") as caught:
        reader.read()
    early = reader.read(0, caught.value.whole_seconds).samples
    assert np.abs(early - whole[:, : early.shape[1]]).max() < 1e-6
    assert early.shape[1] > reader.info.sample_count * 0.05
    header = parse(stream).header
    late = (bad * header.segments.hop + header.segments.length) / reader.rate + (0.01 if name == "fitted" else 0.3)
    found = reader.read(late).samples
    assert np.abs(found - whole[:, -found.shape[1] :]).max() < 1e-6
    assert reader.lost == [bad]
    with ligeia.open(bytes(spoilt), salvage=True) as salvaged:
        assert salvaged.read().sample_count == whole.shape[1]
        assert salvaged.lost == [bad]


@pytest.mark.parametrize("name", MADE)
def test_a_payload_that_is_not_valid_is_lost_under_a_valid_checksum(name):
    stream = stream_of(name)
    low, high = spans(stream)[1]
    payload = parse(stream).payloads[1]
    wrong = stream[:low] + write_block(Block(1, payload[:-8] + bytes(7) + b"\xff")) + stream[high:]
    with pytest.raises(ligeia.FormatError):
        ligeia.open(wrong).read()
    reader = ligeia.open(wrong, salvage=True)
    assert reader.read().sample_count == reader.sample_count
    assert reader.lost == [1] == ligeia.decode(wrong, salvage=True).report["lost"]


def test_pieces_are_of_one_length():
    reader = ligeia.open(stream_of("stereo"))
    assert [piece.sample_count for piece in reader] == [16000] * 8
    assert [piece.sample_count for piece in reader.pieces(3.0, start=0.5, rate=8000)] == [24000, 24000, 12000]
    assert np.array_equal(np.concatenate([piece.samples for piece in reader], axis=1), whole_of("stereo"))
    with pytest.raises(ligeia.InputError, match="no samples"):
        reader.pieces(0.0)


def test_a_closed_reader_says_so(tmp_path):
    path = tmp_path / "a.lig"
    path.write_bytes(stream_of("stereo"))
    with ligeia.open(path) as reader:
        assert reader.seconds == 8.0
        assert "8.000 s" in repr(reader)
    with pytest.raises(ligeia.InputError, match="closed"):
        reader.read()


def test_what_happens_to_the_file_while_it_is_open(tmp_path):
    stream, path = stream_of("stereo"), tmp_path / "a.lig"
    path.write_bytes(stream)
    with ligeia.open(path) as reader, path.open("ab") as file:
        file.write(b"more" * 100)
        file.flush()
        assert np.array_equal(reader.read().samples, whole_of("stereo"))
        file.truncate(len(stream) // 2)
        seconds = spans(stream)
        assert reader.read(0.0, 0.5).sample_count == 8000
        with pytest.raises(Damaged, match="checksum"):
            reader.read()
    assert seconds
    with pytest.raises(ligeia.FormatError, match="bytes follow"):
        ligeia.open(stream + b"more")


def test_threads_may_share_a_reader(tmp_path):
    path = tmp_path / "a.lig"
    path.write_bytes(stream_of("stereo"))
    wrong = []

    def read(reader, seed):
        rng = np.random.default_rng(seed)
        for _ in range(6):
            start = int(rng.integers(0, 100000))
            part = reader.sound().read(start, start + 9000)
            if not np.array_equal(part, whole_of("stereo")[:, start : start + 9000]):
                wrong.append(start)

    with ligeia.open(path) as one, ligeia.open(path) as other:
        threads = [threading.Thread(target=read, args=(reader, k)) for k, reader in enumerate([one, one, other])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.parametrize("source", [b"", b"LI", b"RIFF", b"LIG\x01"])
def test_what_is_no_stream(source):
    with pytest.raises(ligeia.FormatError):
        ligeia.open(source)


def test_the_public_name():
    assert ligeia.open is module.open
    assert ligeia.StreamReader is module.StreamReader


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(ligeia.InputError, match="directory"):
        ligeia.open(tmp_path)
    with pytest.raises(ligeia.InputError, match="cannot be read"):
        ligeia.open(tmp_path / "missing.lig")
    with pytest.raises(TypeError, match="binary file object"):
        ligeia.open(17)


def test_careless_calls(tmp_path):
    stream = stereo(1.0)
    reader = ligeia.open(stream)
    for seconds in (0, -1, 1e-9, float("nan"), float("inf")):
        with pytest.raises(ligeia.SettingsError, match="pieces"):
            reader.pieces(seconds)
    with pytest.raises(ligeia.SettingsError, match="start"):
        reader.read(10**400)
    with pytest.raises(TypeError, match="start"):
        reader.read(True)
    (tmp_path / "a.lig").write_bytes(stream)
    with (tmp_path / "a.lig").open("rb") as file:
        pass
    with pytest.raises(ligeia.InputError, match="closed"):
        ligeia.open(file)
