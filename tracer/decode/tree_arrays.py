"""Arguments that lead to more than one structure: arrays, message headers, addresses, requests of rings."""

from __future__ import annotations

from struct import iter_unpack
from typing import Final

from tracer.decode.look import ENTRY, EXIT, Look
from tracer.decode.readiness import members
from tracer.decode.text import Unread, quote_name
from tracer.decode.tree_fields import words_of
from tracer.decode.tree_messages import Build, iovec, message, messages, shape, sockaddr
from tracer.decode.tree_node import (
    MOST_ENTRIES,
    Node,
    array_nodes,
    field_nodes,
    in_braces,
    more,
    value_of,
)
from tracer.decode.tree_rings import submissions


def pollfds(look: Look) -> tuple[Node, ...]:
    """One node a descriptor; revents only where the call wrote it."""
    asked, answered = look.piece(ENTRY), look.piece(EXIT)
    data = asked if isinstance(answered, Unread) else answered
    if isinstance(data, Unread):
        return ()
    layout, words = shape(look, "pollfd"), words_of("pollfd")

    def entry(at: int) -> tuple[str, tuple[Node, ...]]:
        fields = field_nodes(layout, data, words, at)
        fields = fields if data is answered else fields[:-1]
        fd = value_of(layout, data, "fd", at)
        return f"fd {look.with_name(fd)}: {', '.join(node.text for node in fields[1:])}", fields

    return array_nodes("struct pollfd", layout.size, data, entry)


def epoll_events(look: Look) -> tuple[Node, ...]:
    """One node an event, with the descriptor its data was given for."""
    data = look.latest()
    if isinstance(data, Unread):
        return ()
    layout, words = shape(look, "epoll_event"), words_of("epoll_event")
    epfd = look.sibling("epfd") & 0xFFFFFFFF

    def entry(at: int) -> tuple[str, tuple[Node, ...]]:
        fields = field_nodes(layout, data, words, at)
        fd = look.watched(epfd, value_of(layout, data, "data", at))
        about = () if fd is None else (Node("data stands for", "", f"fd {look.with_name(fd)}"),)
        return in_braces(fields) + ("" if fd is None else f"  fd {fd}"), (*fields, *about)

    return array_nodes("struct epoll_event", layout.size, data, entry)


def epoll_event(look: Look) -> tuple[Node, ...]:
    """What is to be watched: the fields."""
    found = epoll_events(look)
    return found[0].children if found else ()


def fdset(look: Look) -> tuple[Node, ...]:
    """The descriptors that were asked about, and of those the ones that the call left in the set."""
    nfds = look.row.args[0] & 0x7FFFFFFF
    groups = []
    for name, data in (("asked", look.piece(ENTRY)), ("left", look.piece(EXIT))):
        if not isinstance(data, Unread):
            found = members(data, nfds)
            nodes = tuple(Node("fd", "", look.with_name(fd)) for fd in found[:MOST_ENTRIES])
            text = f"{len(found)} of {nfds}"
            groups.append(Node(name, "fd_set", text, (*nodes, *more(len(found) - len(nodes))), size=len(data)))
    return tuple(groups)


def iocbs(look: Look) -> tuple[Node, ...]:
    """The requests of io_submit."""
    pointers = look.piece(ENTRY)
    if isinstance(pointers, Unread):
        return ()
    width, layout = look.declared.model.word, shape(look, "iocb")

    def entry(at: int) -> tuple[str, tuple[Node, ...]]:
        address = int.from_bytes(pointers[at : at + width], "little")
        data = look.piece(ENTRY, address)
        return (f"{address:#x} {data}", ()) if isinstance(data, Unread) else (
            f"at {address:#x}", field_nodes(layout, data, words_of("iocb"))
        )  # fmt: skip

    return array_nodes("struct iocb *", width, pointers, entry)


def argv(look: Look) -> tuple[Node, ...]:
    """The strings of an argument vector."""
    pointers = look.piece(ENTRY)
    if isinstance(pointers, Unread):
        return ()
    width = look.declared.model.word
    code = {4: "<I", 8: "<Q"}[width]
    found = [each for (each,) in iter_unpack(code, pointers[: len(pointers) // width * width]) if each]
    texts = [look.piece(ENTRY, each) for each in found[:MOST_ENTRIES]]
    nodes = [
        Node(f"[{place}]", "string", str(text) if isinstance(text, Unread) else quote_name(text.rstrip(b"\0")))
        for place, text in enumerate(texts)
    ]
    return (*nodes, *more(len(found) - len(nodes)))


ARRAYS: Final[dict[str, Build]] = {
    "pollfds": pollfds,
    "epoll_events": epoll_events,
    "epoll_event": epoll_event,
    "fdset": fdset,
    "iovec:in": iovec(ENTRY),
    "iovec:out": iovec(EXIT, result_limits=True),
    "iovec:none": iovec(None),
    "msghdr:in": message("in"),
    "msghdr:out": message("out"),
    "mmsghdr:in": messages("in"),
    "mmsghdr:out": messages("out"),
    "sockaddr": sockaddr,
    "iocbs": iocbs,
    "argv": argv,
    "submitted": submissions,
}
"""By the `reads` of the argument's declaration."""
