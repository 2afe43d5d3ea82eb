"""Sentences of the calls that move data: read, write, and what spares the copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.decode.told import Told, counted

Saying = Callable[[Told], tuple[str, str]]
"""What the program asks for, and what came of it when the call succeeded."""


def _size(told: Told) -> int:
    return told.value("count") or told.value("len")


def _at(told: Told) -> str:
    where = next((name for name in ("pos",) if told.has(name)), None)
    return f", from byte {told.value(where)} on" if where else ""


def _got(told: Told, wanted: int | None) -> str:
    if wanted == 0:
        return ""
    if told.result == 0:
        return "gets none: this is the end of the data"
    return f"gets all {told.result}" if told.result == wanted and told.result > 1 else f"gets {told.result}"


def _read(told: Told) -> tuple[str, str]:
    wanted = _size(told)
    return f"asks {told.descriptor()} for up to {counted(wanted, 'byte')}{_at(told)}", _got(told, wanted)


def _readv(told: Told) -> tuple[str, str]:
    buffers = counted(told.value("iovcnt"), "buffer")
    return f"asks {told.descriptor()} for bytes to fill {buffers}{_at(told)}", _got(
        told, 0 if told.value("iovcnt") == 0 else None
    )


def taken(told: Told, offered: int) -> str:
    """How much of `offered` bytes the kernel took."""
    if not offered:
        return ""
    if told.result >= offered:
        return "all are taken" if offered > 1 else "it is taken"
    return f"only {told.result} are taken, the rest must be offered again"


def _write(told: Told) -> tuple[str, str]:
    offered = _size(told)
    if told.number("fd") == -1:
        return f"writes {counted(offered, 'byte')} to no descriptor (-1): a mark for the tracer", ""
    return f"hands {counted(offered, 'byte')} to {told.descriptor()}{_at(told)}", taken(told, offered)


def _writev(told: Told) -> tuple[str, str]:
    buffers = counted(told.value("iovcnt"), "buffer")
    return f"hands the bytes of {buffers} to {told.descriptor()}{_at(told)}", f"{told.result} bytes are taken"


def _duplicate(told: Told) -> tuple[str, str]:
    does = (
        f"gives up to {counted(told.value('len'), 'byte')} of the pipe {told.descriptor('fd_in')} also to the pipe "
        f"{told.descriptor('fd_out')}; they stay in the first"
    )
    return does, f"{counted(told.result, 'byte')} given"


def _map_pages(told: Told) -> tuple[str, str]:
    does = (
        f"moves the bytes of {counted(told.value('nr_segs'), 'buffer')} into the pipe {told.descriptor()}, or out "
        "of it when that is the end to read from"
    )
    return does, f"{counted(told.result, 'byte')} moved"


def _other_process(verb: str, way: str) -> Saying:
    def say(told: Told) -> tuple[str, str]:
        return f"{verb} memory {way} process {told.number('pid')}", f"{counted(told.result, 'byte')} copied"

    return say


def _between(source: str, target: str, size: str) -> Saying:
    def say(told: Told) -> tuple[str, str]:
        does = (
            f"moves up to {counted(told.value(size), 'byte')} from {told.descriptor(source)} to "
            f"{told.descriptor(target)} inside the kernel, without a copy in the program"
        )
        return does, f"{counted(told.result, 'byte')} moved"

    return say


def _seek(told: Told) -> tuple[str, str]:
    return f"moves the position in {told.descriptor()}", f"it is now at byte {told.result}"


def _flush(told: Told) -> tuple[str, str]:
    return f"waits until what was written to {told.descriptor()} is on the disk", "it is"


def _random(told: Told) -> tuple[str, str]:
    return f"asks for {counted(told.value('buflen'), 'random byte')}", f"gets {told.result}"


DATA: Final[dict[str, Saying]] = {
    "read": _read,
    "pread64": _read,
    "readv": _readv,
    "preadv": _readv,
    "preadv2": _readv,
    "write": _write,
    "pwrite64": _write,
    "writev": _writev,
    "pwritev": _writev,
    "pwritev2": _writev,
    "sendfile": _between("in_fd", "out_fd", "count"),
    "splice": _between("fd_in", "fd_out", "len"),
    "copy_file_range": _between("fd_in", "fd_out", "len"),
    "tee": _duplicate,
    "vmsplice": _map_pages,
    "process_vm_readv": _other_process("reads", "of"),
    "process_vm_writev": _other_process("writes", "of"),
    "lseek": _seek,
    "fsync": _flush,
    "fdatasync": _flush,
    "getrandom": _random,
}
