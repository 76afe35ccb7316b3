"""Pictures of recordings: rows, scales and words, for one sound and for two."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.errors import InputError, MissingExtra, SettingsError
from ligeia.metrics.difference import compared
from ligeia.plots.recordings import View, clock, plot_comparison, plot_difference, plot_sound
from ligeia.plots.style import render

RATE = 8000
TONE = Audio(0.5 * np.sin(np.arange(4 * RATE) ** 1.1 / 5)[None], RATE)
STEREO = Audio(np.concatenate([TONE.samples, 0.5 * TONE.samples]), RATE)


def rows_of(figure) -> list[str]:
    return [axes.get_ylabel() for axes in waves_of(figure)]


def waves_of(figure) -> list:
    drawn = [axes for axes in figure.axes if (axes.lines or axes.collections) and not axes.images]
    return [axes for axes in drawn if "below the loudest" not in axes.get_ylabel()]


def test_a_row_for_each_channel() -> None:
    assert rows_of(plot_sound(TONE, View()).figure) == [""]
    assert rows_of(plot_sound(STEREO, View()).figure) == ["left", "right"]
    assert rows_of(plot_sound(STEREO, View(channels="mono")).figure) == [""]
    five = Audio(np.repeat(TONE.samples, 5, axis=0), RATE)
    assert rows_of(plot_sound(five, View()).figure) == [""]
    assert rows_of(plot_sound(five, View(channels="each")).figure)[-1] == "channel 5"


def test_panels() -> None:
    for kind, images, waves in (("both", 1, 1), ("waveform", 0, 1), ("spectrogram", 1, 0)):
        figure = plot_sound(TONE, View(kind=kind)).figure
        assert sum(bool(axes.images) for axes in figure.axes) == images
        assert len(rows_of(figure)) == waves


def test_the_difference_has_the_scale_of_the_sounds() -> None:
    noise = 0.05 * np.random.default_rng(0).standard_normal(TONE.samples.shape)
    drawn = plot_difference(compared(reference=TONE, estimate=Audio(TONE.samples + noise, RATE)), View(title="a <b>"))
    assert drawn.snr_db == pytest.approx(17, abs=0.3)
    assert rows_of(drawn.figure) == ["reference", "estimate", "error"]
    assert len({axes.get_ylim() for axes in waves_of(drawn.figure)}) == 1
    levels = [axes.images[0].get_array().max() for axes in drawn.figure.axes if axes.images]
    assert levels[0] == pytest.approx(0)
    assert levels[2] < -15
    assert drawn.figure.get_suptitle().startswith("a <b>, SNR 1")
    same = plot_comparison(reference=TONE, estimate=TONE, title="a <b>")
    assert same.get_suptitle() == "a <b>, SNR inf dB"


def test_a_stretch() -> None:
    drawn = plot_sound(TONE, View(start=1.5, stop=1.75))
    assert (drawn.start, drawn.stop) == (1.5, 1.75)
    assert drawn.figure.axes[0].get_xlim() == (1.5, 1.75)
    assert plot_sound(TONE, View(start=3, stop=100)).stop == 4
    with pytest.raises(InputError, match="ends at 4 s"):
        plot_sound(TONE, View(start=4))


@pytest.mark.parametrize(
    "wrong", [{"kind": "phase"}, {"channels": "left"}, {"start": 2, "stop": 1}, {"start": -1}, {"stop": float("nan")}]
)
def test_what_is_not_valid(wrong) -> None:
    with pytest.raises(SettingsError):
        View(**wrong)


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_a_picture_is_the_same_every_time(form) -> None:
    sound = Audio(np.ones((1, 1)), RATE)
    one, two = (plot_sound(sound, View()).figure for _ in range(2))
    assert render(one, form) == render(two, form)


@pytest.mark.parametrize("samples", [np.zeros((1, 1)), np.zeros((2, RATE)), np.ones((1, 1))])
def test_silence_and_single_samples_can_be_drawn(samples) -> None:
    sound = Audio(samples, RATE)
    drawn = plot_difference(compared(reference=sound, estimate=sound), View())
    images = [axes.images[0] for axes in drawn.figure.axes if axes.images]
    assert images[-1].get_array().max() < -79  # no difference is black, not bright


def test_long_times_are_read_as_on_a_clock() -> None:
    minutes = Audio(np.zeros((1, 400)), 1)
    figure = plot_sound(minutes, View(kind="waveform")).figure
    render(figure, "png")
    labels = [text.get_text() for text in figure.axes[-1].get_xticklabels()]
    assert {"2:00", "4:00"} <= set(labels)
    cut = plot_sound(minutes, View(kind="waveform", start=130, stop=133)).figure
    render(cut, "png")
    assert "2:11.5" in [text.get_text() for text in cut.axes[-1].get_xticklabels()]
    assert (clock(0), clock(59.9996), clock(3600)) == ("0:00", "1:00", "1:00:00")


def test_too_many_rows() -> None:
    many = Audio(np.zeros((30, 100)), RATE)
    with pytest.raises(InputError, match="30 rows"):
        plot_sound(many, View(channels="each"))


@pytest.mark.usefixtures("no_matplotlib")
def test_without_matplotlib_the_extra_is_named() -> None:
    with pytest.raises(MissingExtra, match=r"ligeia\[plot\]"):
        plot_sound(TONE, View())
