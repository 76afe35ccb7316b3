"""When compiled loops are loaded, and what happens where they cannot be."""

from types import SimpleNamespace

import pytest

from ligeia.codec.transform import acceleration
from ligeia.codec.transform.acceleration import CALL, COMPILING, LOADING, VARIABLE, Acceleration
from ligeia.errors import MissingExtra, SettingsError


@pytest.fixture
def loaded(monkeypatch):
    """What is imported instead of the loops, and how often."""
    names = []
    loops = SimpleNamespace(check=lambda: None)
    monkeypatch.setattr(acceleration, "import_module", lambda name: names.append(name) or loops)
    monkeypatch.setattr(acceleration, "find_spec", lambda name: name)
    monkeypatch.setattr(acceleration, "kept", SimpleNamespace(is_complete=lambda: True))
    monkeypatch.delenv(VARIABLE, raising=False)
    return names


def test_a_short_sound_never_waits(loaded):
    choice = Acceleration()
    assert choice.loops(LOADING - CALL) is None
    assert not loaded
    assert choice.loops(1) is not None
    assert choice.loops(1) is not None
    assert len(loaded) == 1


def test_many_short_sounds_are_worth_it_too(loaded):
    choice = Acceleration()
    calls = next(number for number in range(LOADING) if choice.loops(1) is not None)
    assert calls == pytest.approx(LOADING / CALL, abs=1)


def test_what_is_not_compiled_yet_has_another_price(loaded, monkeypatch):
    monkeypatch.setattr(acceleration, "kept", SimpleNamespace(is_complete=lambda: False))
    choice = Acceleration()
    for coefficients in (LOADING, COMPILING - LOADING - 2 * CALL):
        assert choice.loops(coefficients) is None
    assert choice.loops(1) is not None


def test_without_numba_there_is_numpy(loaded, monkeypatch):
    monkeypatch.setattr(acceleration, "find_spec", lambda name: None)
    choice = Acceleration()
    assert choice.loops(2 * COMPILING) is None
    assert choice.loops(1) is None
    assert not loaded


def test_the_variable_decides(loaded, monkeypatch):
    choice = Acceleration()
    monkeypatch.setenv(VARIABLE, "0")
    assert choice.loops(2 * COMPILING) is None
    assert choice.loops(1) is None
    monkeypatch.setenv(VARIABLE, "1")
    assert choice.loops(1) is not None
    monkeypatch.setenv(VARIABLE, "yes")
    with pytest.raises(SettingsError, match="'yes'"):
        choice.loops(1)


def test_a_numba_that_fails_is_said_once(loaded, monkeypatch):
    def fail(name: str) -> None:
        raise RuntimeError("no code for this processor")

    monkeypatch.setattr(acceleration, "import_module", fail)
    choice = Acceleration()
    assert choice.loops(2 * LOADING) is None
    with pytest.warns(UserWarning, match="no code for this processor"):
        assert choice.loops(1) is None
    assert choice.loops(1) is None
    monkeypatch.setenv(VARIABLE, "1")
    with pytest.raises(RuntimeError, match="processor"):
        choice.loops(1)


def test_a_numba_that_is_asked_for_has_to_be_there(loaded, monkeypatch):
    def missing(name: str) -> None:
        raise ModuleNotFoundError("no", name="numba")

    monkeypatch.setattr(acceleration, "import_module", missing)
    monkeypatch.setenv(VARIABLE, "1")
    with pytest.raises(MissingExtra, match="fast"):
        Acceleration().loops(1)
