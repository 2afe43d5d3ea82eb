"""Plans against the memory of a real process: this one, read through /proc/self/mem."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tracer.account.vector_rows import ROWS
from tests.tracer.rows import TestRow, batch, piece, row
from tracer.account.copies import account_copies
from tracer.capture.memory import Reader
from tracer.capture.plan import Plan, PlanOptions, compile_plans
from tracer.decode.call import call_text
from tracer.syscalls.names import number_of
from tracer.wire import ITEM, NO_ARG, Abi, Reason

UNMAPPED = 8
KERNEL_ADDRESS = (1 << 64) - 4096


class Item(NamedTuple):
    arg: int
    when: int
    reason: int
    address: int
    data: bytes


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader(os.getpid())
    yield made
    made.close()


def plan(name: str, **options: int | bool) -> Plan:
    number = number_of(Abi.X86_64, name)
    assert number is not None
    return compile_plans(Abi.X86_64, PlanOptions(**options)).get(number, Plan(None, None))  # type: ignore[arg-type]


def items(reader: Reader) -> list[Item]:
    """The pieces kept so far, as the recorder would cut them."""
    found, start = [], 0
    for arg, when, reason, length, address in ITEM.iter_unpack(reader.items):
        found.append(Item(arg, when, reason, address, bytes(reader.memory[start : start + length])))
        start += length
    assert start == len(reader.memory)
    assert len(found) == reader.count
    return found


def run(reader: Reader, name: str, args: tuple[int, ...], result: int, **options: int | bool) -> list[Item]:
    """Both stops of a call."""
    made = plan(name, **options)
    padded = (*args, 0, 0, 0, 0, 0, 0)[:6]
    if made.entry:
        made.entry(reader, padded)
    if made.exit:
        made.exit(reader, padded, result)
    return items(reader)


def recorded(name: str, args: tuple[int, ...], result: int, found: list[Item]) -> TestRow:
    memory = [piece(each.arg, each.when, each.address, each.data, each.reason) for each in found]
    return row(name, *args, result=result, memory=memory)


def place(buffer: ctypes.Array[ctypes.c_char]) -> int:
    return ctypes.addressof(buffer)


def test_a_read_keeps_the_first_bytes_that_came(reader: Reader) -> None:
    buffer = ctypes.create_string_buffer(b"seventeen letters and more", 4096)
    assert run(reader, "read", (3, place(buffer), 4096), 17, capture_bytes=64) == [
        Item(1, 1, 0, place(buffer), b"seventeen letters")
    ]


def test_capture_bytes_bounds_payload_but_not_control(reader: Reader) -> None:
    buffer = ctypes.create_string_buffer(b"x" * 100)
    assert run(reader, "write", (1, place(buffer), 100), 100, capture_bytes=7)[0].data == b"x" * 7
    reader.clear()
    path = ctypes.create_string_buffer(b"/a/path/longer/than/seven\0")
    assert run(reader, "open", (place(path), 0), 3, capture_bytes=7)[0].data == b"/a/path/longer/than/seven\0"


@pytest.mark.parametrize("result", [0, -errno.EAGAIN, -512])
def test_a_read_that_got_nothing_costs_no_memory_access(reader: Reader, result: int) -> None:
    assert run(reader, "read", (3, UNMAPPED, 64), result) == []


def test_no_capture_bytes_means_no_plan_for_plain_payload() -> None:
    assert plan("read", capture_bytes=0) == Plan(None, None)
    assert plan("write", capture_bytes=0) == Plan(None, None)


@pytest.mark.parametrize("name", ["getpid", "close", "mmap", "lseek", "fsync", "dup2", "fchmod"])
def test_a_call_that_copies_nothing_has_no_plan(name: str) -> None:
    assert plan(name) == Plan(None, None)


@pytest.mark.parametrize("address", [UNMAPPED, KERNEL_ADDRESS, 1 << 63, (1 << 64) - 1])
def test_an_unreadable_address_is_kept_with_its_reason(reader: Reader, address: int) -> None:
    assert run(reader, "write", (1, address, 23), -errno.EFAULT) == [Item(1, 0, errno.EFAULT, address, b"")]
    reader.clear()
    assert run(reader, "open", (address, 0), -errno.EFAULT) == [Item(0, 0, errno.EFAULT, address, b"")]


def test_redact_keeps_addresses_of_payload_only(reader: Reader) -> None:
    buffer = ctypes.create_string_buffer(b"secret")
    found = run(reader, "write", (1, place(buffer), 6), 6, redact=True)
    assert found == [Item(1, 0, Reason.REDACTED, place(buffer), b"")]
    found = run(reader, "read", (1, place(buffer), 6), 6, redact=True)
    assert found[1:] == [Item(1, 1, Reason.REDACTED, place(buffer), b"")]


def test_a_string_is_read_up_to_the_end_of_what_is_mapped(reader: Reader) -> None:
    page = os.sysconf("SC_PAGESIZE")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    base = libc.mmap(None, 2 * page, 3, 0x22, -1, 0)
    libc.munmap(base + page, page)
    ctypes.memmove(base + page - 5, b"/abc\0", 5)
    assert run(reader, "open", (base + page - 5, 0), 3)[0].data == b"/abc\0"
    reader.clear()
    ctypes.memmove(base + page - 5, b"/abcd", 5)
    assert run(reader, "open", (base + page - 5, 0), -errno.EFAULT)[0].data == b"/abcd"
    libc.munmap(base, page)


def test_a_long_path_is_read_whole(reader: Reader) -> None:
    path = ctypes.create_string_buffer(b"/" + b"p" * 3000)
    assert len(run(reader, "open", (place(path), 0), -errno.ENAMETOOLONG)[0].data) == 3002


def test_segments_are_kept_in_order_until_the_budget_is_spent(reader: Reader) -> None:
    first, second = ctypes.create_string_buffer(b"a" * 40), ctypes.create_string_buffer(b"b" * 40)
    vectors = ctypes.create_string_buffer(struct.pack("<4Q", place(first), 40, place(second), 40), 32)
    args = (3, place(vectors), 2)
    found = run(reader, "readv", args, 50, capture_bytes=64)
    assert [(each.when, len(each.data)) for each in found] == [(0, 32), (1, 40), (1, 10)]
    counts = account_copies(batch([recorded("readv", args, 50, found)]))
    assert (counts.copies_in[0], counts.copies_out[0], counts.payload_out[0]) == (1, 2, 50)


def test_a_message_is_followed_to_all_it_leads_to(reader: Reader) -> None:
    name = ctypes.create_string_buffer(struct.pack("<H", 2) + struct.pack(">H", 53) + bytes(12), 16)
    body = ctypes.create_string_buffer(b"hello", 5)
    control = ctypes.create_string_buffer(struct.pack("<QIIi", 20, 1, 1, 7) + bytes(4), 24)
    vector = ctypes.create_string_buffer(struct.pack("<QQ", place(body), 5), 16)
    header = ctypes.create_string_buffer(
        struct.pack("<QIIQQQQQ", place(name), 16, 0, place(vector), 1, place(control), 24, 0), 56
    )
    args = (3, place(header), 0)
    sent = recorded("sendmsg", args, 5, run(reader, "sendmsg", args, 5))
    counts = account_copies(batch([sent]))
    assert (counts.copies_in[0], counts.control_in[0], counts.payload_in[0]) == (5, 56 + 16 + 16 + 24, 5)
    line = call_text(batch([sent]), 0).line
    assert 'iov_base="hello"' in line
    assert "cmsg_type=SCM_RIGHTS, cmsg_data=[7]" in line
    assert "sin_port=htons(53)" in line
    reader.clear()
    got = recorded("recvmsg", args, 5, run(reader, "recvmsg", args, 5))
    counts = account_copies(batch([got]))
    # msg_namelen, msg_flags, msg_controllen, name, one control message of 20 bytes, and the data.
    assert (counts.copies_out[0], counts.control_out[0], counts.payload_out[0]) == (6, 4 + 4 + 8 + 16 + 20, 5)
    assert not counts.unknown[0]


def test_an_address_is_cut_to_its_length_at_exit(reader: Reader) -> None:
    address = ctypes.create_string_buffer(struct.pack("<H", 2) + bytes(126), 128)
    length = ctypes.create_string_buffer(struct.pack("<I", 16), 4)
    found = run(reader, "accept4", (3, place(address), place(length), 0), 7)
    kept = [(each.arg, each.when, len(each.data)) for each in found if each.arg != NO_ARG]
    assert kept == [(2, 0, 4), (2, 1, 4), (1, 1, 16)]


def links(found: list[Item]) -> list[tuple[int, int, bytes]]:
    """Descriptor, reason and text of the links that were kept."""
    return [(each.address, each.reason, each.data) for each in found if each.arg == NO_ARG]


def test_what_a_new_descriptor_leads_to_is_kept(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/null")
    fd = os.open(tmp_path / "link", os.O_RDONLY)
    found = links(run(reader, "openat", (-100 & (1 << 64) - 1, UNMAPPED, 0, 0), fd))
    assert found == [(fd, 0, b"/dev/null\0char 1:3")]
    os.close(fd)
    reader.clear()
    assert links(run(reader, "openat", (0, UNMAPPED, 0, 0), fd)) == [(fd, errno.ENOENT, b"")]
    reader.clear()
    assert links(run(reader, "openat", (0, UNMAPPED, 0, 0), -errno.ENOENT)) == []


def test_both_ends_of_a_pipe_and_the_protocol_of_a_socket_are_kept(reader: Reader) -> None:
    ends = os.pipe()
    array = ctypes.create_string_buffer(struct.pack("<ii", *ends), 8)
    inode = os.fstat(ends[0]).st_ino
    wanted = [(end, 0, b"pipe:[%d]" % inode) for end in ends]
    assert links(run(reader, "pipe2", (place(array), 0), 0)) == wanted
    reader.clear()
    with socket.socket() as made:
        inode = os.fstat(made.fileno()).st_ino
        found = links(run(reader, "socket", (2, 1, 0), made.fileno()))
        assert found == [(made.fileno(), 0, b"socket:[%d]\0TCP" % inode)]
    for end in ends:
        os.close(end)


def test_a_new_working_directory_is_kept(reader: Reader) -> None:
    found = links(run(reader, "fchdir", (3,), 0))
    assert found == [(-100 & (1 << 64) - 1, 0, os.fsencode(os.getcwd()))]


def test_select_beyond_64_descriptors_keeps_the_table_size(reader: Reader) -> None:
    bits = ctypes.create_string_buffer(128)
    found = run(reader, "select", (1024, place(bits), 0, 0, 0), 0)
    with open("/proc/self/status") as status:
        fdsize = next(int(line.split()[1]) for line in status if line.startswith("FDSize:"))
    assert (found[0].arg, int.from_bytes(found[0].data, "little")) == (NO_ARG, fdsize)
    assert len(found[1].data) == (min(1024, fdsize) + 63) // 64 * 8
    reader.clear()
    assert [each.arg for each in run(reader, "select", (8, place(bits), 0, 0, 0), 0)] == [1, 1]


def test_execve_keeps_arguments_but_only_lengths_of_the_environment(reader: Reader) -> None:
    strings = [ctypes.create_string_buffer(text) for text in (b"prog", b"-v", b"TOKEN=hunter2")]
    argv = ctypes.create_string_buffer(struct.pack("<3Q", place(strings[0]), place(strings[1]), 0), 24)
    envp = ctypes.create_string_buffer(struct.pack("<2Q", place(strings[2]), 0), 16)
    args = (place(strings[0]), place(argv), place(envp))
    found = run(reader, "execve", args, 0)
    assert b"hunter2" not in b"".join(each.data for each in found)
    counts = account_copies(batch([recorded("execve", args, 0, found)]))
    auxv = len(Path("/proc/self/auxv").read_bytes())
    assert counts.control_in[0] == 5 + (24 + 16 + 5 + 3) + (16 + 8 + 14)
    assert counts.control_out[0] == 7 + 16 + 8 * (1 + 3 + 2) + auxv
    assert not counts.unknown[0]


def test_io_submit_keeps_what_each_request_says(reader: Reader) -> None:
    data = ctypes.create_string_buffer(b"written", 7)
    packed = struct.pack("<QIIHHIQQqQII", 9, 0, 0, 1, 0, 5, place(data), 7, 0, 0, 0, 0)
    iocb = ctypes.create_string_buffer(packed, 64)
    pointers = ctypes.create_string_buffer(struct.pack("<Q", place(iocb)), 8)
    args = (0x7F00, 1, place(pointers))
    found = run(reader, "io_submit", args, 1)
    assert [each.data for each in found] == [pointers.raw, iocb.raw, b"written"]
    line = call_text(batch([recorded("io_submit", args, 1, found)]), 0).line
    assert "aio_lio_opcode=IOCB_CMD_PWRITE, aio_fildes=5" in line


@pytest.mark.parametrize("name", sorted({each[0].columns["nr"] if isinstance(each, tuple) else each.columns["nr"]
                                         for each in ROWS.values()}))  # fmt: skip
def test_no_plan_raises_on_pointers_to_nowhere(reader: Reader, name: int) -> None:
    made = compile_plans(Abi.X86_64, PlanOptions()).get(name)
    for address in (0, 1, UNMAPPED, KERNEL_ADDRESS, (1 << 64) - 1, 1 << 63):
        for result in (0, 1, 23, -errno.EAGAIN, -512, 1 << 40):
            if made and made.entry:
                made.entry(reader, (address,) * 6)
            if made and made.exit:
                made.exit(reader, (address,) * 6, result)
            items(reader)
            reader.clear()


def test_an_exit_without_an_entry_still_works(reader: Reader) -> None:
    """Attached inside the call: the entry plan never ran."""
    for made in compile_plans(Abi.X86_64, PlanOptions()).values():
        if made.exit:
            made.exit(reader, (3, UNMAPPED, 8, UNMAPPED, UNMAPPED, UNMAPPED), 5)
            items(reader)
            reader.clear()
