"""Calls that last: told of once while they last, and at the last look again; then of threads in no call as well."""

from __future__ import annotations

import numpy as np
import pytest

from tracer.capture.ebpf import waiting as module
from tracer.capture.ebpf.layout import THREAD
from tracer.capture.ebpf.machines import here
from tracer.capture.ebpf.waiting import Waiting
from tracer.capture.inside import Inside
from tracer.capture.seccomp_filter import Wanted
from tracer.syscalls.names import name_of
from tracer.wire import Flag, Kind

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


def joined(off: int = 0) -> bytes:
    """The state of a thread that we came to at 1,000 and that has neither entered nor left a call since."""
    state = np.zeros((), THREAD)
    state["attached"] = state["first"] = 1
    state["since"], state["off"], state["asleep"] = 1_000, off, off > 0
    return state.tobytes()


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """Waiting for a thread that is in a call since before we came, says /proc."""
    monkeypatch.setattr(Waiting, "_copied", lambda *_: joined())
    monkeypatch.setattr(module, "process_of", lambda _tid: (5, 1))
    monkeypatch.setattr(module, "has_64_bits", lambda _pid: True)
    monkeypatch.setattr(module, "inside_of", lambda _pid, _tid: Inside(17, (1, 2, 3, 4, 5, 6), 0x400000))
    return Waiting(-1)


def test_a_call_from_before_we_came_is_told_as_one_without_a_beginning(met: Waiting) -> None:
    assert len(met.calls([TID], 1_000 + OLD - 1, OLD)) == 0
    (first,) = met.calls([TID], 2_000, OLD)
    assert len(met.calls([TID], 3_000, OLD)) == 0
    (last,) = met.calls([TID], 9_000, 0)
    for record, end in ((first, 2_000), (last, 9_000)):
        assert (record["kind"], record["nr"], record["abi"]) == (Kind.ENTERED, 17, here().native)
        assert record["args"].tolist() == [1, 2, 3, 4, 5, 6]
        assert (record["pid"], record["tid"], record["ip"]) == (5, TID, 0x400000)
        assert (record["at"], record["end"], record["blocked"]) == (1_000, end, end - 1_000)
        assert record["flags"] & Flag.NO_ENTRY


def test_a_call_that_was_not_asked_for_is_time_asleep_and_no_row_of_its_own(met: Waiting) -> None:
    """`--trace`: the last look says how long, not in which call."""
    met._wanted = Wanted(frozenset({name_of(here().native, 17)}), inverted=True)
    assert len(met.calls([TID], 5_000, OLD)) == 0
    (last,) = met.calls([TID], 9_000, 0)
    assert (last["kind"], last["since"], last["end"], last["user_blocked"]) == (Kind.LEFT, 1_000, 9_000, 8_000)


def test_who_comes_back_while_we_look_is_told_of_by_its_own_row(
    met: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = iter([joined(), joined(off=1_500)])
    monkeypatch.setattr(Waiting, "_copied", lambda *_: next(copies))
    assert len(met.calls([TID], 2_000, OLD)) == 0


def test_a_thread_that_computes_is_told_of_at_the_last_look(met: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    """It made no call since we came: nothing else says that it was there."""
    monkeypatch.setattr(module, "inside_of", lambda _pid, _tid: None)
    monkeypatch.setattr(module, "is_running", lambda _pid, _tid: True)
    assert len(met.calls([TID], 5_000, OLD)) == 0
    (last,) = met.calls([TID], 9_000, 0)
    assert (last["kind"], last["pid"], last["tid"]) == (Kind.LEFT, 5, TID)
    assert (last["since"], last["at"], last["end"], last["user_blocked"]) == (1_000, 9_000, 9_000, 0)


def computing(off: int = 0, *, attached: bool = False) -> bytes:
    """The state of a thread that came back from a call at 1,000, or that we came to then."""
    state = np.zeros((), THREAD)
    state["since"], state["at"], state["off"], state["asleep"] = 1_000, 500, off, off > 0
    state["attached"] = attached
    return state.tobytes()


@pytest.mark.parametrize("attached", [False, True])
def test_a_thread_that_computes_is_told_of_again_and_again(monkeypatch: pytest.MonkeyPatch, attached: bool) -> None:
    monkeypatch.setattr(Waiting, "_copied", lambda *_: computing(attached=attached))
    monkeypatch.setattr(module, "process_of", lambda _tid: (5, 1))
    monkeypatch.setattr(module, "inside_of", lambda _pid, _tid: None)
    monkeypatch.setattr(module, "is_running", lambda _pid, _tid: True)
    waiting, told = Waiting(-1), []
    for now in range(0, 5 * module._AGAIN_NS, module._AGAIN_NS // 10):
        told += [(int(each["kind"]), int(each["pid"]), int(each["end"])) for each in waiting.calls([TID], now, OLD)]
    gaps = np.diff([0, *(end for _, _, end in told)])
    assert {(kind, pid) for kind, pid, _ in told} == {(Kind.LEFT, 5)}
    assert len(told) == 4
    assert (gaps >= module._AGAIN_NS).all()


def test_a_stopped_thread_and_one_asleep_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asleep in a call that is not asked for; stopped before we came, so that we never saw it leave its CPU."""
    states = iter([computing(off=1_000)] * 7 + [computing(attached=True)] * 14)
    monkeypatch.setattr(Waiting, "_copied", lambda *_: next(states))
    monkeypatch.setattr(module, "process_of", lambda _tid: (5, 1))
    monkeypatch.setattr(module, "inside_of", lambda _pid, _tid: None)
    monkeypatch.setattr(module, "is_running", lambda _pid, _tid: False)
    waiting = Waiting(-1)
    assert [len(waiting.calls([TID], turn * module._AGAIN_NS, OLD)) for turn in range(14)] == [0] * 14
