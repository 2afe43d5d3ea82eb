"""What programs that count are told about call numbers."""

from __future__ import annotations

import pytest

from tracer.analyze.calls import WAITS
from tracer.capture.ebpf.machines import MACHINES
from tracer.capture.ebpf.meanings import meaning, table
from tracer.capture.ebpf.top_layout import CALLS, NARROW_CALLS
from tracer.syscalls.names import numbers
from tracer.wire import Abi

READS, WRITES, WAITS_MS, WAITS_STRUCT = 1, 2, 3, 4
NARROW = 0x80


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("read", READS),
        ("recvmsg", READS),
        ("pwritev2", WRITES),
        ("sendto", WRITES),
        ("poll", WAITS_MS | 2 << 4),
        ("epoll_wait", WAITS_MS | 3 << 4),
        ("ppoll", WAITS_STRUCT | 2 << 4),
        ("select", WAITS_STRUCT | 4 << 4),
        ("getppid", 0),
        ("sendfile", 0),
        ("recvmmsg", 0),
    ],
)
def test_calls_of_x86_64(name: str, expected: int) -> None:
    """Data calls by their result, waits by where their timeout is; what moves data without a copy is neither."""
    assert table()[numbers(Abi.X86_64)[name]] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("read", READS),
        ("_newselect", WAITS_STRUCT | 4 << 4 | NARROW),
        ("ppoll", WAITS_STRUCT | 2 << 4 | NARROW),
        ("ppoll_time64", WAITS_STRUCT | 2 << 4),
        ("epoll_pwait2", WAITS_STRUCT | 3 << 4),
        ("select", 0),
        ("socketcall", 7),
    ],
)
def test_calls_of_i386(name: str, expected: int) -> None:
    """They are behind the others; times have two words of 32 bits unless the name says otherwise."""
    assert table()[NARROW_CALLS + numbers(Abi.I386)[name]] == expected


def test_what_only_x32_has() -> None:
    """Its numbers from 512 on are beside those of x86_64."""
    number = numbers(Abi.X32)["recvfrom"]
    assert number >= 512
    assert table()[number] == READS


def test_the_table_has_room_for_all() -> None:
    """And knows every wait that the report knows."""
    assert len(table()) == CALLS
    assert max(numbers(Abi.X86_64).values()) < NARROW_CALLS
    assert max(numbers(Abi.I386).values()) < CALLS - NARROW_CALLS
    assert all(meaning(name, False) for name in WAITS)


def test_the_table_of_arm64() -> None:
    """Its own numbers, and behind them those of 32-bit ARM programs, but for the few that are out of all order."""
    known, narrow = numbers(Abi.AARCH64), numbers(Abi.ARM)
    found = table(MACHINES["aarch64"])
    assert found[known["read"]] == READS
    assert found[known["ppoll"]] == WAITS_STRUCT | 2 << 4
    assert found[NARROW_CALLS + narrow["ppoll"]] == WAITS_STRUCT | 2 << 4 | NARROW
    assert found[NARROW_CALLS + narrow["epoll_wait"]] == WAITS_MS | 3 << 4
    assert narrow["set_tls"] > CALLS == len(found)
