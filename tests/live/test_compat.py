"""Programs with 32-bit calls: the same lines as strace's, and the copies the kernel's compat code makes.

i386 programs need gcc-multilib (or gcc with a 32-bit C library); `int 0x80` works in any x86-64 program. x32 is not
in the kernels of most machines, so its layouts are tested with rows only (tests/tracer/syscalls/test_layouts.py).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.live.captured import only_ptrace
from tests.live.oracle_commands import ENVIRONMENT
from tests.live.recorded import TIMEOUT, record
from tests.live.strace_differences import same_words
from tests.live.strace_text import Line, processes
from tracer.account.copies import account_copies
from tracer.account.transfers import moved
from tracer.decode.call import row_text
from tracer.recording.captured import captured
from tracer.recording.reader import Recording
from tracer.syscalls.names import name_of
from tracer.wire import Abi, Flag, Kind

SOURCE = Path(__file__).with_name("compat_calls.c")
FIXED_ADDRESSES = ("setarch", "-R")
IDS = frozenset("semget semop semctl msgget msgsnd msgrcv msgctl".split())
"""System V objects are numbered through the life of the machine; these calls have a test of their own."""
FORMS = {
    "_newselect": "select", "statfs64": "statfs", "fstatfs64": "fstatfs", "epoll_pwait2": "epoll_pwait",
    "sigreturn": "rt_sigreturn",
}  # fmt: skip
WORDS = (
    (r" <unreadable: \w+>", ""),  # strace says nothing of why memory cannot be read
    (r"\[(\d+)\] => \[(\d+)\]", r"[\1 => \2]"),
    (r" => \{TIME, TIME\}", ""),  # strace shows what is left of a timeout with the result
    (r"sin_port=htons\(\d+\)", "PORT"),
    (r"si_pid=\d+", "PID"),
    (r"\bf_(blocks|files)=\d+", "FILES"),
    (r"sigev_value=(\{sival_int=\d+, sival_ptr=0x[0-9a-f]+\}|0x[0-9a-f]+), sigev_signo=\w+", "SIGEV"),
    (r"\b0x0\b", "0"),
    (r"IOCB_CMD_", ""),
    (r"\[0 => ADDRESS\]", "[ADDRESS]"),
)
"""What may differ besides the rules of `strace_differences`, and is no matter of layout."""


def compiled(folder: Path, source: Path, *options: str) -> Path:
    """The program, or the test is skipped."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    program = folder / "program"
    done = subprocess.run(
        ["gcc", *options, "-O1", "-w", "-o", program, source], check=False, capture_output=True, text=True,
        timeout=TIMEOUT,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"gcc {' '.join(options)} does not work here (gcc-multilib): {done.stderr[-200:]}")
    return program


def runs(program: Path) -> None:
    """Skips when the kernel cannot run the program."""
    try:
        subprocess.run([program], check=True, capture_output=True, timeout=TIMEOUT, cwd=program.parent)
    except OSError as error:
        pytest.skip(f"this kernel does not run such programs: {error}")


def our_lines(recording: Recording) -> str:
    """The calls of all threads, without what descriptors are called."""
    text = []
    for batch in recording.batches:
        flat = captured(batch)
        for index in range(flat.rows):
            row = flat.row(index)
            if row.kind == Kind.CALL or (row.kind == Kind.ENTERED and row.flags & Flag.FINAL):
                text.append(f"{row.tid} {row_text(row).line}\n")
    return "".join(text)


def comparable(text: str) -> dict[str, list[str]]:
    """Every process's calls in the words both sides must agree on."""
    return {place: list(_plain(found)) for place, found in processes(text).items()}


def _plain(found: list[Line]) -> Iterator[str]:
    for line in found:
        if line.name in IDS or line.name in ("---", "+++", "[ P"):
            continue
        base = FORMS.get(line.name, line.name.removesuffix("_time64"))
        same = same_words(line._replace(name=base))
        args, result = same.args, same.result
        for pattern, becomes in WORDS:
            args = re.sub(pattern, becomes, args)
        args = re.sub(r", revents=[A-Z|]+", "", args)
        result = result if result.startswith("-1") else result.partition(" (")[0]
        if line.name in ("waitpid", "fork", "set_tid_address"):
            result = "PID"
        yield f"{line.name}({args}) = {result}"


def differences(expected: dict[str, list[str]], found: dict[str, list[str]]) -> list[str]:
    """The lines that are not the same, process by process; ours with +."""
    return [
        f"process {place}: {line}"
        for place in sorted(expected.keys() | found.keys())
        for line in list(unified_diff(expected.get(place, []), found.get(place, []), lineterm="", n=0))[2:]
        if not line.startswith("@@")
    ]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Recording]:
    """strace's text of the program, and our recording of it."""
    folder = tmp_path_factory.mktemp("compat")
    if shutil.which("strace") is None or shutil.which("setarch") is None:
        pytest.skip("strace and setarch are needed")
    program = compiled(folder, SOURCE, "-m32")
    runs(program)
    env = os.environ | ENVIRONMENT
    work, text = folder / "work", folder / "strace.txt"
    work.mkdir()
    subprocess.run(
        [*FIXED_ADDRESSES, "strace", "-f", "-s", "64", "-o", text, program], cwd=work, env=env, check=True,
        capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    recorded = record([program], folder, cwd=work, env=env, wrapper=FIXED_ADDRESSES)
    assert recorded.status == 0
    return text.read_text(errors="replace"), recorded.open()


def test_a_32_bit_program_reads_as_in_strace(traced: tuple[str, Recording]) -> None:
    """Old and new forms, multiplexed calls, split offsets, and everything the C library does at its start."""
    theirs, recording = traced
    expected, found = comparable(theirs), comparable(our_lines(recording))
    assert sum(map(len, expected.values())) > 150
    assert "\n".join(differences(expected, found)) == ""


def test_every_call_of_a_32_bit_program_is_declared(traced: tuple[str, Recording]) -> None:
    """None is shown with raw registers; all but one with an operation nobody knows have their own names."""
    lines = our_lines(traced[1])
    assert re.findall(r"\bsocketcall\(.*", lines) == ["socketcall(99, NULL) = -1 EINVAL (Invalid argument)"]
    assert not re.search(r"\bipc\(|syscall_0x", lines)


def test_system_v_calls_come_with_their_own_arguments(traced: tuple[str, Recording]) -> None:
    lines = our_lines(traced[1])
    for pattern in (
        r"semop\(\d+, .*, 1\) = 0",
        r"semctl\(\d+, 0, IPC_RMID, .*\) = 0",
        r"msgsnd\(\d+, .*, 11, 0\) = 0",
        r"msgrcv\(\d+, .*, 16, 0, 0\) = 11",
        r"msgrcv\(\d+, .*, 16, 3, 0\) = 11",
        r"msgctl\(\d+, IPC_RMID, .*\) = 0",
    ):
        assert re.search(pattern, lines), pattern


COPIES = {
    # two iovecs of 8 bytes (`copy_compat_iovec_from_user`, lib/iov_iter.c)
    "writev": [("in", 16), ("in", 17), ("in", 8)],
    "pwritev": [("in", 16), ("in", 17), ("in", 8)],
    # cp_compat_stat, cp_stat64 (arch/x86/kernel/sys_ia32.c)
    "fstat": [("out", 64)],
    "fstat64": [("out", 96)],
    "fcntl": [],
    "fcntl64": [("in", 24)],
    # compat_old_sel_arg_struct, then an fd_set of 40 bits in words of 4 bytes (`compat_get_bitmap`)
    "select": [("in", 8), ("out", 8), ("in", 8), ("out", 8), ("in", 20)],
    "_newselect": [("in", 4), ("out", 4), ("in", 8), ("out", 8)],
    "nanosleep": [("in", 8)],
    "clock_nanosleep_time64": [("in", 16)],
    "clock_gettime": [("out", 8)],
    "clock_gettime64": [("out", 16)],
    "rt_sigaction": [("in", 20), ("out", 20)],
    "sigaction": [("in", 16), ("out", 16)],
    "sigprocmask": [("in", 4), ("out", 4)],
    "rt_sigprocmask": [("in", 8), ("out", 8)],
    # the lengths first, then header and data of each message (`cmsghdr_from_user_compat_to_kern`, net/compat.c)
    "sendmsg": [("in", 28), ("in", 8), ("in", 4), ("in", 20), ("in", 19)],
    "recvmsg": [("in", 28), ("in", 8), ("out", 19), ("out", 4), ("out", 4), ("out", 20)],
    "accept": [("in", 12)],
    "send": [("in", 3), ("in", 16)],
    "recv": [("out", 3), ("in", 16)],
    "socket": [("in", 12)],
    "mmap": [("in", 24)],
    "sendfile": [("in", 4), ("out", 4)],
    "sendfile64": [("in", 8), ("out", 8)],
    "io_setup": [("in", 4), ("out", 4)],
    "ugetrlimit": [("out", 8)],
    "prlimit64": [("out", 16)],
    "getresuid": [("out", 2)] * 3,
    "getresuid32": [("out", 4)] * 3,
    "timer_settime": [("in", 16)],
    "timer_settime64": [("in", 32)],
    "wait4": [("out", 4)],
}
"""By name, the transfers of the program's first such call after its start; all sizes in bytes."""


def test_copies_are_those_of_the_compat_code(traced: tuple[str, Recording]) -> None:
    _, recording = traced
    seen: dict[str, list[list[tuple[str, int]]]] = {}
    for batch in recording.batches:
        flat, counts = captured(batch), account_copies(batch)
        for index in range(flat.rows):
            row = flat.row(index)
            if row.kind != Kind.CALL or row.abi != Abi.I386:
                continue
            listed = moved(row).transfers
            seen.setdefault(name_of(row.abi, row.nr), []).append([(each.direction, each.bytes) for each in listed])
            assert counts.copies_in[index] + counts.copies_out[index] == len(listed)
    for name, expected in COPIES.items():
        assert expected in seen[name], (name, seen[name])


INT_80 = """
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
static long call(long number, long first, long second, long third) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second), "d"(third) : "memory",
                     "r8", "r9", "r10", "r11");
    return result;
}
int main(void) {
    char *low = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    unsigned *vector = (unsigned *)(low + 64);
    low[0] = 'a', low[1] = 'b', low[2] = 'c';
    vector[0] = (unsigned)(long)low, vector[1] = 3;
    call(146, 0x700000001, (long)vector, 1);
    write(1, low, 2);
    syscall(0x40000000 + 39);
    return 0;
}
"""


def test_a_64_bit_program_may_make_32_bit_calls(tmp_path: Path) -> None:
    """int 0x80 has the table and layouts of i386, and looks at the low halves of registers; the next call by the
    instruction `syscall` is a 64-bit one again. A number with the bit of x32 is a call of x32."""
    source = tmp_path / "int80.c"
    source.write_text(INT_80)
    program = compiled(tmp_path, source)
    try:
        runs(program)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"int 0x80 is not available: {error}")
    recorded = record([program], tmp_path)
    rows = []
    with recorded.open() as recording:
        for batch in recording.batches:
            flat = captured(batch)
            rows += [flat.row(index) for index in range(flat.rows) if flat.kind[index] == Kind.CALL]
    texts = [(Abi(row.abi), row_text(row).line) for row in rows]
    by_name = {text.partition("(")[0]: (abi, text) for abi, text in texts}
    assert by_name["writev"] == (Abi.I386, 'writev(1, [{iov_base="abc", iov_len=3}], 1) = 3')
    assert by_name["write"] == (Abi.X86_64, 'write(1, "ab", 2) = 2')
    abi, text = by_name["getpid"]
    assert abi is Abi.X32
    assert text.startswith("getpid() = ")


RING = r"""
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    static struct io_uring_params params;
    static char buffer[64];
    int ring = syscall(SYS_io_uring_setup, 8, &params), zeros = open("/dev/zero", O_RDONLY);
    if (ring < 0) return 77;
    char *queue = mmap(0, params.sq_off.array + 4 * params.sq_entries + params.cq_off.cqes + 16 * params.cq_entries,
                       PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *entry =
        mmap(0, 64 * params.sq_entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    entry->opcode = IORING_OP_READ, entry->fd = zeros, entry->addr = (unsigned long)buffer, entry->len = 61;
    *(unsigned *)(queue + params.sq_off.tail) = 1;
    return syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) != 1;
}
"""


@only_ptrace
def test_the_rings_of_a_32_bit_program_are_seen(tmp_path: Path) -> None:
    """It maps them with mmap2, whose offset counts pages."""
    source = tmp_path / "ring.c"
    source.write_text(RING)
    program = compiled(tmp_path, source, "-m32")
    try:
        runs(program)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"io_uring is switched off here: {error}")
    recorded = record([program], tmp_path)
    found = []
    with recorded.open() as recording:
        for batch in recording.batches:
            flat = captured(batch)
            rows = [flat.row(index) for index in range(flat.rows) if flat.kind[index] == Kind.CALL]
            found += [moved(row).transfers for row in rows if name_of(row.abi, row.nr) == "io_uring_enter"]
    assert [[(each.direction, each.bytes) for each in transfers] for transfers in found] == [[("out", 61)]]
