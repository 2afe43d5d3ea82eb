"""The quick way for many calls makes the same changes as the rules for one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tracer.rows import ENTRY, TestRow, batch, piece, row
from tracer.account.calibration import Calibration
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import columns_of
from tracer.analyze.openings.many import changes_by_many
from tracer.analyze.openings.openings import RULES
from tracer.analyze.returned import Returned

PATH, CWD = 0x7F0000001000, 0xFFFFFF9C
CLOEXEC, NONBLOCK, DIRECT = 0o2000000, 0o4000, 0o40000
PATHS = [b"/dev/null\0", b"/dev/../dev/zero\0", b"/a\0left over", b"\xff\xfe\0", b"", b"not ended"]
FLAGS = [0, CLOEXEC, NONBLOCK, DIRECT | 1, DIRECT | NONBLOCK | CLOEXEC]


def opens(name: str, at: int) -> list[TestRow]:
    made = []
    for number, path in enumerate(PATHS):
        for flags in FLAGS:
            args = (PATH, flags) if at == 0 else (CWD, PATH, flags)
            other = piece(at, ENTRY, PATH + 64, b"/second\0")
            made.append(row(name, *args, result=3 + number, memory=[piece(at, ENTRY, PATH, path), other]))
    missing = piece(at, ENTRY, PATH, reason=14)
    made.append(row(name, *((PATH, 0) if at == 0 else (CWD, PATH, 0)), result=29, memory=[missing]))
    made.append(row(name, *((PATH, 0) if at == 0 else (CWD, PATH, 0)), result=31))
    return made


CASES = {
    "open": opens("open", 0),
    "openat": opens("openat", 1),
    "close": [row("close", fd) for fd in (0, 7, 0xFFFFFFFF, 2**32 + 5)],
    "fcntl": [
        row("fcntl", 5, command, argument, result=11)
        for command in (0, 1, 2, 3, 4, 1030, 2**32)
        for argument in (0, 1, NONBLOCK, DIRECT, 23)
    ],
    "dup": [row("dup", 5, result=7), row("dup", 2**32 + 5, result=6)],
    "accept4": [row("accept4", 4, 0, 0, NONBLOCK, result=9)],
}


@pytest.mark.parametrize("name", CASES)
def test_many_at_once_are_as_one_by_one(name: str) -> None:
    others = [row("getpid"), row("openat", CWD, PATH, 0, result=5, memory=[piece(1, ENTRY, PATH, b"/other\0")])]
    columns = columns_of(batch([*others, *CASES[name], *others]), Calibration(), CallCodes())
    rows = np.arange(len(others), len(others) + len(CASES[name]))
    expected = [
        tuple(RULES[name](Returned(columns.args[at].tolist(), int(columns.result[at]), columns.memory, at)))
        for at in rows.tolist()
    ]
    assert changes_by_many(name, columns, rows) == expected
