"""The child that calibrations measure: it makes as many calls as it is told, and knows what they cost it."""

from __future__ import annotations

import ctypes
import os

from tracer.capture.subject import Subject, _call


def test_the_loop_calls_as_often_as_it_is_told() -> None:
    made = []

    def function() -> int:
        made.append(1)
        return 7

    _call(ctypes.CFUNCTYPE(ctypes.c_int)(function), 37)
    assert len(made) == 37


def test_a_call_costs_more_than_a_function_and_both_cost_something() -> None:
    subject = Subject(11)
    try:
        assert subject.truth.kernel > 0
        assert subject.truth.user > 0
        assert subject.constants() == {}  # nobody has traced it
    finally:
        subject.release()
        os.waitpid(subject.pid, 0)
