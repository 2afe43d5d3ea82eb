"""Calls that last: told of once while they last, and once more at the last look."""

from __future__ import annotations

import numpy as np
import pytest

from tracer.capture.ebpf.layout import THREAD
from tracer.capture.ebpf.waiting import Waiting

TID, OLD = 7, 50


def asleep(since: int) -> bytes:
    """The state of a thread that entered a call at `since` and left its CPU at once."""
    state = np.zeros((), THREAD)
    state["in_call"] = state["asleep"] = 1
    state["at"] = state["off"] = since
    state["tid"] = TID
    return state.tobytes()


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    monkeypatch.setattr(Waiting, "_copied", lambda *_: asleep(1_000))
    return Waiting(-1)


def test_a_young_call_is_not_told_yet(waiting: Waiting) -> None:
    assert len(waiting.calls([TID], 1_000 + OLD - 1, OLD)) == 0
    assert len(waiting.calls([TID], 1_000 + OLD, OLD)) == 1


def test_while_it_lasts_it_is_told_once(waiting: Waiting) -> None:
    assert len(waiting.calls([TID], 2_000, OLD)) == 1
    assert len(waiting.calls([TID], 3_000, OLD)) == 0


def test_the_last_look_says_how_long_it_has_lasted_by_then(waiting: Waiting) -> None:
    """Or what it slept since it was first told of would be nowhere."""
    (first,) = waiting.calls([TID], 2_000, OLD)
    (last,) = waiting.calls([TID], 9_000, 0)
    assert (first["blocked"], first["end"]) == (1_000, 2_000)
    assert (last["blocked"], last["end"]) == (8_000, 9_000)
