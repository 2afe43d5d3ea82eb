"""futex: a waiting operation reads the timeout and the futex word; waking moves nothing."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, flags, struct_in, value
from tracer.syscalls.expression import (
    ENTRY,
    NEVER,
    Expr,
    among,
    arg,
    bits,
    either,
    failed,
    int_arg,
    load,
    negate,
    times,
    unless,
)
from tracer.syscalls.model import CONTROL, IN, Arg, Syscall, call, memory
from tracer.syscalls.structures import TIMESPEC, TIMESPEC64

COMMANDS: Final = 0x7F
"""futex_op without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME."""
WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAIT_BITSET, WAKE_BITSET = 0, 1, 3, 4, 9, 10

_OP: Final = bits(arg("futex_op"), COMMANDS)
_WAITS: Final = among(_OP, WAIT, WAIT_BITSET)
_TAKES_TIME: Final = among(_OP, WAIT, WAIT_BITSET, 6, 11, 13)
"""Also LOCK_PI, WAIT_REQUEUE_PI and LOCK_PI2."""
_READS_WORD: Final = either(_WAITS, among(_OP, CMP_REQUEUE))
_KNOWN: Final = among(_OP, WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAIT_BITSET, WAKE_BITSET)

_WAITV: Final = 24
"""struct futex_waitv: val 0, uaddr 8, flags 16."""


def _waiters(count: Expr) -> Arg:
    """Each waiter is copied by itself (`futex_parse_waitv`), then its futex word is read; of the words only the
    first one's address is told."""
    first = load(ENTRY, "waiters", arg("waiters"), 8, 8)
    array = memory(IN, CONTROL, times(_WAITV, count), unit=_WAITV, on=unless("EINVAL"), what="futex_waitv")
    words = memory(
        IN, CONTROL, times(4, count), at=first, unit=4, on=unless("EINVAL"), capture=NEVER, what="futex word"
    )
    return Arg("waiters", "futex_waiters", (array, words))


_WORD: Final = Arg(
    "uaddr", "address", (memory(IN, CONTROL, 4, on=unless("EINVAL"), capture=NEVER, what="futex word"),)
)
_TIMEOUT: Final = struct_in("timeout", "timespec64", TIMESPEC64, on=unless("EINVAL"))
_CLOCK: Final = constant("clockid", "clockid")
_FLAGS: Final = flags("flags", "futex2")

_FUTEX2: Final = (
    call(
        "futex_waitv", _waiters(int_arg("nr_futexes")), value("nr_futexes", "uint"), value("flags", "hex"),
        _TIMEOUT, _CLOCK, unknown=failed("EINVAL"),
    ),
    call("futex_wake", value("uaddr", "address"), value("mask", "hex"), value("nr"), _FLAGS),
    call("futex_wait", _WORD, value("val", "ulong"), value("mask", "hex"), _FLAGS, _TIMEOUT, _CLOCK,
         unknown=failed("EINVAL")),
    # Two waiters, from and to; only the first one's word is compared.
    call("futex_requeue", Arg("waiters", "futex_waiters", (
        memory(IN, CONTROL, 2 * _WAITV, unit=_WAITV, on=unless("EINVAL"), what="futex_waitv"),
        memory(IN, CONTROL, 4, at=load(ENTRY, "waiters", arg("waiters"), 8, 8), on=unless("EINVAL"), capture=NEVER,
               what="futex word"),
    )), value("flags", "hex"), value("nr_wake"), value("nr_requeue"), unknown=failed("EINVAL")),
)  # fmt: skip

CALLS: Final[tuple[Syscall, ...]] = (
    call(
        "futex",
        Arg("uaddr", "address", (
            memory(IN, CONTROL, 4, given=_READS_WORD, on=unless("EINVAL"), capture=NEVER, what="futex word"),
        )),
        constant("futex_op", "futex"),
        value("val", "uint"),
        Arg("timeout", "futex_timeout", (
            memory(IN, CONTROL, TIMESPEC, given=_TAKES_TIME, on=unless("ENOSYS"), what="timespec"),
        )),
        value("uaddr2", "futex_uaddr2"),
        value("val3", "futex_val3"),
        # The priority-inheriting operations and WAKE_OP change words atomically in ways not declared here.
        unknown=either(negate(_KNOWN), failed("EINVAL")),
    ),
    *_FUTEX2,
)  # fmt: skip
