"""Pictures of waiting sets: the bit matrix and its end, the array, the interest list, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from rich.segment import Segment

from tracer.analyze.waiting_sets.waiting_sets import (
    Array,
    Bits,
    Brought,
    Family,
    Interest,
    Interests,
    Polled,
    Told,
    Waiter,
    WaitReturn,
)
from tui.drawing.palette import DARK, LIGHT, PLAIN, Palette
from tui.drawing.waiting_epoll import epoll_line, epoll_rows, epoll_titles
from tui.drawing.waiting_head import head_lines
from tui.drawing.waiting_list import waiter_columns, waiter_line
from tui.drawing.waiting_poll import poll_line, poll_titles
from tui.drawing.waiting_select import LIMIT, Beyond, End, Gap, ReadyFd, Words, select_line, select_rows
from tui.drawing.waiting_words import brought_text, epoll_mode, fds_text

IN, OUT, ET, ONESHOT, EXCLUSIVE = 1, 4, 1 << 31, 1 << 30, 1 << 28
START = 1_000_000_000
WAITER = Waiter(
    number=0, family=Family.SELECT, pid=7, fd=None, tids=(7,), returns=1_203, wakeups=1_000, ready=2_500,
    useless=53, timeouts=197, failed=6, bytes_in=120_300, bytes_out=120_300, blocked_ns=9_000_000,
)  # fmt: skip
NOTHING = Brought(3, 0, 0, 0, 0, False, 0, 0)


def returned(watched: Bits | Array | Interests, *brought: Brought, **fields: object) -> WaitReturn:
    """The twelfth return of that waiter, 0.25 s after the beginning."""
    ret = WaitReturn(
        waiter=WAITER, number=11, line=99, at_ns=START + 250_000_000, pid=7, tid=7, name="select", timeout="NULL",
        result=2, outcome="2", kernel_ns=1_700, blocked_ns=53_000, bytes_in=48, bytes_out=48, useless=False,
        watched=watched, brought=brought, names={3: "pipe (read end)", 130: "socket"},
    )  # fmt: skip
    return replace(ret, **fields)  # type: ignore[arg-type]


def text(segments: Iterable[Segment]) -> str:
    """The characters of a line."""
    return "".join(segment.text for segment in segments)


def bits(nfds: int, *asked: set[int] | None, ready: tuple[set[int] | None, ...] = ()) -> Bits:
    """Sets as select sees them."""
    sets = [frozenset(each) if each is not None else None for each in (*asked, None, None)[:3]]
    left = [frozenset(each) if each is not None else None for each in (*ready, None, None, None)[:3]]
    return Bits(nfds, (sets[0], sets[1], sets[2]), (left[0], left[1], left[2]), (nfds + 63) // 64 * 8)


def test_the_matrix_leaves_out_what_nobody_asked_for() -> None:
    watched = bits(961, {3, 5, 130, 960}, {3}, ready=({130}, set()))
    rows = select_rows(returned(watched, NOTHING._replace(fd=130)), watched)
    assert rows == [
        Words(0), Gap(64, 127), Words(128), Gap(192, 959), Words(960), End(), ReadyFd(130),
    ]  # fmt: skip
    assert select_rows(returned(bits(4, {3})), bits(4, {3})) == [Words(0), Beyond(64), End()]


def test_a_row_of_the_matrix() -> None:
    """Letters for what was asked, capitals for what was ready, nothing beyond nfds."""
    watched = bits(20, {3, 5, 9}, {5, 12}, {13}, ready=({3}, {12}, {13}))
    line = text(select_line(Words(0), returned(watched), watched, PLAIN))
    assert line.rstrip() == "    0 ···R·b·· ·r··WX·· ····"
    assert len(line) <= 79


def test_the_end_of_the_set() -> None:
    """1024 stands where it belongs: after the last row of an fd_set, before what a larger set has beyond."""
    assert str(LIMIT) in text(select_line(End(), returned(bits(4, {3})), bits(4, {3}), PLAIN))
    large = bits(1_100, {1_090})
    assert select_rows(returned(large), large) == [Gap(0, 1023), End(), Gap(1024, 1087), Words(1088)]


def test_what_came_of_a_ready_descriptor() -> None:
    watched = bits(131, {130}, ready=({130},))
    ret = returned(watched, Brought(130, 64, 0, 1, 0, False, 1, 0))
    assert text(select_line(ReadyFd(130), ret, watched, PLAIN)) == (
        "  130 socket ready for reading; then read 64 B, then EAGAIN"
    )


@pytest.mark.parametrize(
    ("brought", "settled", "words"),
    [
        (NOTHING, True, "nothing"),
        (NOTHING, False, "nothing so far"),
        (NOTHING._replace(again=3), True, "3 × EAGAIN"),
        (NOTHING._replace(transfers=1, accepted=1), True, "accepted 1"),
        (NOTHING._replace(transfers=1, ended=True), True, "end of file"),
        (NOTHING._replace(transfers=2, received=1024, sent=3), True, "read 1.00 KiB, wrote 3 B"),
        (NOTHING._replace(transfers=1), True, "1 transfer"),
        (NOTHING._replace(failed=1), True, "1 error"),
    ],
)
def test_what_was_transferred_in_words(brought: Brought, settled: bool, words: str) -> None:
    assert brought_text(brought, returned(bits(4, {3}), settled=settled)) == words


def test_the_array() -> None:
    array = Array((Polled(3, IN, IN), Polled(-1, IN, 0), Polled(9, IN | OUT, 0), Polled(9, IN, -1)))
    ret = returned(array, NOTHING._replace(transfers=1, received=7))
    lines = [text(poll_line(place, ret, array, 79, PLAIN)).split() for place in range(4)]
    assert lines[0] == ["0", "●", "3", "pipe", "(read", "end)", "IN", "IN", "read", "7", "B"]
    assert lines[1] == ["1", "-1", "skipped:", "negative", "IN"]
    assert lines[2] == ["2", "9", "?", "IN", "OUT"]
    assert lines[3] == ["3", "9", "?", "IN", "?"], "what was not read is not 0"


def interest(fd: int, **fields: object) -> Interest:
    """An entry added 0.1 s after the beginning, never reported."""
    entry = Interest(fd, fd, IN, fd, START + 100_000_000, 5, 0, None, False, False, 0)
    return entry._replace(**fields)  # type: ignore[arg-type]


def test_the_interest_list() -> None:
    watched = Interests(
        (
            interest(3, now=IN, ready=53, last_ns=START + 250_000_000), interest(5, stale=True),
            interest(6, events=IN | ONESHOT, disarmed=True), interest(7, events=None, added_ns=None, line=None),
        ),
        (Told(3, IN, 3), Told(None, OUT, 0xDEAD)), True,
    )  # fmt: skip
    ret = returned(watched, NOTHING._replace(transfers=1, received=7))
    rows = epoll_rows(watched)
    lines = [text(epoll_line(row, ret, START, 140, PLAIN)) for row in rows]
    assert lines[0].split() == ("● 3 pipe (read end) IN LT = fd 0.100000 0.250000 53 read 7 B".split())
    assert lines[1].startswith("!") and "STALE" in lines[1] and "never" in lines[1]  # noqa: PT018
    assert lines[2].startswith("×") and "ONESHOT" in lines[2]  # noqa: PT018
    assert "before" in lines[3] and "not seen" in lines[3]  # noqa: PT018
    assert "0xdead" in lines[4] and "registered before the trace began" in lines[4]  # noqa: PT018
    assert "older than the trace" in lines[5]


def test_modes() -> None:
    assert [epoll_mode(IN), epoll_mode(IN | ET), epoll_mode(IN | ONESHOT)] == ["LT", "ET", "LT ONESHOT"]
    assert epoll_mode(IN | ET | EXCLUSIVE) == "ET EXCL"


def test_the_head() -> None:
    """The first line says which return and what came of it, the second what it cost."""
    watched = bits(131, {3, 130}, {130}, None, ready=({3, 130}, set()))
    first, second = (line.plain for line in head_lines(returned(watched, useless=True), START, PLAIN))
    assert first == (
        " select return 12 of 1,203 · 2 bits of 2 ready · ✗ USELESS WAKE-UP · at 0.250000 s · thread 7"
    )
    assert second == (
        " select, timeout for ever · slept 53.0 µs · kernel 1.70 µs · copied ↓48 ↑48 "
        "(2 sets of 3 words, in and out again)"
    )
    narrow = [line.plain for line in head_lines(returned(watched, useless=True), START, PLAIN, 80)]
    assert narrow == [
        " select return 12 of 1,203 · 2 bits of 2 ready · ✗ USELESS WAKE-UP",
        " select, timeout for ever · slept 53.0 µs · kernel 1.70 µs · copied ↓48 ↑48",
    ]
    nothing = head_lines(returned(Array(()), result=0, timeout="10", blocked_ns=0), START, PLAIN)
    assert "nothing ready: timeout" in nothing[0].plain
    assert "timeout 10 ms · did not sleep" in nothing[1].plain
    failed = head_lines(returned(Array(()), result=-4, outcome="-1 EINTR (Interrupted)"), START, PLAIN)
    assert "EINTR" in failed[0].plain


def test_who_waits() -> None:
    columns = waiter_columns(99)
    assert text(waiter_line(WAITER, columns, 99, PLAIN)).split() == (
        "select 7 1,203 2.5 53 5 % 197 6 200 9.00 ms".split()
    )
    epoll = replace(WAITER, family=Family.EPOLL, fd=5, tids=(7, 8), wakeups=0)
    assert text(waiter_line(epoll, columns, 99, PLAIN)).startswith("epoll 5 ")
    assert "2 threads" in text(waiter_line(epoll, columns, 99, PLAIN))


@pytest.mark.parametrize("palette", [DARK, LIGHT, PLAIN])
@pytest.mark.parametrize("width", [20, 46, 79, 160, 299])
def test_nothing_is_wider_than_its_place(palette: Palette, width: int) -> None:
    """The matrix has its own width; everything else fits, and names of descriptors cannot do harm."""
    names = {3: "\x1b[31mred\n" * 9}
    array, entry = Array((Polled(3, IN, IN),)), interest(3, now=IN)
    watched = Interests((entry,), (Told(3, IN, 3),), False)
    for line in (
        poll_line(0, returned(array, NOTHING, names=names), array, width, palette),
        epoll_line(entry, returned(watched, NOTHING, names=names), START, width, palette),
        waiter_line(WAITER, waiter_columns(width), width, palette),
    ):
        shown = text(line)
        assert "\x1b" not in shown
        assert "\n" not in shown
        if width >= 79:
            assert len(shown) <= width
    assert len(poll_titles(width, palette).plain) <= max(width, 60)
    assert len(epoll_titles(width, palette).plain) <= max(width, 60)


def test_numbers_in_runs() -> None:
    assert fds_text({3, 5, 6, 9, 10, 11}) == "3 5 6 9–11"
    assert fds_text(()) == ""
