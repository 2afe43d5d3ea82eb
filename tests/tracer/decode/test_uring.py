"""io_uring's structures as text: parameters, what is registered, and arrays that end where memory does."""

from __future__ import annotations

import struct

from tests.tracer.rows import ENTRY, EXIT, batch, piece, row
from tracer.decode.call import call_text

AT, DATA, TAGS = 0x7F0000001000, 0x7F0000002000, 0x7F0000003000


def registered(operation: int, count: int, *memory: dict[str, int | bytes]) -> str:
    """The third argument of io_uring_register."""
    made = row("io_uring_register", 3, operation, AT, count, result=-22, memory=list(memory))
    return call_text(batch([made]), 0).args[2]


def test_a_ring_is_shown_as_it_was_asked_for_and_as_it_became() -> None:
    asked = struct.pack("<6Ii3I", 0, 0, 1 << 5 | 1 << 30, 1, 7, 0, 5, 0, 9, 0) + bytes(80)
    made = struct.pack("<6Ii3I", 2, 4, 0, 1, 7, 1 | 1 << 1, 5, 0, 9, 0)
    made += struct.pack("<8IQ", 0, 4, 16, 24, 36, 32, 128, 0, 0) + struct.pack(
        "<8IQ", 8, 12, 20, 28, 44, 64, 40, 0, 1
    )
    memory = [piece(1, ENTRY, AT, asked), piece(1, EXIT, AT, made)]
    begin = (
        "io_uring_setup(2, {flags=IORING_SETUP_ATTACH_WQ|0x40000000, sq_thread_cpu=1, sq_thread_idle=7, wq_fd=5, "
        "resv=[0, 0x9, 0]"
    )
    became = (
        ", sq_entries=2, cq_entries=4, features=IORING_FEAT_SINGLE_MMAP|IORING_FEAT_NODROP, "
        "sq_off={head=0, tail=4, ring_mask=16, ring_entries=24, flags=36, dropped=32, array=128}, "
        "cq_off={head=8, tail=12, ring_mask=20, ring_entries=28, overflow=44, cqes=64, flags=40, user_addr=0x1}"
    )
    good, bad = (row("io_uring_setup", 2, AT, result=result, memory=memory) for result in (4, -22))
    assert call_text(batch([good]), 0).line == f"{begin}{became}}}) = 4"
    assert call_text(batch([bad]), 0).line == f"{begin}}}) = -1 EINVAL (Invalid argument)"


def test_what_replaces_files_leads_to_two_arrays() -> None:
    update = struct.pack("<IIQQII", 5, 0, DATA, TAGS, 3, 0)
    memory = [
        piece(2, ENTRY, AT, update),
        piece(2, ENTRY, DATA, struct.pack("<3i", 7, -1, -2)),
        piece(2, ENTRY, TAGS, struct.pack("<2Q", 0, 16)),
    ]
    assert registered(14, 32, *memory) == (
        f"{{offset=5, data=[7, -1, IORING_REGISTER_FILES_SKIP], tags=[0, 0x10, ... /* {TAGS + 16:#x} */], nr=3}}"
    )
    larger = piece(2, ENTRY, AT, update + bytes(7) + b"\x01")
    assert registered(14, 40, larger, *memory[1:]).endswith('nr=3, /* bytes 32..39 */ "' + "\\x00" * 7 + '\\x01"}')
    assert registered(14, 31, *memory) == f"{AT:#x}"


def test_the_operation_may_say_that_the_ring_is_registered() -> None:
    made = row("io_uring_register", 0, 1 << 31 | 2, AT, 1, result=0, memory=[piece(2, ENTRY, AT, b"\x04\0\0\0")])
    assert call_text(batch([made]), 0).args[1:3] == (
        "IORING_REGISTER_FILES|IORING_REGISTER_USE_REGISTERED_RING",
        "[4]",
    )


def test_what_is_not_whole_is_an_address() -> None:
    assert registered(22, 1, piece(2, ENTRY, AT, bytes(39))) == f"{AT:#x} <cut off>"
    assert registered(0, 2, piece(2, ENTRY, AT, bytes(15))) == f"{AT:#x} <cut off>"
    assert registered(2, 0) == "[]"
    assert registered(99, 5) == f"{AT:#x}"


def test_a_wait_has_a_signal_set_and_a_timeout() -> None:
    wait = struct.pack("<QIIQ", DATA, 8, 0, TAGS)
    memory = [
        piece(4, ENTRY, AT, wait),
        piece(4, ENTRY, DATA, struct.pack("<Q", 1 << 1)),
        piece(4, ENTRY, TAGS, struct.pack("<qq", 1, 5)),
    ]
    made = row("io_uring_enter", 3, 0, 1, 1 | 8, AT, 24, result=0, memory=memory)
    assert call_text(batch([made]), 0).args[4] == "{sigmask=[INT], sigmask_sz=8, ts={tv_sec=1, tv_nsec=5}}"
