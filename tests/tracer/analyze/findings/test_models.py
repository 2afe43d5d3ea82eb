"""The I/O model of a thread, and that it is told from what the thread waits in."""

from __future__ import annotations

import pytest

from tests.tracer.analyze.findings.gathered import EAGAIN, EINTR, MICRO, MILLI, Script, report_of

EDGE = 1 | 1 << 31


def script(model: str) -> Script:
    made = Script()
    if model.startswith("epoll"):
        made.registered(5, EDGE if model == "epoll-edge" else 1)
    for _ in range(23):
        match model:
            case "blocking":
                made.call("read", 3, 0x1, 10, result=10, slept=MILLI)
            case "nonblocking-spin":
                made.call("read", 3, 0x1, 10, result=EAGAIN)
            case "nonblocking-backoff":
                made.call("read", 3, 0x1, 10, result=EAGAIN).call("nanosleep", 0x1, 0, slept=MILLI)
            case "select":
                made.call("select", 4, 0x1, 0, 0, 0, result=1, slept=MILLI).call("read", 3, 0x1, 10, result=10)
            case "poll":
                made.call("poll", 0x1, 1, -1, result=1, slept=MILLI).call("read", 3, 0x1, 10, result=10)
            case "epoll-level" | "epoll-edge":
                made.told(5, slept=MILLI).call("read", 5, 0x1, 10, result=7)
            case "signal-driven":
                made.call("rt_sigsuspend", 0x1, 8, result=EINTR, slept=MILLI).call("read", 3, 0x1, 10, result=7)
            case "native-aio":
                made.call("io_submit", 0x1, 1, 0x2, result=1)
                made.call("io_getevents", 0x1, 1, 1, 0x3, 0, result=1, slept=MILLI)
            case "io-uring":
                made.call("io_uring_enter", 3, 1, 1, 1, 0, 0, result=1, slept=MILLI)
            case "compute":
                made.call("getpid", user=MILLI, kernel=MICRO, result=1)
    return made


@pytest.mark.parametrize(
    "model",
    [
        "blocking", "nonblocking-spin", "nonblocking-backoff", "select", "poll", "epoll-level", "epoll-edge",
        "signal-driven", "native-aio", "io-uring", "compute",
    ],
)  # fmt: skip
def test_model(model: str) -> None:
    (found,) = report_of(script(model)).models
    assert (found.pid, found.tid, found.model) == (4241, 4241, model)
    assert found.evidence


def test_workers_that_are_handed_jobs() -> None:
    worker = Script(tid=4242)
    for _ in range(5):
        worker.call("futex", 0x7000, 137, 0, 0, slept=10 * MILLI).call("write", 3, 0x1, 10, result=10)
    models = {model.tid: model.model for model in report_of(script("epoll-level"), worker).models}
    assert models == {4241: "epoll-level", 4242: "thread-pool"}


def test_a_timer_of_select_is_no_waiting_for_descriptors() -> None:
    made = script("blocking").call("select", 0, 0, 0, 0, 0x1, result=0, slept=900 * MILLI)
    (found,) = report_of(made).models
    assert found.model == "blocking"
