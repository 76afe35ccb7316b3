"""Each action writes what the command of one file writes, byte for byte."""

from pathlib import Path

import pytest

from ligeia.corpus.actions import encode as encoding_action
from ligeia.corpus.actions.table import ACTIONS, action_named, function_of
from ligeia.corpus.order import Order
from ligeia.errors import SettingsError


def test_the_table_knows_its_functions() -> None:
    assert function_of("encode") is encoding_action.make
    for name in ACTIONS:
        assert callable(function_of(name))
    with pytest.raises(SettingsError, match="is not a valid action"):
        action_named("sing")


def test_the_digest_is_that_of_what_decides_the_results(order: Order) -> None:
    fields = vars(order)
    assert Order(**fields).digest == Order(**{**fields, "sources": "/elsewhere", "state": Path("x")}).digest
    assert Order(**{**fields, "settings": {**order.settings, "kbps": 8.0}}).digest != order.digest
    assert Order(**{**fields, "whole_names": True}).digest != order.digest
