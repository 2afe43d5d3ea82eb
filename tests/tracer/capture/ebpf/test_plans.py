"""Declarations as tables for the kernel: the same pieces as the ptrace plans, or left out."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.capture.ebpf.layout import ACTION, I386_PLANS, MOST_ACTIONS, PLAN_HEAD, PLANS, VALUE
from tracer.capture.ebpf.machines import MACHINES, Machine
from tracer.capture.ebpf.plans import kernel_plan, kernel_plans, left_out
from tracer.capture.plan import PlanOptions
from tracer.syscalls.names import numbers
from tracer.syscalls.table import declarations
from tracer.wire import Abi

CONST, RESULT, ARG, INT_ARG, LOAD, FD_SET = range(6)
FLAT, TEXT, SEGMENTS = range(3)
ENTRY, EXIT = range(2)


def actions(name: str, options: PlanOptions = PlanOptions()) -> list[tuple[Any, ...]]:  # noqa: B008
    """A call's actions: shape, when, needs, payload, arg, the numbers it is for, and its values."""
    plan = kernel_plan(declarations(Abi.X86_64)[numbers(Abi.X86_64)[name]], options)
    if not plan:
        return []
    entry, exits, *_ = PLAN_HEAD.unpack_from(plan)
    found = []
    for i in range(entry + exits):
        shape, when, needs, payload, arg, matches, _, _, *rest = ACTION.unpack_from(
            plan, PLAN_HEAD.size + i * ACTION.size
        )
        assert when == (EXIT if i >= entry else ENTRY)
        at, size, entries = (VALUE.unpack(each) for each in rest[4:])
        found.append((shape, when, needs, payload, arg, tuple(rest[:matches]), at[:4], size, entries[:5]))
    return found


def test_a_read_keeps_as_much_as_came_and_a_write_what_is_sent() -> None:
    """At the exit when it came, at the entry when it goes."""
    (shape, when, _, payload, arg, _, at, size, _) = actions("read")[0]
    assert (shape, when, payload, arg, at[:2]) == (FLAT, EXIT, 1, 1, (ARG, 1))
    assert size[0] == RESULT
    (_, when, _, payload, _, _, at, size, _) = actions("write")[0]
    assert (when, payload, at[:2], size[:2]) == (ENTRY, 1, (ARG, 1), (ARG, 2))


def test_structures_and_arrays() -> None:
    """A pollfd array by its count, events by how many there are, segments by the vector, text by its NUL."""
    entry, exits = actions("poll")
    assert (entry[7][0], entry[7][4]) == (INT_ARG, 8)
    assert exits[1] == EXIT
    events = actions("epoll_wait")[0]
    assert (events[7][0], events[7][4]) == (RESULT, 12)
    assert [each[0] for each in actions("writev")] == [FLAT, SEGMENTS]
    assert actions("openat")[0][0] == TEXT
    assert {each[7][0] for each in actions("select")} >= {FD_SET}


def test_a_condition_on_a_register_goes_along() -> None:
    """More numbers than fit are several actions."""
    match = [each for each in actions("prctl") if each[5]]
    assert match
    assert all(len(each[5]) <= 4 for each in match)


def test_redaction_keeps_structures_only() -> None:
    """No byte of payload ever leaves the kernel."""
    for options in (PlanOptions(redact=True), PlanOptions(capture_bytes=0)):
        assert actions("read", options) == []
        assert len(actions("poll", options)) == 2


def test_plans_are_those_of_the_machine() -> None:
    """The numbers of arm64, and none for its 32-bit programs, whose calls nobody declared."""
    plans = kernel_plans(PlanOptions(), MACHINES["aarch64"])
    known = numbers(Abi.AARCH64)
    assert plans[known["ppoll"]] == kernel_plan(declarations(Abi.AARCH64)[known["ppoll"]], PlanOptions())
    assert plans[known["openat"]]
    assert max(plans) < I386_PLANS
    assert kernel_plans(PlanOptions(), Machine(Abi.OTHER, Abi.OTHER)) == {}


def test_every_plan_fits_its_place() -> None:
    """Of both tables."""
    plans = kernel_plans(PlanOptions())
    assert len(plans) > 400
    for place, plan in plans.items():
        entry, exits, before, after, unfolds, *_ = PLAN_HEAD.unpack_from(plan)
        assert entry + exits + before + after + unfolds > 0
        assert entry + exits <= MOST_ACTIONS
        assert len(plan) == PLAN_HEAD.size + (entry + exits) * ACTION.size
        assert 0 <= place < PLANS


@pytest.mark.parametrize(
    "name", ["read", "writev", "poll", "select", "epoll_wait", "epoll_ctl", "openat", "connect"]
)
def test_the_calls_of_the_io_models_are_whole(name: str) -> None:
    """Nothing they copy is beyond the programs."""
    assert name not in left_out(PlanOptions())
