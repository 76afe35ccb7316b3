"""Every public name, given what it does not take: one clear sentence of ours, never an error of Python or numpy.

The names come from `ligeia.__all__`, so that a new one fails here until it has a call that works.
"""

import io
import linecache
import traceback
from collections.abc import Callable
from inspect import Parameter, isclass, signature
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

import numpy as np
import pytest

import ligeia
from ligeia.errors import LigeiaError

SOURCE = str(Path(ligeia.__file__).parent)
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(1600) / 8000)
AUDIO = ligeia.Audio(TONE, 8000)
STREAM = ligeia.encode(AUDIO)
WRONG: list[Any] = [
    None,
    "nonsense",
    3,
    -1.5,
    float("nan"),
    True,
    1j,
    {"a": 1},
    ["a", "b"],
    [[0.1], [0.2, 0.3]],
    b"nonsense",
    object(),
    dict,
    io.StringIO("text"),
    np.zeros((2, 2, 2)),
    np.zeros((3000, 2)),
    np.array(["a"]),
    np.array([None]),
    np.array(0.5),
]
TAKE_FUNCTIONS = ("on_progress", "loss", "design", "solve")
"""Arguments that are called with what such a function takes: its errors are its own."""
NO_CALLS = {
    "METRICS": "a table",
    "RECIPES": "a table",
    "__version__": "a string",
    "StreamReader": "made by open",
    "Scores": "made by score",
    "Enhanced": "made by denoise, restore and extend",
}


def calls(folder: Path) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """A call of every public name that works and takes little."""
    inr = ligeia.decode(STREAM)
    wav = folder / "a.wav"
    if not wav.exists():
        ligeia.write_audio(wav, AUDIO)
    parts = {name: getattr(inr, name) for name in ("spec", "parameters", "rate", "segments", "gains")}
    config = ligeia.FitConfig(steps=1)
    return {
        "Audio": (ligeia.Audio, {"samples": TONE, "rate": 8000}),
        "INR": (ligeia.INR, parts),
        "INR()": (inr.__call__, {"seconds": [0.1]}),
        "INR.render": (inr.render, {}),
        "INR.derivative": (inr.derivative, {"seconds": [0.1]}),
        "EncodeSettings": (ligeia.EncodeSettings, {}),
        "FitConfig": (ligeia.FitConfig, {}),
        "MorphSettings": (ligeia.MorphSettings, {}),
        "SampleSettings": (ligeia.SampleSettings, {}),
        "Siren": (ligeia.Siren, {}),
        "Recipe": (
            ligeia.Recipe,
            {"name": "a", "source": "b", "design": lambda shape: ligeia.Siren(width=4), "config": config},
        ),
        "decode": (ligeia.decode, {"stream": STREAM}),
        "inspect": (ligeia.inspect, {"stream": STREAM}),
        "open": (ligeia.open, {"source": STREAM}),
        "encode": (ligeia.encode, {"sound": TONE, "rate": 8000}),
        "encode_inr": (ligeia.encode_inr, {"inr": inr}),
        "encode_with_report": (ligeia.encode_with_report, {"sound": AUDIO, "settings": ligeia.EncodeSettings()}),
        "fit": (ligeia.fit, {"sound": AUDIO, "steps": 1, "width": 4}),
        "embed": (ligeia.embed, {"sound": AUDIO, "model": "nothing there"}),
        "sample": (ligeia.sample, {"model": "nothing there"}),
        "morph": (ligeia.morph, {"model": "nothing there", "first": AUDIO, "last": AUDIO}),
        "denoise": (ligeia.denoise, {"audio": AUDIO, "method": "gate"}),
        "restore": (ligeia.restore, {"audio": AUDIO, "method": "spline"}),
        "extend": (ligeia.extend, {"audio": AUDIO, "rate": 9000, "method": "inr"}),
        "score": (ligeia.score, {"reference": AUDIO, "estimate": AUDIO, "metrics": ["snr"]}),
        "resample": (ligeia.resample, {"audio": AUDIO, "rate": 9000}),
        "open_audio": (ligeia.open_audio, {"source": wav}),
        "read_audio": (ligeia.read_audio, {"source": wav}),
        "write_audio": (ligeia.write_audio, {"target": folder / "b.wav", "audio": AUDIO, "overwrite": True}),
        "register": (ligeia.register, {"spec": ligeia.Siren}),
    }


def parameters_of(function: Callable[..., Any]) -> list[str]:
    """The names of all that a function takes, those of typed keywords included."""
    names = []
    for name, parameter in signature(function).parameters.items():
        if parameter.kind is not Parameter.VAR_KEYWORD:
            names.append(name)
            continue
        hint = get_args(parameter.annotation) or get_args(get_type_hints(function).get(name, None))
        names += get_type_hints(hint[0]) if hint and is_typeddict(hint[0]) else []
    return names


def complaint(call: Callable[[], Any]) -> str | None:
    """What is wrong with how a call ends, None where nothing is."""
    try:
        made = call()
        if hasattr(made, "close"):
            made.close()
    except LigeiaError as error:
        return None if str(error) and "\n" not in str(error) else f"not one line: {error!r}"
    except TypeError as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        line = linecache.getline(last.filename, last.lineno or 0).strip()
        ours = last.filename.startswith(SOURCE) and line.startswith("raise ")
        if ours and "\n" not in str(error):
            return None
        return f"an error of Python at {last.filename}:{last.lineno}: {error!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def test_every_public_name_is_tried(tmp_path):
    names = {name for name in ligeia.__all__ if not is_error(getattr(ligeia, name))}
    assert names - NO_CALLS.keys() == {name for name in calls(tmp_path) if not name.startswith("INR") or name == "INR"}


def is_error(value: Any) -> bool:
    return isclass(value) and issubclass(value, BaseException)


NAMES = [
    "Audio", "INR", "INR()", "INR.render", "INR.derivative", "EncodeSettings", "FitConfig", "MorphSettings",
    "SampleSettings", "Siren", "Recipe", "decode", "inspect", "open", "encode", "encode_inr", "encode_with_report",
    "fit", "embed", "sample", "morph", "denoise", "restore", "extend", "score", "resample", "open_audio", "read_audio",
    "write_audio", "register",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_wrong_arguments_are_named(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, right = calls(tmp_path)[name]
    complaints = []
    for parameter in parameters_of(function):
        for value in WRONG:
            if value is dict and parameter in TAKE_FUNCTIONS:
                continue
            found = complaint(lambda p=parameter, v=value: function(**{**right, p: v}))
            if found is not None:
                complaints.append(f"{name}({parameter}={value!r:.40}): {found}")
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("name", NAMES)
def test_right_arguments_work(name, tmp_path):
    function, right = calls(tmp_path)[name]
    if name in ("embed", "sample", "morph"):
        with pytest.raises(LigeiaError, match="nothing there"):
            function(**right)
    elif name == "register":
        with pytest.raises(LigeiaError, match="siren has its number already"):
            function(**right)
    else:
        made = function(**right)
        if hasattr(made, "close"):
            made.close()
