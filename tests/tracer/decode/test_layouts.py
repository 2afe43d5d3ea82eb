"""The same call in the layouts of each ABI: text and transfers of rows as the kernel's stops would leave them."""

from __future__ import annotations

import struct

import pytest

from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tracer.account.copies import account_copies
from tracer.account.transfers import moved
from tracer.decode.call import call_text
from tracer.decode.sentence import sentence
from tracer.recording.captured import captured
from tracer.syscalls.multiplexers import IPC, SELECT, SOCKETCALL, number
from tracer.wire import ARGUMENT_BLOCK, Abi

AT, BUF, OTHER, BLOCK = 0x1000, 0x2000, 0x3000, 0x4000
I386, X32, ARM64 = Abi.I386, Abi.X32, Abi.AARCH64


def _iov(word: str, *pairs: int) -> bytes:
    return struct.pack(f"<{len(pairs)}{word}", *pairs)


def _msghdr(word: str) -> bytes:
    """No name, one iovec, 20 or 24 bytes of control."""
    pad = "4x" if word == "Q" else ""
    control = 20 if word == "I" else 24
    return struct.pack(f"<{word}I{pad}4{word}I", 0, 0, OTHER, 1, BLOCK, control, 0)


def _rights(word: str) -> bytes:
    return struct.pack(f"<{word}ii2i", struct.calcsize(f"<{word}ii2i"), 1, 1, 5, 7)


def _sendmsg(abi: Abi, word: str) -> TestRow:
    return row(
        "sendmsg", 3, AT, 0, result=3, abi=abi,
        memory=[
            piece(1, ENTRY, AT, _msghdr(word)), piece(1, ENTRY, OTHER, _iov(word, BUF, 3)),
            piece(1, ENTRY, BLOCK, _rights(word)), piece(1, ENTRY, BUF, b"abc"),
        ],
    )  # fmt: skip


TIMES = [
    (Abi.X86_64, "nanosleep", struct.pack("<qq", 3, 7), [("in", 16)]),
    (I386, "nanosleep", struct.pack("<ii", 3, 7), [("in", 8)]),
    (X32, "nanosleep", struct.pack("<qq", 3, 7), [("in", 16)]),
    (ARM64, "nanosleep", struct.pack("<qq", 3, 7), [("in", 16)]),
]


@pytest.mark.parametrize(("abi", "name", "data", "copies"), TIMES)
def test_a_time_has_the_width_it_has_there(abi: Abi, name: str, data: bytes, copies: list[tuple[str, int]]) -> None:
    made = batch([row(name, AT, 0, abi=abi, memory=[piece(0, ENTRY, AT, data)])])
    assert call_text(made, 0).line == f"{name}({{tv_sec=3, tv_nsec=7}}, NULL) = 0"
    assert [(each.direction, each.bytes) for each in moved(captured(made).row(0)).transfers] == copies


@pytest.mark.parametrize(("abi", "word"), [(Abi.X86_64, "Q"), (I386, "I"), (X32, "I")])
def test_a_message_is_followed_through_its_pointers(abi: Abi, word: str) -> None:
    """32-bit control messages are read length by length, then one by one (net/compat.c)."""
    made = batch([_sendmsg(abi, word)])
    line = call_text(made, 0).line
    assert '[{iov_base="abc", iov_len=3}], msg_iovlen=1' in line
    assert "cmsg_type=SCM_RIGHTS, cmsg_data=[5, 7]}]" in line
    sizes = [each.bytes for each in moved(captured(made).row(0)).transfers]
    assert sizes == ([56, 16, 24, 3] if word == "Q" else [28, 8, 4, 20, 3])
    counts = account_copies(made)
    assert int(counts.control_in[0]) == sum(sizes) - 3
    assert int(counts.copies_in[0]) == len(sizes)
    assert not counts.unknown[0]


@pytest.mark.parametrize(
    ("abi", "bits", "size"), [(Abi.X86_64, 40, 8), (I386, 40, 8), (I386, 31, 4), (I386, 65, 12), (X32, 31, 8)]
)
def test_an_fd_set_is_copied_in_whole_words(abi: Abi, bits: int, size: int) -> None:
    name = "_newselect" if abi is I386 else "select"
    memory = [piece(1, ENTRY, AT, b"\x09" + bytes(15)), piece(255, ENTRY, 0, struct.pack("<I", 256))]
    made = batch([row(name, bits, AT, 0, 0, 0, result=-4, abi=abi, memory=memory)])
    assert call_text(made, 0).args[1] == "[0 3]"
    assert [each.bytes for each in moved(captured(made).row(0)).transfers] == [size]
    assert int(account_copies(made).control_in[0]) == size


LINES = [
    (row("pread64", 3, BUF, 5, 0xFFFFFFF0, 1, result=-9, abi=I386), ", 5, 8589934576) = -1 EBADF"),
    (row("pread64", 3, BUF, 5, 0xFFFFFFFF, 0xFFFFFFFF, result=-22, abi=I386), ", 5, -1) = -1 EINVAL"),
    (row("preadv", 3, 0, 0, 7, 1, result=0, abi=I386), "preadv(3, NULL, 0, 4294967303) = 0"),
    (row("preadv", 3, 0, 0, 7, 1, result=0), "preadv(3, NULL, 0, 7) = 0"),
    (row("preadv", 3, 0, 0, 1 << 33, result=0, abi=X32), "preadv(3, NULL, 0, 8589934592) = 0"),
    (row("fallocate", 3, 0, 1, 1, 2, 0, abi=I386), "fallocate(3, 0, 4294967297, 2) = 0"),
    (row("_llseek", 3, 1, 2, 0, 0, result=-9, abi=I386), "_llseek(3, 4294967298, NULL, SEEK_SET) = -1 EBADF"),
    (row("lseek", 3, 0xFFFFFFFD, 2, result=24 + (3 << 32), abi=I386), "lseek(3, -3, SEEK_END) = 24"),
    (row("mmap2", 0, 4096, 1, 2, 3, 3, result=0xF7F00000, abi=I386), ", 3, 0x3000) = 0xf7f00000"),
    (row("setuid", 0xFFFF, abi=I386), "setuid(-1) = 0"),
    (row("setuid32", 0xFFFF, abi=I386), "setuid32(65535) = 0"),
    (row("clone", 17, 0, 0, 0xAA, 0xBB, result=5, abi=I386), "clone(SIGCHLD, NULL, NULL, 0xaa, 0xbb) = 5"),
    (row("open", 0, 0o200000, abi=I386), "open(NULL, O_RDONLY|O_DIRECTORY) = 0"),
    (row("openat", -100, 0, 0o240000, abi=ARM64), "openat(AT_FDCWD, NULL, O_RDONLY|O_DIRECTORY|O_DIRECT) = 0"),
    (row("openat", -100, 0, 0o240000), "openat(AT_FDCWD, NULL, O_RDONLY|O_DIRECT|O_DIRECTORY) = 0"),
    (row("openat", -100, 0, 0o500000, abi=ARM64), "openat(AT_FDCWD, NULL, O_RDONLY|O_NOFOLLOW|O_LARGEFILE) = 0"),
    (row("openat", -100, 0, 0o20040002, abi=ARM64), "openat(AT_FDCWD, NULL, O_RDWR|O_TMPFILE, 000) = 0"),
    (row("fcntl", 3, 3, 0, result=0o200001, abi=ARM64), "= 0x10001 (flags O_WRONLY|O_DIRECT)"),
    (row("fcntl64", 3, 14, AT, abi=I386, memory=[piece(2, ENTRY, AT, struct.pack("<hhqqi", 1, 0, 7, 1 << 33, 0))]),
     "fcntl64(3, F_SETLKW64, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=7, l_len=8589934592}) = 0"),
    (row(number(SOCKETCALL, 4), 3, 5, abi=I386, memory=[piece(ARGUMENT_BLOCK, ENTRY, BLOCK, bytes(8))]),
     "listen(3, 5) = 0"),
    (row(number(IPC, 22), BUF, abi=I386), "shmdt(0x2000) = 0"),
    (row("stat64", BUF, AT, abi=I386, memory=[
        piece(0, ENTRY, BUF, b"a\0"),
        piece(1, EXIT, AT, struct.pack("<Q4xIIIIIQ4xq", 1, 2, 0o100644, 1, 0, 0, 0, 1 << 33) + bytes(44)),
    ]), 'stat64("a", {st_mode=S_IFREG|0644, st_size=8589934592, ...}) = 0'),
    (row("waitid", 1, 7, AT, 4, 0, abi=I386, memory=[
        piece(2, EXIT, AT, struct.pack("<6i", 17, 0, 1, 41, 0, 3) + bytes(104)),
    ]), "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=41, si_uid=0, si_status=3}"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "text"), LINES, ids=lambda each: each if isinstance(each, str) else "")
def test_registers_and_structures_read_as_their_abi_has_them(made: TestRow, text: str) -> None:
    assert text in call_text(batch([made]), 0).line


def test_a_multiplexers_block_is_counted_with_the_call() -> None:
    """old select: compat_sel_arg_struct, 20 bytes (`compat_sys_old_select`, fs/select.c)."""
    made = batch(
        [
            row(
                number(SELECT, 1), 0, 0, 0, 0, 0, abi=I386, memory=[piece(ARGUMENT_BLOCK, ENTRY, BLOCK, bytes(20))]
            ),
            row(number(SELECT, 1), 0, 0, 0, 0, 0, abi=I386),
        ]
    )
    found = [moved(captured(made).row(index)).transfers for index in (0, 1)]
    assert [(each.bytes, each.address, each.what) for each in found[0]] == [(20, BLOCK, "select arguments")]
    assert found[1] == ()
    assert account_copies(made).control_in.tolist() == [20, 0]


def test_forms_of_a_call_share_its_sentence() -> None:
    rows = [row(name, 4, 0, 0, 0, 0, result=0, abi=abi) for name, abi in (("_newselect", I386), ("select", X32))]
    made = batch(rows)
    assert sentence(made, 0) == sentence(made, 1) != ""


@pytest.mark.parametrize(("abi", "flags"), [(Abi.X86_64, 0o200000), (ARM64, 0o40000)])
def test_a_directory_is_opened_for_listing_by_the_machines_own_flag(abi: Abi, flags: int) -> None:
    made = batch([row("openat", -100, 0, each, 0, result=3, abi=abi) for each in (flags, 0o240000 ^ flags)])
    assert "listing" in sentence(made, 0)
    assert "listing" not in sentence(made, 1)
