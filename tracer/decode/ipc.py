"""System V IPC: messages and semaphore operations (msgop(2), semop(2))."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.arrays import array_at
from tracer.decode.flags import flags_text, table
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.text import NOT_CAPTURED, Unread, quote

_SEMBUF: Final = Struct("<Hhh")
_SEM_FLAGS: Final = table("IPC_NOWAIT=0o4000 SEM_UNDO=0o10000")


def _operations(look: Look) -> str:
    """struct sembuf [nsops]."""

    def write(data: bytes) -> str:
        number, operation, flags = _SEMBUF.unpack(data)
        return f"{{sem_num={number}, sem_op={operation}, sem_flg={flags_text(flags & 0xFFFF, _SEM_FLAGS)}}}"

    return array_at(look, ENTRY, _SEMBUF.size, look.sibling("nsops"), write)


def _message(look: Look) -> str:
    """struct msgbuf: the type (a long), then the text, of which as much is shown as was kept."""
    if not look.value:
        return "NULL"
    word = look.model.word
    when = ENTRY if look.declared.returns != "size" else EXIT
    kind, text = look.piece(when), look.piece(when, look.value + word)
    if isinstance(kind, Unread):
        return look.missing(kind)
    number = int.from_bytes(kind[:word], "little", signed=True)
    if isinstance(text, Unread):
        shown = look.missing(text, look.value + word) if text is not NOT_CAPTURED else '""'
        return f"{{mtype={number}, mtext={shown}}}"
    total = look.sibling("msgsz") if when == ENTRY else look.result
    return f"{{mtype={number}, mtext={quote(text, more=len(text) < total)}}}"


IPC: Final[dict[str, Reader]] = {"sembufs": _operations, "msgbuf": _message}
