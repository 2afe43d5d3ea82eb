"""Descriptors of rarer kinds: what made them, whether exec closes them, and what only looks like one."""

from __future__ import annotations

import struct

import pytest

from tests.tracer.analyze.runs import report_of
from tests.tracer.rows import ENTRY, EXIT, TestRow, piece, row

BUF, STORED = 0x7F0000001000, 0x7F0000002000

MADE = [
    (row("mq_open", BUF, 0o4102, 0o600, 0, result=3, memory=[piece(0, ENTRY, BUF, b"jobs\0")]), "/jobs", "mq_open"),
    (row("fanotify_init", 2, 0, result=3), "fanotify", "fanotify_init"),
    (row("perf_event_open", BUF, 0, -1, -1, 8, result=3), "perf event", "perf_event_open"),
    (row("bpf", 0, BUF, 144, result=3), "bpf map", "bpf"),
    (row("seccomp", 1, 8, BUF, result=3), "seccomp notify", "seccomp"),
    (row("pidfd_getfd", 4, 5, 0, result=3), "descriptor of another process", "pidfd_getfd"),
    (row("memfd_secret", 0, result=3), "secret memory", "memfd_secret"),
    (row("landlock_create_ruleset", BUF, 8, 0, result=3), "landlock ruleset", "landlock_create_ruleset"),
    (
        row("clone3", BUF, 88, result=4243, memory=[
            piece(0, ENTRY, BUF, struct.pack("<2Q", 0x1000, STORED) + bytes(72)),
            piece(0, EXIT, STORED, struct.pack("<i", 3)),
        ]),
        "pidfd", "clone3",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("made", "what", "call"), MADE, ids=[call for *_, call in MADE])
def test_a_call_makes_a_descriptor(made: TestRow, what: str, call: str) -> None:
    found = {each.fd: each for each in report_of(made, row("read", 3, BUF, 64, result=8)).fds}
    assert (found[3].what, found[3].opened_by) == (what, call)


@pytest.mark.parametrize(
    "made",
    [
        row("bpf", 1, BUF, 32, result=3),
        row("seccomp", 2, 0, BUF, result=3),
        row("landlock_create_ruleset", 0, 0, 1, result=3),
    ],
    ids=lambda made: str(made),
)
def test_a_number_that_is_no_descriptor(made: TestRow) -> None:
    """The answers of other operations of the same calls; number 3 stays what it was."""
    found = {each.fd: each for each in report_of(made, row("read", 3, BUF, 64, result=8)).fds}
    assert found[3].opened_by == "inherited"
