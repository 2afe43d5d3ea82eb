"""futex: a waiting operation reads the timeout and the futex word; waking moves nothing."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, value
from tracer.syscalls.expression import NEVER, among, arg, bits, either, failed, negate, unless
from tracer.syscalls.model import CONTROL, IN, Arg, Syscall, call, memory
from tracer.syscalls.structures import TIMESPEC

COMMANDS: Final = 0x7F
"""futex_op without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME."""
WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAIT_BITSET, WAKE_BITSET = 0, 1, 3, 4, 9, 10

_OP: Final = bits(arg("futex_op"), COMMANDS)
_WAITS: Final = among(_OP, WAIT, WAIT_BITSET)
_TAKES_TIME: Final = among(_OP, WAIT, WAIT_BITSET, 6, 11, 13)
"""Also LOCK_PI, WAIT_REQUEUE_PI and LOCK_PI2."""
_READS_WORD: Final = either(_WAITS, among(_OP, CMP_REQUEUE))
_KNOWN: Final = among(_OP, WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAIT_BITSET, WAKE_BITSET)

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
)  # fmt: skip
