"""Control messages of sendmsg and recvmsg: descriptors, credentials, timestamps (cmsg(3), unix(7), socket(7))."""

from __future__ import annotations

from struct import iter_unpack
from typing import Final

from tracer.decode.buffers import MOST_SHOWN
from tracer.decode.constants_network import LEVELS, OPTIONS
from tracer.decode.flags import constant_text
from tracer.decode.text import quote

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


def cmsgs_text(data: bytes) -> str:
    """The control messages of a buffer (cmsg(3))."""
    parts: list[str] = []
    offset = 0
    while offset + 16 <= len(data) and len(parts) < MOST_SHOWN:
        length = int.from_bytes(data[offset : offset + 8], "little")
        if length < 16:
            break
        level, kind = (int.from_bytes(data[offset + at : offset + at + 4], "little") for at in (8, 12))
        parts.append(_cmsg_text(length, level, kind, data[offset + 16 : offset + length]))
        offset += (length + 7) // 8 * 8
    return "[" + ", ".join(parts) + "]"


def _cmsg_text(length: int, level: int, kind: int, body: bytes) -> str:
    text = (
        constant_text(kind, _SOCKET_CONTROL)
        if level == _SOL_SOCKET
        else constant_text(kind, OPTIONS.get(level, {}))
    )
    if level == _SOL_SOCKET and kind == _SCM_RIGHTS:
        content = str([fd for (fd,) in iter_unpack("<i", body[: len(body) // 4 * 4])])
    elif level == _SOL_SOCKET and kind == _SCM_CREDENTIALS and len(body) >= 12:
        pid, uid, gid = (int.from_bytes(body[at : at + 4], "little") for at in (0, 4, 8))
        content = f"{{pid={pid}, uid={uid}, gid={gid}}}"
    elif level == _SOL_SOCKET and kind in _TIMESTAMPS and len(body) >= 16:
        pairs = list(iter_unpack("<qq", body[: len(body) // 16 * 16]))
        texts = [f"{{tv_sec={seconds}, {_TIMESTAMPS[kind]}={part}}}" for seconds, part in pairs]
        content = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    elif len(body) == 4:
        content = f"[{int.from_bytes(body, 'little', signed=True)}]"
    else:
        content = quote(body[:64], more=len(body) > 64)
    level_text = constant_text(level, LEVELS)
    return f"{{cmsg_len={length}, cmsg_level={level_text}, cmsg_type={text}, cmsg_data={content}}}"
