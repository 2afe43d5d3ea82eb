"""Whatever a program leaves in registers and memory, decoding and accounting give an answer, and the same one."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.rows import TestRow, batch
from tracer.account.copies import Copies, account_copies
from tracer.account.transfers import moved
from tracer.decode.call import call_text
from tracer.decode.sentence import sentence
from tracer.recording.captured import captured
from tracer.syscalls.names import number_of, numbers
from tracer.syscalls.objects import Object
from tracer.syscalls.table import declarations
from tracer.wire import Abi, Kind

ADDRESSES = [0, 8, 0x1000, 0x1008, 0x2000, 0x7F0000001000, 1 << 63, (1 << 64) - 1]
WORDS = st.one_of(
    st.sampled_from(ADDRESSES), st.integers(0, 40), st.integers(0, (1 << 64) - 1), st.sampled_from([1024, 1 << 31])
)
RESULTS = st.one_of(
    st.integers(-140, 140), st.integers(-520, -510), st.integers(-(1 << 63), (1 << 63) - 1), st.just(4096)
)


@st.composite
def memories(draw: st.DrawFn) -> bytes:
    """Bytes that are now and then full of plausible pointers, lengths and text."""
    words = draw(st.lists(WORDS, max_size=20))
    packed = b"".join(word.to_bytes(8, "little") for word in words)
    return draw(st.sampled_from([packed, packed[:-3], packed + b"\0", draw(st.binary(max_size=40))]))


@st.composite
def rows(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(Kind)) -> TestRow:
    """A row that a corrupted recording, or a mad program, could contain."""
    abi = draw(st.sampled_from([Abi.X86_64, Abi.X86_64, Abi.I386, Abi.X32, Abi.AARCH64, Abi.ARM, Abi.OTHER]))
    kind = draw(st.sampled_from(kinds))
    known = sorted({*numbers(abi).values(), *declarations(abi)}) or [0]
    number = draw(st.sampled_from(known) | st.integers(-5, 600))
    args = draw(st.lists(WORDS, min_size=6, max_size=6))
    pieces = st.fixed_dictionaries(
        {
            "arg": st.integers(0, 5) | st.sampled_from([252, 253, 254, 255]),
            "when": st.sampled_from([0, 1]),
            "reason": st.sampled_from([0, 0, 0, 14, 1000, 1001, 77]),
            "address": st.sampled_from(ADDRESSES + args),
            "bytes": memories(),
        }
    )
    memory = draw(st.lists(pieces, max_size=6))
    return TestRow(
        {"kind": int(kind), "abi": int(abi), "nr": number, "args": args, "result": draw(RESULTS), "memory": memory,
         "flags": draw(st.integers(0, 7))}
    )  # fmt: skip


NESTED = [
    "readv", "writev", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "execve", "select", "pselect6", "poll",
    "io_submit", "vmsplice", "accept4", "recvfrom", "clone3", "futex", "io_uring_enter", "getsockopt",
    "openat", "process_vm_readv", "ppoll", "rt_sigtimedwait", "rt_sigreturn",
]  # fmt: skip
OF_I386 = [
    "_newselect", "pselect6_time64", "ppoll_time64", "recvmmsg_time64", "futex_time64", "rt_sigtimedwait_time64",
    "io_pgetevents_time64", "stat64", "fstatat64", "fcntl64", "readdir", "_llseek", "sigaction", "getgroups",
    "set_thread_area", "preadv2", "statfs64", "sendfile64",
]  # fmt: skip
SMALL = st.sampled_from([0, 1, 2, 3, 8, 16, 24, 56, 0x1000, 0x1008, 0x2000])


@st.composite
def plausible_rows(draw: st.DrawFn) -> TestRow:
    """A call whose memory leads to other memory, with small numbers, so that much of it is found."""
    abi = draw(st.sampled_from([Abi.X86_64, Abi.I386, Abi.X32]))
    width = draw(st.sampled_from([8, 8, 4])) if abi == Abi.X86_64 else 4
    args = draw(st.lists(SMALL, min_size=6, max_size=6))
    words = st.lists(SMALL, min_size=1, max_size=24)
    pieces = st.fixed_dictionaries(
        {
            "arg": st.integers(0, 5) | st.sampled_from([252, 253, 254, 255]),
            "when": st.sampled_from([0, 1]),
            "reason": st.sampled_from([0, 0, 0, 0, 14]),
            "address": st.sampled_from([0, 0x1000, 0x1008, 0x2000, *args]),
            "bytes": words.map(lambda each: b"".join(word.to_bytes(width, "little") for word in each)),
        }
    )
    return TestRow(
        {
            "kind": int(Kind.CALL), "abi": int(abi), "args": args, "flags": 0,
            "nr": number_of(abi, draw(st.sampled_from(NESTED + (OF_I386 if abi == Abi.I386 else [])))),
            "result": draw(st.sampled_from([-11, -512, -516, -22, 0, 1, 2, 3, 5, 17, 100, 4096])),
            "memory": draw(st.lists(pieces, min_size=1, max_size=8)),
        }
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(rows() | plausible_rows(), min_size=1, max_size=4))
def test_garbage_never_raises_and_never_reaches_the_terminal(made: list[TestRow]) -> None:
    garbage = batch(made)
    for index in range(len(made)):
        line = call_text(garbage, index).line
        assert line.isprintable()
        assert sentence(garbage, index).isprintable()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(rows(kinds=(Kind.CALL,)) | plausible_rows(), st.sampled_from(list(Object))),
        min_size=1,
        max_size=12,
    )
)
def test_columns_agree_with_single_rows(cases: list[tuple[TestRow, Object]]) -> None:
    garbage = batch([made for made, _ in cases])
    counts = account_copies(garbage, np.array([thing for _, thing in cases], np.uint8))
    for index, (_, thing) in enumerate(cases):
        one = moved(captured(garbage).row(index), thing)
        sums = {field.name: 0 for field in fields(Copies)[:-1]}
        for transfer in one.transfers:
            sums[f"copies_{transfer.direction}"] += 1
            sums[f"{transfer.kind}_{transfer.direction}"] += transfer.bytes
        assert {name: int(getattr(counts, name)[index]) for name in sums} == sums
        assert bool(counts.unknown[index]) is one.unknown
