"""The clocks the capture loop reads, on this very process and on text made for the purpose."""

from __future__ import annotations

import os
import threading

import pytest

from tracer.capture import clocks
from tracer.capture.clocks import ThreadClock, best_source
from tracer.wire import Source


def burn() -> int:
    return sum(i * i for i in range(100_003))


@pytest.mark.parametrize("source", [Source.SCHEDSTAT, Source.PROCESS_CLOCK])
def test_a_clock_grows_with_work(source: Source) -> None:
    """On-CPU time rises when the thread computes, and never falls."""
    clock = ThreadClock(os.getpid(), threading.get_native_id(), source)
    before = clock.read()
    burn()
    os.sched_yield()
    after = clock.read()
    clock.close()
    assert after[0] > before[0]
    assert after[2] >= before[2]
    assert clock.source is source


def test_a_clock_of_a_thread_that_is_gone_stands_still() -> None:
    """ESRCH is a normal answer: the last reading is repeated."""
    pid = os.fork()
    if pid == 0:
        os.read(os.pipe()[0], 1)
    clock = ThreadClock(pid, pid, Source.SCHEDSTAT)
    last = clock.read()
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    again = clock.read()
    assert again >= last
    assert clock.read() == again
    clock.close()
    assert clock.read() == (0, 0, 0)


def test_ticks_are_found_behind_any_command_name() -> None:
    """A command name may hold spaces, parentheses and digits; utime and stime are counted from the last ')'."""
    text = b"17 (a) b (1 2 3) R 1 1 1 0 -1 4194304 100 0 0 0 23 19 0 0 20 0 1 0 5 6 7"
    assert clocks._read_ticks(text) == (42 * 1_000_000_000 // os.sysconf("SC_CLK_TCK"), 0, 0)


def test_a_thread_without_any_clock_reads_zero() -> None:
    """`--clock none`, and a process that does not exist."""
    assert ThreadClock(os.getpid(), os.getpid(), Source.NONE).read() == (0, 0, 0)
    assert ThreadClock(1 << 22, 1 << 22, Source.SCHEDSTAT).read() == (0, 0, 0)


def test_the_best_source_without_schedstat_is_the_process_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without CONFIG_SCHED_INFO answers three zeros."""
    monkeypatch.setattr(clocks, "_read_schedstat", lambda _text: (0, 0, 0))
    assert best_source() is Source.PROCESS_CLOCK
