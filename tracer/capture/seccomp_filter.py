"""The seccomp filter behind `--trace SET`: calls that are wanted stop for the tracer, all others run at full speed.

A filter is a classic BPF program over `struct seccomp_data` (number, architecture, instruction pointer, six
arguments; linux/seccomp.h). SECCOMP_RET_TRACE stops a call for a tracer that set PTRACE_O_TRACESECCOMP
(seccomp(2)); the kernel remembers numbers that are allowed whatever their arguments and does not even run the
filter for them (`seccomp_cache_check_allow`, kernel/seccomp.c).

Some calls are traced in every case, because what a recording says of the wanted ones rests on them: births and
execs, whatever makes, names or closes a descriptor, and what the program may not notice of us (`KEPT`). Of a few
busy calls only the commands that matter are (`CHECKED`), told apart by a register.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from itertools import chain, pairwise
from struct import Struct
from typing import Final, NamedTuple

from tracer.syscalls.names import X32_BIT, numbers
from tracer.syscalls.table import declarations
from tracer.wire import Abi

ALLOW: Final = 0x7FFF0000
TRACE: Final = 0x7FF00000
MOST_INSTRUCTIONS: Final = 4096
"""BPF_MAXINSNS (linux/bpf_common.h)."""

KEPT: Final = frozenset(
    # Lives.
    "execve execveat fork vfork clone clone3 restart_syscall "
    # Descriptors, besides the calls that return one.
    "close close_range dup dup2 dup3 pipe pipe2 socketpair bind connect listen epoll_ctl epoll_ctl_old "
    "socketcall ipc chdir fchdir chroot unshare setns "
    # CPU masks, which we change and give back (`tracer.capture.placement`), and filters of the program's own.
    "sched_getaffinity sched_setaffinity seccomp".split()
)
"""Calls that are always traced."""

CHECKED: Final[dict[str, tuple[int, tuple[int, ...]]]] = {
    "write": (0, (0xFFFFFFFF,)),  # a mark (`tracer.capture.specials`)
    "fcntl": (1, (0, 2, 4, 1030)),  # F_DUPFD, F_SETFD, F_SETFL, F_DUPFD_CLOEXEC
    "fcntl64": (1, (0, 2, 4, 1030)),
    "ioctl": (1, (0x5421, 0x5450, 0x5451)),  # FIONBIO, FIONCLEX, FIOCLEX
    "prctl": (0, (15, 22, 38)),  # PR_SET_NAME, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS
}
"""Calls of which some are always traced: which argument tells, and its values (the low 32 bits)."""

_ARCHITECTURES: Final = {
    "x86_64": ((0xC000003E, Abi.X86_64), (0x40000003, Abi.I386)),
    "aarch64": ((0xC00000B7, Abi.AARCH64), (0x40000028, Abi.ARM)),
}
"""AUDIT_ARCH values (linux/audit.h) a program on this machine can make calls with."""

MACHINES: Final = _ARCHITECTURES.keys()

_INSTRUCTION: Final = Struct("<HBBI")
_LOAD, _AND, _JUMP, _EQUAL, _GREATER, _AT_LEAST, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x25, 0x35, 0x06
_NR, _ARCH, _ARGS = 0, 4, 16
"""Offsets in struct seccomp_data; the low half of argument n is at _ARGS + 8 n on little-endian machines."""


class Wanted(NamedTuple):
    """Which calls the user wants to see, by name."""

    names: frozenset[str]
    inverted: bool = False
    """All but these."""


class _Op(NamedTuple):
    code: int
    k: int
    yes: int = 0
    no: int = 0


@cache
def always(abi: int) -> frozenset[str]:
    """The calls of an ABI that are traced whatever is wanted."""
    makers = {call.name for call in declarations(abi).values() if call.returns == "fd"}
    return (KEPT | makers) - CHECKED.keys()


def traced_names(abi: int, wanted: Wanted) -> frozenset[str]:
    """All calls of an ABI that stop for the tracer whatever their arguments."""
    known = numbers(abi).keys()
    chosen = known - wanted.names if wanted.inverted else known & wanted.names
    if "io_uring_enter" in chosen:  # the rings are found by their mappings
        chosen |= {"mmap", "mmap2"} & known
    return frozenset(chosen | (always(abi) & known))


def filter_program(machine: str, wanted: Wanted) -> bytes:
    """The filter as packed `struct sock_filter`s. Raises ValueError for a machine whose calls we have no table of,
    and when it gets longer than the kernel allows."""
    if machine not in _ARCHITECTURES:
        raise ValueError(f"no system call filter is known for {machine}")
    ops: list[_Op] = [_Op(_LOAD, _ARCH)]
    for arch, abi in _ARCHITECTURES[machine]:
        block = list(_block(abi, wanted))
        if abi is Abi.X86_64:
            block = [_Op(_LOAD, _NR), *_far(_AT_LEAST, X32_BIT, [_Op(_AND, X32_BIT - 1), *_calls(Abi.X32, wanted)]),
                     *block[1:]]  # fmt: skip
        ops += _far(_EQUAL, arch, block)
    ops.append(_Op(_RETURN, TRACE))  # a table of calls we do not know: better slow than unseen
    if len(ops) > MOST_INSTRUCTIONS:
        raise ValueError(f"the filter has {len(ops)} instructions, the kernel takes {MOST_INSTRUCTIONS}")
    return b"".join(_INSTRUCTION.pack(op.code, op.yes, op.no, op.k) for op in ops)


def _far(test: int, value: int, block: list[_Op]) -> list[_Op]:
    """`block`, of any length, if the accumulator passes `test`; conditional jumps reach only 255 instructions."""
    return [_Op(test, value, 1, 0), _Op(_JUMP, len(block)), *block]


def _block(abi: Abi, wanted: Wanted) -> Iterator[_Op]:
    yield _Op(_LOAD, _NR)
    yield from _calls(abi, wanted)


def _calls(abi: Abi, wanted: Wanted) -> Iterator[_Op]:
    """With the number in the accumulator: how the call goes on."""
    known, traced = numbers(abi), traced_names(abi, wanted)
    for name in sorted(CHECKED.keys() & known.keys() - traced):
        yield from _checked(known[name], *CHECKED[name])
    # A number that no table has is a call newer than us: wanted by who excludes some, not by who names some.
    listed = known.keys() - traced if wanted.inverted else traced
    for low, high in _ranges(known[name] for name in listed):
        yield from (_Op(_AT_LEAST, low, 0, 2), _Op(_GREATER, high, 1, 0))
        yield _Op(_RETURN, ALLOW if wanted.inverted else TRACE)
    yield _Op(_RETURN, TRACE if wanted.inverted else ALLOW)


def _checked(nr: int, argument: int, values: Collection[int]) -> Iterator[_Op]:
    yield _Op(_EQUAL, nr, 0, 2 * len(values) + 2)
    yield _Op(_LOAD, _ARGS + 8 * argument)
    yield from chain.from_iterable((_Op(_EQUAL, value, 0, 1), _Op(_RETURN, TRACE)) for value in values)
    yield _Op(_RETURN, ALLOW)


def _ranges(wanted: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The numbers as ranges, both ends in."""
    ordered = sorted(set(wanted))
    starts = [ordered[0]] if ordered else []
    ends = []
    for before, after in pairwise(ordered):
        if after != before + 1:
            ends.append(before)
            starts.append(after)
    return zip(starts, [*ends, ordered[-1]] if ordered else [], strict=True)
