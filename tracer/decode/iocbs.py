"""Control blocks and events of native asynchronous I/O (io_submit(2), linux/aio_abi.h)."""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from tracer.decode.arrays import array_at, array_text, hex_text, pointer_text
from tracer.decode.buffers import iovecs_text
from tracer.decode.constants_files import FLAGS as FILE_FLAGS
from tracer.decode.constants_network import FLAGS as NETWORK_FLAGS
from tracer.decode.flags import constant_text, flags_text, table
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.text import Unread, quote

_COMMANDS: Final = {
    0: "IOCB_CMD_PREAD", 1: "IOCB_CMD_PWRITE", 2: "IOCB_CMD_FSYNC", 3: "IOCB_CMD_FDSYNC", 4: "IOCB_CMD_PREADX",
    5: "IOCB_CMD_POLL", 6: "IOCB_CMD_NOOP", 7: "IOCB_CMD_PREADV", 8: "IOCB_CMD_PWRITEV",
}  # fmt: skip
_PWRITE, _POLL, _PWRITEV = 1, 5, 8
_BUFFERED: Final = frozenset({0, 1})
_VECTORED: Final = frozenset({7, 8})
_RESFD, _IOPRIO = 1, 2
_FLAGS: Final = table("IOCB_FLAG_RESFD=1 IOCB_FLAG_IOPRIO=2")
_PRIORITIES: Final = {0: "IOPRIO_CLASS_NONE", 1: "IOPRIO_CLASS_RT", 2: "IOPRIO_CLASS_BE", 3: "IOPRIO_CLASS_IDLE"}
_LARGEST: Final = (1 << 63) - 1
"""A length beyond it is negative as ssize_t, and the kernel refuses it (`io_submit_one`, fs/aio.c)."""


class Iocb(NamedTuple):
    """struct iocb of a little-endian machine."""

    data: int
    key: int
    rw_flags: int
    opcode: int
    reqprio: int
    fd: int
    buffer: int
    length: int
    offset: int
    reserved: int
    flags: int
    resfd: int


_IOCB: Final = Struct("<QIIHhiQQqQIi")
_IO_EVENT: Final = Struct("<QQqq")


def iocb_text(look: Look, data: bytes) -> str:
    """A control block with what it asks for."""
    iocb = Iocb(*_IOCB.unpack(data))
    return "{" + ", ".join([*_header(look, iocb), *_operation(look, iocb)]) + "}"


def _header(look: Look, iocb: Iocb) -> list[str]:
    parts = [f"aio_data={hex_text(iocb.data)}"]
    if iocb.key:
        parts.append(f"aio_key={iocb.key}")
    if iocb.rw_flags:
        parts.append(f"aio_rw_flags={flags_text(iocb.rw_flags, FILE_FLAGS['rwf'])}")
    parts.append(f"aio_lio_opcode={_COMMANDS.get(iocb.opcode, iocb.opcode)}")
    if iocb.flags & _IOPRIO:
        kind, level = iocb.reqprio >> 13 & 7, iocb.reqprio & 0x1FFF
        parts.append(f"aio_reqprio=IOPRIO_PRIO_VALUE({constant_text(kind, _PRIORITIES)}, {level})")
    elif iocb.reqprio:
        parts.append(f"aio_reqprio={iocb.reqprio}")
    return [*parts, f"aio_fildes={look.with_name(iocb.fd)}"]


def _operation(look: Look, iocb: Iocb) -> list[str]:
    """What is asked of the descriptor; of what synchronises and does nothing, nothing."""
    if iocb.opcode == _POLL:
        return [f"aio_buf={flags_text(iocb.buffer, NETWORK_FLAGS['poll'])}", *_common(look, iocb)]
    if iocb.opcode in _VECTORED and iocb.length <= _LARGEST:
        return [f"aio_buf={_vectors(look, iocb)}", f"aio_offset={iocb.offset}", *_common(look, iocb)]
    if iocb.opcode in _BUFFERED | _VECTORED:
        sent = iocb.opcode == _PWRITE and iocb.length <= _LARGEST
        buffer = _sent(look, iocb) if sent else pointer_text(iocb.buffer)
        return [
            f"aio_buf={buffer}", f"aio_nbytes={iocb.length}", f"aio_offset={iocb.offset}", *_common(look, iocb)
        ]  # fmt: skip
    return []


def _common(look: Look, iocb: Iocb) -> list[str]:
    parts = [f"aio_flags={flags_text(iocb.flags, _FLAGS)}"] if iocb.flags else []
    if iocb.flags & _RESFD:
        parts.append(f"aio_resfd={look.with_name(iocb.resfd)}")
    elif iocb.resfd:
        parts.append(f"aio_resfd={iocb.resfd & 0xFFFFFFFF:#x}")
    return parts


def _sent(look: Look, iocb: Iocb) -> str:
    if not iocb.buffer:
        return "NULL"
    data = look.piece(ENTRY, iocb.buffer)
    if isinstance(data, Unread):
        return look.missing(data, iocb.buffer) if iocb.length else '""'
    return quote(data[: iocb.length], more=len(data) < iocb.length)


def _vectors(look: Look, iocb: Iocb) -> str:
    if not iocb.buffer:
        return "NULL"
    array = look.piece(ENTRY, iocb.buffer)
    if isinstance(array, Unread):
        return look.missing(array, iocb.buffer) if iocb.length else "[]"
    when = ENTRY if iocb.opcode == _PWRITEV else None
    return iovecs_text(look, array, when, None, iocb.length, iocb.buffer)


def _iocbs(look: Look) -> str:
    """The blocks that an array of pointers leads to; a negative number of them is refused before it is read."""
    count, word = look.sibling("nr"), look.model.word
    if count >= 1 << 8 * word - 1:
        return pointer_text(look.value)
    return array_at(look, ENTRY, word, count, lambda pointer: _behind(look, int.from_bytes(pointer, "little")))


def _behind(look: Look, pointer: int) -> str:
    data = look.piece(ENTRY, pointer)
    whole = not isinstance(data, Unread) and len(data) >= _IOCB.size
    if isinstance(data, Unread) or not whole:
        why = data if isinstance(data, Unread) else Unread("cut off")
        return look.missing(why, pointer) if pointer else "NULL"
    return iocb_text(look, data[: _IOCB.size])


def _cancelled(look: Look) -> str:
    """The block that is to be cancelled: the kernel knows it by its address and its key."""
    if not look.value:
        return "NULL"
    data = look.piece(ENTRY)
    if isinstance(data, Unread) or len(data) < _IOCB.size:
        return look.missing(data if isinstance(data, Unread) else Unread("cut off"))
    return "{" + ", ".join(_header(look, Iocb(*_IOCB.unpack_from(data)))) + "}"


def _event_text(data: bytes) -> str:
    user, iocb, result, second = _IO_EVENT.unpack(data)
    return f"{{data={hex_text(user)}, obj={hex_text(iocb)}, res={result}, res2={second}}}"


def _io_events(look: Look) -> str:
    """The completions that were handed over."""
    if not look.value:
        return "NULL"
    if look.result == 0:
        return "[]"
    data = look.piece(EXIT)
    if isinstance(data, Unread):
        return look.missing(data)
    return array_text(data, _IO_EVENT.size, look.result, look.value, _event_text)


IOCB_READERS: Final[dict[str, Reader]] = {"iocbs": _iocbs, "iocb": _cancelled, "io_events": _io_events}
