"""Parts of a run: their names are the same in the next run of the same program, and different things stay apart."""

from __future__ import annotations

import pytest

from tracer.analyze.compare.parts import descriptor_role, parts_of, thread_roles
from tracer.analyze.results import Copies, DescriptorRow, Ending, Report, SyscallRow, ThreadRow, Times, Totals


@pytest.mark.parametrize(
    ("what", "role"),
    [
        ("/etc/passwd", "/etc/passwd"),
        ("pipe:[123456]", "pipe"),
        ("pipe (read end)", "pipe (read end)"),
        ("socket inet stream to 127.0.0.1:80", "socket inet stream to 127.0.0.1:80"),
        ("socket inet stream from 127.0.0.1:56422", "socket inet stream from 127.0.0.1:*"),
        ("socket inet6 stream to [::1]:5432", "socket inet6 stream to [::1]:5432"),
        ("socket inet6 stream from [::1]:40001", "socket inet6 stream from [::1]:*"),
        ("/proc/4242/stat", "/proc/*/stat"),
        ("/proc/self/task/17/status", "/proc/self/task/*/status"),
        ("/dev/pts/3", "/dev/pts/*"),
        ("/tmp/tmpab1_x9zq/data", "/tmp/*/data"),
        ("/tmp/tmpab1_x9zq", "/tmp/*"),
        ("/var/log/app.123456", "/var/log/app.*"),
        ("/lib/libc.so.6", "/lib/libc.so.6"),
        ("/usr/lib/template/x", "/usr/lib/template/x"),
        ("notes.backup", "notes.backup"),
    ],
)
def test_a_descriptor_is_known_by_what_it_leads_to(what: str, role: str) -> None:
    assert descriptor_role(what) == role


def thread(tid: int, name: str) -> ThreadRow:
    return ThreadRow(1, tid, name, 10, tid, Times(user_ns=tid), alive=False)


def test_a_thread_is_known_by_its_name_and_place() -> None:
    names = ["main", "worker", "main", "worker", "", "pool-123456", "pool-654321"]
    assert thread_roles([thread(n, name) for n, name in enumerate(names)]) == [
        "main", "worker", "main #2", "worker #2", "?", "pool-*", "pool-* #2",
    ]  # fmt: skip


def test_many_threads_of_a_name_share_a_line() -> None:
    roles = thread_roles([thread(n, "w") for n in range(23)])
    assert roles[7:10] == ["w #8", "w #9 and on", "w #9 and on"]
    assert len(set(roles)) == 9


def descriptor(fd: int, what: str, copies: Copies) -> DescriptorRow:
    return DescriptorRow(1, fd, 0, what, "socket", None, 3, 1, copies)


def test_parts_of_the_same_name_are_one_and_what_is_not_known_is_left_out() -> None:
    report = Report(
        command=("p",), backend="ptrace", source="schedstat", phase=None, duration_ns=1, ending=Ending(),
        totals=Totals(), phases=(),
        syscalls=(SyscallRow("read", 5, 1, 1, {}, Times(1, 2, 3, 4), 0, 0, 0, 0, Copies(0, 1, 0, 10, 4, 8)),),
        fds=(
            descriptor(3, "socket from 127.0.0.1:40001", Copies(payload_in=7)),
            descriptor(4, "socket from 127.0.0.1:40002", Copies(payload_out=5)),
            descriptor(5, "ring", Copies(payload_in=7, unknown=2)),
            descriptor(6, "ring", Copies(payload_in=7)),
        ),
        threads=(thread(2, "p"), thread(3, "p")),
    )  # fmt: skip
    assert {(part.kind, part.name): dict(part.figures) for part in parts_of(report)} == {
        ("syscall", "read"): {"calls": 5, "failed": 1, "wasted": 1, "user_ns": 1, "kernel_ns": 2, "blocked_ns": 3,
                              "runnable_ns": 4, "copied": 22},
        ("descriptor", "socket from 127.0.0.1:*"): {"calls": 6, "wasted": 2, "copied": 12},
        ("descriptor", "ring"): {"calls": 6, "wasted": 2},
        ("thread", "p"): {"calls": 2, "user_ns": 2, "kernel_ns": 0, "blocked_ns": 0, "runnable_ns": 0},
        ("thread", "p #2"): {"calls": 3, "user_ns": 3, "kernel_ns": 0, "blocked_ns": 0, "runnable_ns": 0},
    }  # fmt: skip
