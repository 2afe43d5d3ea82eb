"""The accounting of copies against cases measured inside a kernel, and the columns against single rows."""

from __future__ import annotations

import errno
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tracer.account.vector_rows import BUF, IOV, ROWS, iovecs
from tests.tracer.rows import ENTRY, TestRow, batch, piece, row
from tracer.account.copies import Copies, account_copies
from tracer.account.transfers import moved, transfers
from tracer.recording.captured import captured
from tracer.syscalls.objects import Object
from tracer.wire import Kind

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "copy_vectors.json").read_text())

_NOBODY = 7777
"""No call has this number."""


def _key(vector: dict[str, Any]) -> str:
    """The vector's call; the second of two equal texts is told apart by its result."""
    repeated = vector["call"].startswith("rt_sigtimedwait") and vector["result"] == "-EAGAIN"
    return f"{vector['call']} -EAGAIN" if repeated else str(vector["call"])


def _case(key: str) -> tuple[TestRow, Object]:
    case = ROWS[key]
    return case if isinstance(case, tuple) else (case, Object.UNKNOWN)


def _counted(counts: Copies, index: int) -> dict[str, int]:
    return {field.name: int(getattr(counts, field.name)[index]) for field in fields(Copies)[:-1]}


def _summed(listed: list[tuple[str, str, int]]) -> dict[str, int]:
    sums = {field.name: 0 for field in fields(Copies)[:-1]}
    for direction, kind, size in listed:
        sums[f"copies_{direction}"] += 1
        sums[f"{kind}_{direction}"] += size
    return sums


def test_every_vector_has_its_row() -> None:
    assert {_key(vector) for vector in VECTORS} == set(ROWS)
    assert len(VECTORS) == 78


@pytest.mark.parametrize("vector", VECTORS, ids=_key)
def test_transfers_are_those_the_kernel_made(vector: dict[str, Any]) -> None:
    made, thing = _case(_key(vector))
    listed = transfers(batch([made]), 0, thing)
    expected = [(t["direction"], t["kind"], t["bytes"], t["zero_fill"]) for t in vector["transfers"]]
    assert sorted((t.direction, t.kind, t.bytes, t.zero_fill) for t in listed) == sorted(expected)


@pytest.mark.parametrize("vector", VECTORS, ids=_key)
def test_columns_add_up_to_the_vector(vector: dict[str, Any]) -> None:
    made, thing = _case(_key(vector))
    counts = account_copies(batch([made]), np.array([thing], np.uint8))
    assert _counted(counts, 0) == _summed([(t["direction"], t["kind"], t["bytes"]) for t in vector["transfers"]])
    assert not counts.unknown[0]


def test_all_vectors_in_one_batch_do_not_disturb_each_other() -> None:
    cases = [_case(key) for key in ROWS] * 3
    things = np.array([thing for _, thing in cases], np.uint8)
    together = account_copies(batch([made for made, _ in cases]), things)
    for index, (made, thing) in enumerate(cases):
        alone = account_copies(batch([made]), np.array([thing], np.uint8))
        assert _counted(together, index) == _counted(alone, 0)
        assert bool(together.unknown[index]) is bool(alone.unknown[0])


def test_an_undeclared_call_is_unknown_and_never_zero() -> None:
    counts = account_copies(batch([row(_NOBODY, 0, BUF, 128), row("getpid", result=7)]))
    assert counts.unknown.tolist() == [True, False]


def test_a_call_the_kernel_does_not_have_copied_nothing() -> None:
    assert not account_copies(batch([row(_NOBODY, 0, BUF, 128, result=-errno.ENOSYS)])).unknown[0]


def test_efault_is_unknown_because_bytes_may_have_moved_before_the_bad_page() -> None:
    counts = account_copies(batch([row("read", 3, BUF, 64, result=-errno.EFAULT)]))
    assert counts.unknown[0]
    assert counts.copies_out[0] == 0


def test_calls_that_have_not_returned_and_other_events_count_nothing() -> None:
    rows = [row("write", 1, BUF, 23, result=23, kind=kind) for kind in Kind if kind is not Kind.CALL]
    counts = account_copies(batch(rows))
    assert not counts.copies_in.any()
    assert not counts.unknown.any()


def test_an_unread_iovec_keeps_the_bytes_and_says_unknown() -> None:
    missing = [piece(1, ENTRY, IOV, reason=errno.EFAULT)]
    counts = account_copies(batch([row("writev", 1, IOV, 2, result=37, memory=missing)]))
    assert (counts.payload_in[0], bool(counts.unknown[0])) == (37, True)


def test_an_iovec_cut_off_keeps_the_bytes_and_says_unknown() -> None:
    short = [piece(1, ENTRY, IOV, iovecs(10, 20)[:-1])]
    counts = account_copies(batch([row("writev", 1, IOV, 2, result=30, memory=short)]))
    assert (counts.payload_in[0], bool(counts.unknown[0])) == (30, True)


@pytest.mark.parametrize(("length", "copies", "size"), [(4063, 1, 4064), (4064, 2, 4064 + 4065)])
def test_a_path_longer_than_the_embedded_name_is_copied_twice(length: int, copies: int, size: int) -> None:
    text = b"a" * length + b"\0"
    made = row("open", BUF, 0, result=3, memory=[piece(0, ENTRY, BUF, text)])
    counts = account_copies(batch([made]))
    assert (counts.copies_in[0], counts.control_in[0]) == (copies, size)


@pytest.mark.parametrize("result", [-512, -514, -516, -errno.EINTR])
def test_an_interrupted_poll_copied_its_structures(result: int) -> None:
    counts = account_copies(batch([row("poll", BUF, 23, -1, result=result)]))
    assert (counts.control_in[0], counts.control_out[0]) == (23 * 8, 23 * 2)


def test_the_remaining_sleep_is_written_only_when_interrupted() -> None:
    rows = [row("nanosleep", BUF, IOV, result=result) for result in (0, -516, -errno.EINTR, -errno.EINVAL)]
    assert account_copies(batch(rows)).control_out.tolist() == [0, 16, 16, 0]


def test_select_beyond_the_descriptor_table_needs_its_size() -> None:
    counts = account_copies(batch([row("select", 1024, BUF, 0, 0, 0, result=1)]))
    assert counts.unknown[0]


def test_execve_counts_every_string_and_the_new_stack() -> None:
    pointers = b"".join(each.to_bytes(8, "little") for each in (0x100, 0x200, 0))
    memory = [
        piece(0, ENTRY, BUF, b"/bin/true\0"),
        piece(1, ENTRY, IOV, pointers),
        piece(1, ENTRY, 0x100, b"true\0"),
        piece(1, ENTRY, 0x200, b"-x\0"),
        piece(2, ENTRY, IOV + 64, bytes(8)),
        piece(2, ENTRY, 0, b""),
        piece(255, 1, 0, bytes(368)),
    ]
    made = batch([row("execve", BUF, IOV, IOV + 64, memory=memory)])
    listed = [(t.direction, t.bytes) for t in transfers(made, 0)]
    assert [size for way, size in listed if way == "in"] == [10, 24, 16, 5, 3, 8]
    assert [size for way, size in listed if way == "out"] == [7, 16, 8 * 5, 368]
    assert not account_copies(made).unknown[0]


def test_a_sliced_batch_counts_its_own_rows() -> None:
    rows = [_case(key)[0] for key in ROWS]
    whole = account_copies(batch(rows))
    part = account_copies(batch(rows).slice(5, 23))
    assert part.control_in.tolist() == whole.control_in.tolist()[5:28]
    assert part.payload_out.tolist() == whole.payload_out.tolist()[5:28]


def test_moved_tells_the_segments_apart() -> None:
    made = batch([row("readv", 3, IOV, 3, result=47, memory=[piece(1, ENTRY, IOV, iovecs(40, 0, 40))])])
    payload = [t for t in moved(captured(made).row(0)).transfers if t.kind == "payload"]
    assert [(t.what, t.bytes, t.address) for t in payload] == [("iov[0]", 40, BUF), ("iov[2]", 7, BUF + 0x2000)]
