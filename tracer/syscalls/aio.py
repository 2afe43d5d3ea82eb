"""Native AIO. Every call but io_setup reads the ring's id through the mapping (`lookup_ioctx`, fs/aio.c)."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import struct_in, struct_in_out, value
from tracer.syscalls.expression import NEVER, POSITIVE, RESULT, arg, failed, times
from tracer.syscalls.model import CONTROL, IN, IOCBS, OUT, Arg, Syscall, call, memory
from tracer.syscalls.polling import sigset_argpack
from tracer.syscalls.structures import IO_EVENT, IOCB, TIMESPEC, WORD

_CONTEXT: Final = Arg("ctx_id", "hex", (memory(IN, CONTROL, 4, capture=NEVER, what="aio_ring.id"),))
_EVENTS: Final = Arg("events", "io_events", (
    memory(OUT, CONTROL, times(IO_EVENT, RESULT), on=POSITIVE, what="io_event"),
))  # fmt: skip
_WAIT: Final = (_CONTEXT, value("min_nr", "long"), value("nr", "long"), _EVENTS)


CALLS: Final[tuple[Syscall, ...]] = (
    call("io_setup", value("nr_events", "uint"), struct_in_out("ctxp", "address*", WORD)),
    call("io_destroy", _CONTEXT),
    call(
        "io_submit",
        _CONTEXT,
        value("nr", "long"),
        Arg("iocbpp", "iocbs", (memory(IN, CONTROL, 0, shape=IOCBS, entries=arg("nr"), what="iocb"),)),
    ),
    call("io_getevents", *_WAIT, struct_in("timeout", "timespec", TIMESPEC)),
    call(
        "io_pgetevents",
        *_WAIT,
        struct_in("timeout", "timespec", TIMESPEC),
        sigset_argpack("usig"),
        unknown=failed("EINVAL"),
    ),
    call("io_cancel", _CONTEXT, struct_in("iocb", "iocb", IOCB), value("result", "address"),
         unknown=failed("EINVAL")),
)  # fmt: skip
