"""What rows were measured on."""

import json
import os

import numpy as np
import pytest

from ligeia.records import environment
from ligeia.records.environment import commit, describe, environment_id, processor, threads


def test_description_is_plain_and_complete() -> None:
    facts = describe(2, {"snr": "snr 1"})
    assert json.loads(json.dumps(facts)) == facts
    assert facts["packages"]["numpy"] == np.__version__
    assert facts["workers"] == 2
    assert facts["metrics"] == {"snr": "snr 1"}


def test_names_follow_the_content() -> None:
    facts = describe(1, {})
    assert environment_id(facts) == environment_id(dict(facts))
    assert environment_id(facts) != environment_id({**facts, "workers": 3})


def test_threads_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "usable_cores", lambda: 8)
    assert [threads(workers) for workers in (1, 3, 8, 100)] == [8, 2, 1, 1]


def test_machine_has_a_name() -> None:
    assert processor()


def test_without_git_there_is_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert commit() is None


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no system of processors that can be told apart")
def test_cores_of_others_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert environment.usable_cores() == 1
