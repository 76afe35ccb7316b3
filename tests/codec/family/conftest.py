from contextvars import ContextVar

import pytest

from ligeia.codec.family import finding


@pytest.fixture(autouse=True)
def no_models_left_over(monkeypatch):
    """No model that another test has read, and no folder of the machine's."""
    monkeypatch.setattr(finding, "_KNOWN", {})
    monkeypatch.setattr(finding, "_FOLDERS", ContextVar("folders", default=()))
    monkeypatch.delenv(finding.VARIABLE, raising=False)
