"""Control messages of sendmsg and recvmsg: descriptors, credentials, timestamps (cmsg(3), unix(7), socket(7))."""

from __future__ import annotations

from itertools import islice
from struct import iter_unpack
from typing import Final

from tracer.decode.buffers import MOST_SHOWN
from tracer.decode.constants_network import LEVELS, OPTIONS
from tracer.decode.flags import constant_text
from tracer.decode.look import Named, nothing_named
from tracer.decode.text import quote
from tracer.syscalls.control_buffers import control_messages
from tracer.syscalls.layouts import X86_64, Model

_SCM_RIGHTS, _SCM_CREDENTIALS, _SOL_SOCKET = 1, 2, 1
_SOCKET_CONTROL: Final = {
    1: "SCM_RIGHTS", 2: "SCM_CREDENTIALS", 3: "SCM_SECURITY", 4: "SCM_PIDFD", 29: "SO_TIMESTAMP_OLD",
    35: "SO_TIMESTAMPNS_OLD", 37: "SO_TIMESTAMPING_OLD", 63: "SO_TIMESTAMP_NEW", 64: "SO_TIMESTAMPNS_NEW",
    65: "SO_TIMESTAMPING_NEW",
}  # fmt: skip
_TIMESTAMPS: Final = {
    29: "tv_usec", 35: "tv_nsec", 37: "tv_nsec", 63: "tv_usec", 64: "tv_nsec", 65: "tv_nsec",
}  # fmt: skip
"""SO_TIMESTAMPING has three: software, an unused one, hardware (Documentation/networking/timestamping.rst)."""
_OLD_TIMESTAMPS: Final = frozenset({29, 35, 37})


def _time_size(kind: int, model: Model) -> int:
    """Bytes of a timestamp: those of the old kinds have 32 bits each on i386 (`put_cmsg_compat`, net/compat.c)."""
    return 8 if model.machine == "i386" and kind in _OLD_TIMESTAMPS else 16


def cmsgs_text(data: bytes, named: Named = nothing_named, model: Model = X86_64) -> str:
    """The control messages of a buffer (cmsg(3))."""
    messages = islice(control_messages(data, model), MOST_SHOWN)
    return "[" + ", ".join(_cmsg_text(*message, named, model) for message in messages) + "]"


def _cmsg_text(length: int, level: int, kind: int, body: bytes, named: Named, model: Model) -> str:
    text = (
        constant_text(kind, _SOCKET_CONTROL)
        if level == _SOL_SOCKET
        else constant_text(kind, OPTIONS.get(level, {}))
    )
    if level == _SOL_SOCKET and kind == _SCM_RIGHTS:
        fds = (fd for (fd,) in iter_unpack("<i", body[: len(body) // 4 * 4]))
        content = f"[{', '.join(f'{fd}{named(fd)}' for fd in fds)}]"
    elif level == _SOL_SOCKET and kind == _SCM_CREDENTIALS and len(body) >= 12:
        pid, uid, gid = (int.from_bytes(body[at : at + 4], "little") for at in (0, 4, 8))
        content = f"{{pid={pid}, uid={uid}, gid={gid}}}"
    elif level == _SOL_SOCKET and kind in _TIMESTAMPS and len(body) >= (size := _time_size(kind, model)):
        pairs = list(iter_unpack("<ii" if size == 8 else "<qq", body[: len(body) // size * size]))
        texts = [f"{{tv_sec={seconds}, {_TIMESTAMPS[kind]}={part}}}" for seconds, part in pairs]
        content = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    elif len(body) == 4:
        content = f"[{int.from_bytes(body, 'little', signed=True)}]"
    else:
        content = quote(body[:64], more=len(body) > 64)
    level_text = constant_text(level, LEVELS)
    return f"{{cmsg_len={length}, cmsg_level={level_text}, cmsg_type={text}, cmsg_data={content}}}"
