"""The requests of an io_uring or a native AIO context, line by line."""

from __future__ import annotations

import errno
from dataclasses import replace

from tracer.analyze.waiting_sets.asked import Request, Requests
from tracer.analyze.waiting_sets.waiting_sets import Family, Waiter, WaitReturn
from tui.drawing.palette import PLAIN
from tui.drawing.waiting_head import head_lines
from tui.drawing.waiting_list import who
from tui.drawing.waiting_requests import request_line, request_rows, request_titles

DONE = Request("READ", 5, False, 64, 0x11, 1_000_000, 97_700_000, False, 61)
FLYING = Request("ACCEPT", 7, False, 0, 0x12, 2_000_000, 3_000_000, False, None)
NEW = Request("WRITE", 2, True, 8_192, 0x13, 2_500_000, 2_500_000, True, None)
UNSEEN = Request("", None, False, 0, 0x14, None, None, False, -errno.ECANCELED)
REQUESTS = Requests((DONE, UNSEEN), (FLYING, NEW), handed=1, wanted=3, inherited=False)
WAITER = Waiter(
    number=0, family=Family.URING, pid=7, fd=4, tids=(7,), returns=1_203, wakeups=3, ready=5, useless=0, timeouts=0,
    failed=0, bytes_in=0, bytes_out=61, blocked_ns=5_000,
)  # fmt: skip
RETURN = WaitReturn(
    waiter=WAITER, number=16, line=9, at_ns=2_000_000, pid=7, tid=7, name="io_uring_enter", timeout="", result=1,
    outcome="1", kernel_ns=3_300, blocked_ns=0, bytes_in=0, bytes_out=61, useless=False, watched=REQUESTS,
    names={5: "pipe:[13]", 7: "listening"},
)  # fmt: skip


def line(request: Request | str, width: int = 110) -> str:
    return "".join(segment.text for segment in request_line(request, RETURN, 0, width, PLAIN))


def test_an_answer_says_who_asked_for_what_and_how_long_it_took() -> None:
    words = line(DONE).split()
    assert words == ["●", "READ", "5", "pipe:[13]", "64", "0x11", "0.001000", "97.7", "ms", "61"]


def test_what_is_in_flight_and_what_is_new_differ_by_a_mark_and_a_word() -> None:
    assert line(FLYING).startswith("○")
    assert "in flight" in line(FLYING)
    assert line(NEW).startswith("+")
    assert "handed over" in line(NEW)
    assert "#2" in line(NEW)
    assert "registered file" in line(NEW)


def test_what_is_not_known_is_said_so() -> None:
    words = line(UNSEEN).split()
    assert words[:4] == ["●", "not", "seen", "?"]
    assert words[-1] == "ECANCELED"
    assert words.count("?") == 5


def test_a_poll_is_answered_with_events() -> None:
    assert line(DONE._replace(operation="POLL_ADD", result=1)).rstrip().endswith("IN")


def test_rows_say_what_is_left_out() -> None:
    assert request_rows(REQUESTS, only_answered=False) == [DONE, UNSEEN, FLYING, NEW]
    odd = replace(REQUESTS, inherited=True, unread="some were overwritten")
    *shown, older, why = request_rows(odd, only_answered=True)
    assert shown == [DONE, UNSEEN]
    assert "older than the trace" in str(older)
    assert "overwritten" in str(why)
    assert line(older).startswith("It is older")


def test_every_width_has_the_request_its_descriptor_and_its_answer() -> None:
    for width in range(48, 200):
        titles = request_titles(width, PLAIN)
        assert titles.cell_len <= width
        assert "request" in titles.plain
        assert "answer" in titles.plain
        shown = line(DONE, width)
        assert len(shown) <= width
        assert "READ" in shown
        assert "61" in shown


def test_the_head_tells_what_the_call_waited_for() -> None:
    first, second = (each.plain for each in head_lines(RETURN, 0, PLAIN))
    assert "io_uring 4 return 17 of 1,203 · 2 answered, 2 in flight" in first
    assert "io_uring_enter, waits for 3 answers · 1 handed over · did not sleep" in second
    assert "memory that both share" in second
    idle = replace(RETURN, watched=replace(REQUESTS, wanted=0))
    assert "does not wait" in head_lines(idle, 0, PLAIN)[1].plain


def test_native_aio_has_a_context_and_a_timeout() -> None:
    waiter = replace(WAITER, family=Family.AIO, fd=None, context=0x7F10)
    assert who(waiter) == "native AIO 0x7f10"
    ret = replace(RETURN, waiter=waiter, name="io_getevents", timeout="NULL")
    assert "io_getevents, waits for 3 answers, timeout for ever" in head_lines(ret, 0, PLAIN)[1].plain
