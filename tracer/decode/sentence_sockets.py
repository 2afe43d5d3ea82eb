"""Sentences of the calls on sockets."""

from __future__ import annotations

from typing import Final

from tracer.decode.sentence_data import Saying, taken
from tracer.decode.told import Told, counted

_KINDS: Final = {
    (1, 1): "a Unix stream socket", (1, 2): "a Unix datagram socket",
    (2, 1): "a TCP socket", (2, 2): "a UDP socket",
    (10, 1): "a TCP socket for IPv6", (10, 2): "a UDP socket for IPv6",
}  # fmt: skip
_NONBLOCK: Final = 0o4000


def _kind(told: Told) -> str:
    kind = _KINDS.get((told.number("domain"), told.number("type") & 0xF))
    made = kind or f"a socket ({told.text('domain')}, {told.text('type')})"
    return made + (" that does not wait" if told.number("type") & _NONBLOCK else "")


def _socket(told: Told) -> tuple[str, str]:
    return f"makes {_kind(told)}", f"it is descriptor {told.result}"


def _pair(told: Told) -> tuple[str, str]:
    return f"makes two connected ends, each {_kind(told)}", f"they are {told.text('sv')}"


def _bind(told: Told) -> tuple[str, str]:
    return f"gives {told.descriptor()} the address {told.text('addr')}", ""


def _listen(told: Told) -> tuple[str, str]:
    return f"lets others connect to {told.descriptor()}; up to {told.number('backlog')} may queue", ""


def _connect(told: Told) -> tuple[str, str]:
    if "sa_family=AF_UNSPEC" in told.text("addr"):
        return f"makes {told.descriptor()} connected to nobody (AF_UNSPEC)", ""
    return f"connects {told.descriptor()} to {told.text('addr')}", "connected"


def _accept(told: Told) -> tuple[str, str]:
    who = told.text("addr")
    came = f" from {who}" if who.startswith("{sa_family") else ""
    return f"takes the next connection made to {told.descriptor()}", f"it is descriptor {told.result}{came}"


def _send(told: Told) -> tuple[str, str]:
    size = told.value("len")
    to = told.text("addr") if told.value("addr") else ""
    return f"sends {counted(size, 'byte')} on {told.descriptor()}" + (f" to {to}" if to else ""), taken(told, size)


def _send_message(told: Told) -> tuple[str, str]:
    return f"sends a message on {told.descriptor()}", f"{counted(told.result, 'byte')} of it are taken"


_PEEK, _TRUNC, _ERRQUEUE = 2, 0x20, 0x2000


def _how(told: Told) -> str:
    """What the flags change about receiving (recv(2))."""
    flags = told.number("flags")
    queue = ", out of its queue of errors" if flags & _ERRQUEUE else ""
    return queue + (", which stay there (MSG_PEEK)" if flags & _PEEK else "")


def _came(told: Told, room: int | None) -> str:
    """`room`: for how many bytes there was room, None = not looked at.

    With MSG_TRUNC the result is the length of the datagram, of which no more came than there was room for; TCP
    throws away as many bytes instead (tcp(7))."""
    if told.number("flags") & _TRUNC and told.result:
        size = counted(told.result, "byte")
        return f"{size} were there (MSG_TRUNC: cut to the room, or, of TCP, thrown away)"
    if told.result or room == 0:
        return f"gets {told.result or 'none'}"
    return "gets none: the other end has finished sending, or sent an empty message"


def _receive(told: Told) -> tuple[str, str]:
    room = told.value("len")
    return f"asks {told.descriptor()} for up to {counted(room, 'byte')}{_how(told)}", _came(told, room)


def _receive_message(told: Told) -> tuple[str, str]:
    return f"asks {told.descriptor()} for a message{_how(told)}", _came(told, None)


def _many(verb: str) -> Saying:
    def say(told: Told) -> tuple[str, str]:
        messages = counted(told.value("vlen"), "message")
        return (
            f"{verb} up to {messages} on {told.descriptor()} in one call",
            f"{told.result or 'none'} {'is' if told.result < 2 else 'are'} done",
        )

    return say


_ENDS: Final = {0: "will receive no more", 1: "will send no more", 2: "will neither send nor receive any more"}


def _shutdown(told: Told) -> tuple[str, str]:
    how = _ENDS.get(told.number("how"), f"ends in a way that does not exist ({told.number('how')})")
    return f"declares that {told.descriptor()} {how}", ""


def _address(whose: str) -> Saying:
    return lambda told: (f"asks for the address of {whose} {told.descriptor()}", told.text("addr"))


def _set(told: Told) -> tuple[str, str]:
    return f"sets the option {told.text('optname')} of {told.descriptor()} to {told.text('optval')}", ""


def _get(told: Told) -> tuple[str, str]:
    return f"asks for the option {told.text('optname')} of {told.descriptor()}", f"it is {told.text('optval')}"


SOCKETS: Final[dict[str, Saying]] = {
    "socket": _socket,
    "socketpair": _pair,
    "bind": _bind,
    "listen": _listen,
    "connect": _connect,
    "accept": _accept,
    "accept4": _accept,
    "sendto": _send,
    "sendmsg": _send_message,
    "sendmmsg": _many("sends"),
    "recvfrom": _receive,
    "recvmsg": _receive_message,
    "recvmmsg": _many("asks for"),
    "shutdown": _shutdown,
    "getsockname": _address("its end of"),
    "getpeername": _address("the other end of"),
    "setsockopt": _set,
    "getsockopt": _get,
}
