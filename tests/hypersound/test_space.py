"""Vectors of clips, and the numbers that say how well they tell labels apart."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.space import (
    chance,
    clip_vectors,
    distances,
    in_plane,
    loud_segments,
    neighbour_accuracy,
    silhouette,
    standardised,
    summary,
)

RANDOM = np.random.default_rng(0)


def clouds(apart: float, each: int = 12) -> tuple[np.ndarray, list[str]]:
    """Three clouds in five dimensions, `apart` from each other."""
    centres = np.eye(5)[:3] * apart
    vectors = np.concatenate([centre + RANDOM.normal(size=(each, 5)) for centre in centres])
    return vectors, [name for name in "abc" for _ in range(each)]


def test_distances_are_those_of_pairs() -> None:
    vectors = RANDOM.normal(size=(7, 3))
    wanted = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    assert np.allclose(distances(vectors), wanted, atol=1e-7)


def test_clouds_that_are_far_apart_are_told_apart() -> None:
    vectors, labels = clouds(40.0)
    assert neighbour_accuracy(vectors, labels) == 1
    assert silhouette(vectors, labels) > 0.9
    mixed, _ = clouds(0.0)
    assert neighbour_accuracy(mixed, labels) < 0.7
    assert abs(silhouette(mixed, labels)) < 0.2
    assert chance(labels) == pytest.approx(1 / 3)


def test_the_silhouette_is_its_definition() -> None:
    vectors, labels = np.array([[0.0], [1.0], [5.0], [9.0]]), ["a", "a", "b", "b"]
    # Of 0: its own 1, the others (5 + 9) / 2; and so on by hand.
    wanted = np.mean([(7 - 1) / 7, (6 - 1) / 6, (4.5 - 4) / 4.5, (8.5 - 4) / 8.5])
    assert silhouette(vectors, labels) == pytest.approx(wanted)
    with pytest.raises(InputError, match="two labels"):
        silhouette(vectors, ["a"] * 4)


def test_neighbours_exclude_the_clip_itself() -> None:
    assert neighbour_accuracy(np.array([[0.0], [0.1], [9.0], [9.1]]), list("abab"), neighbours=1) == 0


def test_places_that_never_change_are_left_out() -> None:
    assert standardised(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist() == [[-1.0], [1.0]]


def test_segments_are_normalised_and_quiet_ones_left_out() -> None:
    samples = np.concatenate([np.full(10, 0.5), np.full(10, 1e-4), np.full(5, -0.25)]).astype(np.float32)
    segments, peaks = loud_segments(samples, 10)
    assert peaks.tolist() == [0.5, 0.25]
    assert segments[0].tolist() == [1.0] * 10
    assert segments[1].tolist() == [-1.0] * 5 + [0.0] * 5
    with pytest.raises(InputError, match="silent"):
        loud_segments(np.zeros(30, np.float32), 10)


def test_vectors_of_a_clip(tiny) -> None:
    model = HyperSound(tiny())
    audio = Audio(RANDOM.uniform(-0.5, 0.5, (1, 8000)), 8000)
    vectors = clip_vectors(model, audio)
    assert vectors["weights"].shape == vectors["weights, mean size"].shape == (model.config.numbers,)
    assert vectors["code"].shape == vectors["code, mean"].shape == (model.config.code_size,)
    assert all(np.isfinite(vector).all() for vector in vectors.values())
    assert np.allclose(
        vectors["weights, mean size"],
        clip_vectors(model, Audio(audio.samples / 3, 8000))["weights, mean size"],
        atol=1e-4,
    )


def test_the_summary_counts_what_has_a_label() -> None:
    vectors, labels = clouds(40.0)
    gender = ["F" if name == "a" else "M" if name == "b" else "" for name in labels]
    found = summary(vectors, {"speaker": labels, "gender": gender}, place=lambda full: full[:, :2])
    assert found["speaker"]["accuracy"] == 1  # type: ignore[index]
    assert (found["gender"]["clips"], found["gender"]["labels"]) == (24, 2)  # type: ignore[index]
    assert len(found["places"]) == 36  # type: ignore[arg-type]


def test_the_plane_keeps_clouds_apart() -> None:
    pytest.importorskip("sklearn")
    vectors, labels = clouds(40.0)
    assert neighbour_accuracy(in_plane(vectors, seed=1), labels) == 1
