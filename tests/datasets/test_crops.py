"""Crops: the same order after a restart and on many machines, and a cache that never stands in the way."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ligeia.datasets.crops import Crops, SampleCache
from ligeia.datasets.manifest import Item
from ligeia.errors import InputError


def recordings(folder: Path, *lengths: int, channels: int = 1) -> list[Item]:
    items = []
    for number, length in enumerate(lengths):
        path = folder / f"{number}.wav"
        ramp = (np.arange(length)[:, None] + np.zeros(channels)) / 32768
        soundfile.write(path, ramp, 8000, subtype="PCM_16")
        items.append(Item(id=path.name, path=path, set="s"))
    return items


def cache(folder: Path | None = None, **settings: object) -> SampleCache:
    return SampleCache(folder, **{"rate": 8000, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("sample_format", ["float32", "int16"])
def test_samples_come_back_from_disk(tmp_path: Path, sample_format: str) -> None:
    (item,) = recordings(tmp_path, 500)
    folder = tmp_path / "cache"
    first = Crops([item], cache(folder, sample_format=sample_format), 500).crop(0, 0)
    assert np.array_equal(first[0], np.arange(500, dtype=np.float32) / 32768)
    (entry,) = folder.iterdir()
    again = cache(folder, sample_format=sample_format)
    assert not again.samples(item.path).flags.writeable
    assert np.array_equal(Crops([item], again, 500).crop(0, 0), first)
    before = entry.stat().st_mtime_ns
    entry.write_bytes(entry.read_bytes()[:-7])  # cut short: decoded anew
    assert np.array_equal(Crops([item], cache(folder, sample_format=sample_format), 500).crop(0, 0), first)
    assert entry.stat().st_mtime_ns != before


def test_changed_recordings_and_other_rates_are_decoded_anew(tmp_path: Path) -> None:
    (item,) = recordings(tmp_path, 500)
    folder = tmp_path / "cache"
    assert cache(folder).samples(item.path).shape == (1, 500)
    assert cache(folder, rate=4000).samples(item.path).shape == (1, 250)
    soundfile.write(item.path, np.zeros(500), 8000, subtype="PCM_16")
    os.utime(item.path, (1, 1))
    assert not cache(folder).samples(item.path).any()
    assert len(list(folder.iterdir())) == 3


def test_channels(tmp_path: Path) -> None:
    items = recordings(tmp_path, 500, channels=2)
    assert cache().samples(items[0].path).shape == (1, 500)
    assert cache(mono=False).samples(items[0].path).shape == (2, 500)
    (tmp_path / "more").mkdir()
    mixed = Crops([*items, *recordings(tmp_path / "more", 500)], cache(mono=False), 100)
    with pytest.raises(InputError, match="differ in their channels"):
        next(mixed.batches(0, 2))


def test_the_folder_stays_within_its_bound(tmp_path: Path) -> None:
    items = recordings(tmp_path, *[1000] * 6)
    folder = tmp_path / "cache"
    bound = 3 * 4000 + 3 * 128
    earlier = cache(folder, max_bytes=bound)
    for item in items[:3]:
        earlier.samples(item.path)
    (folder / "notes.txt").write_text("not ours")
    later = cache(folder, max_bytes=bound)
    for item in items[3:]:
        later.samples(item.path)
    entries = set(folder.glob("*.npy"))
    assert sum(path.stat().st_size for path in entries) <= bound
    assert (folder / "notes.txt").exists()
    assert later.samples(items[0].path).shape == (1, 1000), "no room: decoded every time"
    assert set(folder.glob("*.npy")) == entries


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="what is mapped cannot be seen here")
def test_few_files_are_mapped_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ligeia.datasets.crops.MAX_OPEN", 2)
    items = recordings(tmp_path, 101, 102, 103, 104)
    kept = cache(tmp_path / "cache")
    for _ in range(3):
        lengths = [kept.samples(item.path).shape[1] for item in items]
    assert lengths == [101, 102, 103, 104]
    assert Path("/proc/self/maps").read_text().count(str(tmp_path / "cache")) <= 2


def test_recordings_of_absurd_length_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    (item,) = recordings(tmp_path, 1000)
    with item.path.open("r+b") as file:  # claims, and has, two gigabytes of silence
        file.truncate(2**31)
        for position, value in ((4, 2**31 - 8), (40, 2**31 - 44)):
            file.seek(position)
            file.write(value.to_bytes(4, "little"))
    with pytest.raises(InputError, match="too long for a cache of 1000000 bytes"):
        cache(max_bytes=10**6).samples(item.path)


def test_leftovers_of_a_crash_make_room(tmp_path: Path) -> None:
    (item,) = recordings(tmp_path, 1000)
    folder = tmp_path / "cache"
    folder.mkdir()
    old, running = folder / f".ligeia-{'0' * 16}.npy", folder / f".ligeia-{'1' * 16}.npy"
    old.write_bytes(bytes(3000))
    running.write_bytes(bytes(100))
    os.utime(old, (0, 0))
    cache(folder, max_bytes=5000).samples(item.path)
    assert not old.exists()
    assert running.exists()


def test_a_cache_that_is_too_small_says_so(tmp_path: Path) -> None:
    items = recordings(tmp_path, 500, 500)
    small = cache(None, max_bytes=3000)
    small.samples(items[0].path)
    assert not small.crowded
    small.samples(items[1].path)
    assert small.crowded


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (item,) = recordings(tmp_path, 500)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="not a folder"):
        cache(tmp_path / "file")
    blocked = cache(tmp_path / "file" / "below")  # cannot be made, whoever asks
    assert blocked.samples(item.path).shape == (1, 500)
    assert blocked.problem is not None
    assert "not cached" in blocked.problem
    assert blocked.samples(item.path) is blocked.samples(item.path), "kept in memory instead"
    with pytest.raises(InputError, match="float32 or int16"):
        cache(sample_format="int8")


def test_crops_follow_from_seed_and_epoch(tmp_path: Path) -> None:
    crops = Crops(recordings(tmp_path, *[900] * 7), cache(), 100, seed=3)
    epoch = list(crops.batches(5, 2))
    assert [batch.shape for batch in epoch] == [(2, 1, 100)] * 3
    again = Crops(recordings(tmp_path, *[900] * 7), cache(), 100, seed=3)
    resumed = list(again.batches(5, 2, first=2))
    assert len(resumed) == 1
    assert np.array_equal(resumed[0], epoch[2])
    assert not np.array_equal(next(crops.batches(6, 2)), epoch[0])
    assert crops.order(5).tolist() != crops.order(6).tolist()
    starts = {round(float(crops.crop(0, epoch)[0, 0] * 32768)) for epoch in range(40)}
    assert len(starts) > 20
    assert min(starts) >= 0
    assert max(starts) <= 800


def test_ranks_share_an_epoch(tmp_path: Path) -> None:
    crops = Crops(recordings(tmp_path, *[200] * 7), cache(), 100)
    shards = [crops.order(0, rank=rank, ranks=3).tolist() for rank in range(3)]
    assert [len(shard) for shard in shards] == [2, 2, 2]
    assert len({number for shard in shards for number in shard}) == 6
    with pytest.raises(InputError, match="a batch needs 3 crops, and each of 3 processes has 2"):
        next(crops.batches(0, 3, rank=0, ranks=3))


def test_segments_and_short_recordings(tmp_path: Path) -> None:
    items = recordings(tmp_path, 1000, 150, 40)
    crops = Crops(items, cache(), 100, segment=200, skip=50, random_start=False)
    assert [(place.start, place.stop) for place in crops.places] == [(50, 250), (250, 450), (450, 650), (650, 850)]
    assert [round(float(crops.crop(k, 9)[0, 0] * 32768)) for k in range(4)] == [50, 250, 450, 650]
    padded = Crops(items[2:], cache(), 100).crop(0, 0)[0]
    assert np.array_equal(padded[40:], np.zeros(60))
    assert padded[39] > 0
    moved = Crops(items, cache(), 100, segment=200, seed=1)
    for number, place in enumerate(moved.places):
        crop = moved.crop(number, 2)[0] * 32768
        assert place.start <= crop[0] <= crop[-1] < place.stop
    with pytest.raises(InputError, match="nothing to crop"):
        Crops(items[1:], cache(), 100, segment=200)
    with pytest.raises(InputError, match="cannot take crops of 100 samples from segments of 50"):
        Crops(items, cache(), 100, segment=50)


def test_the_cache_is_filled_with_progress_and_can_be_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    crops = Crops(recordings(tmp_path, 300, 300, 300), cache(folder), 100)
    shares: list[float] = []
    crops.fill_cache(on_progress=lambda now: shares.append(now.done))
    assert shares[-1] == 1.0
    assert len(list(folder.iterdir())) == 3
