"""Calls that pass descriptors over unix sockets: sendmsg, recvmsg, and their forms for many messages (unix(7))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.addresses import address_text
from tracer.analyze.changes import Change, Received, Sent
from tracer.analyze.columns import Columns
from tracer.analyze.returned import Returned, Rule
from tracer.syscalls.control_buffers import passed_descriptors
from tracer.syscalls.layouts import I386, X86_64, Layout, Model, layout
from tracer.wire import NO_ARG, When

_MSG_CMSG_CLOEXEC, _MSG_PEEK = 0x40000000, 2

Mask = NDArray[np.bool_]


class _Form(NamedTuple):
    """How a program's messages are laid out: a header tells by its size which program it is of."""

    model: Model
    header: Layout
    stride: int
    """From one mmsghdr to the next."""
    control: int
    """Where msg_control is; msg_controllen comes next."""


def _form(model: Model) -> _Form:
    header = layout("msghdr", model)
    return _Form(model, header, layout("mmsghdr", model).size, header.field("control").offset)


_LONG, _SHORT = _form(X86_64), _form(I386)
_FORMS: Final = (_LONG, _SHORT)


def passes_descriptors(columns: Columns, these: Mask) -> Mask:
    """Which of the messages (sendmsg, recvmsg) have a control buffer."""
    headers = columns.memory.pieces(these, (1,), When.ENTRY)
    answer = np.zeros(len(these), np.bool_)
    for form in _FORMS:
        word, whole = form.model.word, headers.size == form.header.size
        start = headers.start[whole]
        offsets = np.arange(form.control, form.control + 2 * word)
        bytes_of = headers.content[start[:, None] + offsets] if len(start) else np.zeros((0, 2 * word), np.uint8)
        with_control = bytes_of[:, :word].any(axis=1) & bytes_of[:, word:].any(axis=1)
        answer[headers.row[whole][with_control]] = True
    return answer


def pass_descriptors(columns: Columns, these: Mask) -> Mask:
    """Which calls for many messages (sendmmsg, recvmmsg) have a control buffer in one of them."""
    answer = np.zeros(len(these), np.bool_)
    for row in np.flatnonzero(these).tolist():
        array = columns.memory.argument(row, 1, When.ENTRY) or b""
        form = _form_of_many(len(array), columns.args.item(row, 2))
        answer[row] = any(
            any(array[start + form.control : start + form.control + form.model.word])
            for start in range(0, len(array) - form.stride + 1, form.stride)
        )
    return answer


def _form_of_many(size: int, number: int) -> _Form:
    """Of an array of `size` captured bytes for `number` messages, which capture may have cut short."""
    return _SHORT if 0 < size == _SHORT.stride * (number & 0xFFFFFFFF) else _LONG


def _headers(call: Returned, when: When, *, many: bool) -> Iterator[tuple[_Form, bytes]]:
    """The msghdrs of the messages that were moved."""
    array = call.content(1, when) or b""
    if many:
        form, count = _form_of_many(len(call.content(1) or b""), call.args[2]), call.result
    else:
        form, count = _SHORT if len(array) == _SHORT.header.size else _LONG, 1
    size = form.stride if many else form.header.size
    for start in range(0, min(len(array), count * size), size):
        header = array[start : start + form.header.size]
        if len(header) >= form.control + 2 * form.model.word:
            yield form, header.ljust(form.header.size, b"\0")


def _behind(call: Returned, when: When, address: int, length: int) -> bytes:
    """What was captured from `address` for the messages."""
    if not address or not length:
        return b""
    pieces = (each for each in call.memory.of(call.row) if each.when == when and each.arg == 1)
    return next((each.content[:length] for each in pieces if each.address == address), b"")


def _sent(*, many: bool) -> Rule:
    def rule(call: Returned) -> Iterator[Change]:
        for form, header in _headers(call, When.ENTRY, many=many):
            name, namelen, _, _, control, length, _ = form.header.packed.unpack_from(header)
            fds = passed_descriptors(_behind(call, When.ENTRY, control, length), form.model)
            if fds:
                to = address_text(_behind(call, When.ENTRY, name, namelen))
                yield Sent(call.args[0] & 0xFFFFFFFF, fds, to)

    return rule


def _received(*, many: bool) -> Rule:
    flags = 3 if many else 2

    def rule(call: Returned) -> Iterator[Change]:
        for form, header in _headers(call, When.EXIT, many=many):
            _, _, _, _, control, length, _ = form.header.packed.unpack_from(header)
            fds = passed_descriptors(_behind(call, When.EXIT, control, length), form.model)
            if fds:
                given = call.args[flags]
                cloexec, peeked = bool(given & _MSG_CMSG_CLOEXEC), bool(given & _MSG_PEEK)
                yield Received(call.args[0] & 0xFFFFFFFF, fds, cloexec, peeked, _links(call, fds))

    return rule


def _links(call: Returned, fds: tuple[int, ...]) -> tuple[bytes, ...]:
    found = {
        each.address & 0xFFFFFFFF: each.content
        for each in call.memory.of(call.row)
        if each.arg == NO_ARG and each.when == When.EXIT and not each.reason
    }
    return tuple(found.get(fd & 0xFFFFFFFF, b"") for fd in fds) if found else ()


PASSING_RULES: Final[dict[str, Rule]] = {
    "sendmsg": _sent(many=False),
    "recvmsg": _received(many=False),
    "sendmmsg": _sent(many=True),
    "recvmmsg": _received(many=True),
    "recvmmsg_time64": _received(many=True),
}
"""What each call that passes descriptors changes, by name."""
