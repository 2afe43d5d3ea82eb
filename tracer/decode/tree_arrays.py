"""Arguments that lead to more than one structure: arrays, message headers, addresses, requests of rings."""

from __future__ import annotations

from collections.abc import Callable
from struct import iter_unpack
from typing import Final

from tracer.decode.control_messages import cmsgs_text
from tracer.decode.look import ENTRY, EXIT, Look
from tracer.decode.network import sockaddr_text
from tracer.decode.readiness import members
from tracer.decode.ring_entries import completion_text, submission_text
from tracer.decode.text import NOT_CAPTURED, Unread, quote, quote_name
from tracer.decode.tree_fields import structure_of, words_of
from tracer.decode.tree_node import (
    MOST_ENTRIES,
    Node,
    array_nodes,
    field_nodes,
    in_braces,
    more,
    value_of,
)
from tracer.recording.captured import Piece, Row
from tracer.syscalls.control_buffers import control_messages
from tracer.syscalls.layouts import X86_64, Layout
from tracer.syscalls.ring_entries import CQE, SQE
from tracer.wire import RING_COMPLETION, RING_SUBMISSION

Build = Callable[[Look], tuple[Node, ...]]
"""The children of an argument. Never raises, whatever the memory holds."""


def shape(look: Look, name: str) -> Layout:
    """The layout of the structure `name` for the call."""
    found = structure_of(name, look.declared.model)
    assert found is not None, f"{name} is a structure"
    return found[1]


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


def iovec(when: int | None, result_limits: bool = False) -> Build:
    """The segments of an iovec array with what lay in them at the stop `when` (None: that was not kept)."""

    def build(look: Look) -> tuple[Node, ...]:
        array = look.piece(ENTRY)
        total = max(look.result, 0) if result_limits else None
        return () if isinstance(array, Unread) else _segments(look, array, when, total)

    return build


def _segments(look: Look, array: bytes, when: int | None, total: int | None) -> tuple[Node, ...]:
    layout = shape(look, "iovec")
    left = total

    def entry(at: int) -> tuple[str, tuple[Node, ...]]:
        nonlocal left
        base, length = value_of(layout, array, "base", at), value_of(layout, array, "len", at)
        used = length if left is None else min(length, left)
        left = None if left is None else left - used
        data = NOT_CAPTURED if when is None else look.piece(when, base)
        held = () if data is NOT_CAPTURED else (Node("holds", "bytes", _held(data, used)),)
        words = f"{length} bytes at {base:#x}" + (f", {used} used" if used != length else "")
        return words, (*field_nodes(layout, array, {}, at), *held)

    return array_nodes("struct iovec", layout.size, array, entry)


def _held(data: bytes | Unread, used: int) -> str:
    return str(data) if isinstance(data, Unread) else quote(data[:used], more=len(data) < used)


def message(way: str) -> Build:
    """struct msghdr with its address, segments and control messages; "in" = sent, "out" = received."""

    def build(look: Look) -> tuple[Node, ...]:
        before, after = look.piece(ENTRY), look.piece(EXIT)
        if isinstance(before, Unread):
            return ()
        return _header(look, before, b"" if isinstance(after, Unread) else after, 0, way, max(look.result, 0))

    return build


def _header(look: Look, before: bytes, after: bytes, at: int, way: str, moved: int) -> tuple[Node, ...]:
    layout, when = shape(look, "msghdr"), ENTRY if way == "in" else EXIT
    now = after if len(after) >= at + layout.size else before
    fields = {node.name: node for node in field_nodes(layout, now, words_of("msghdr"), at)}
    array = look.piece(ENTRY, value_of(layout, before, "iov", at))
    inner = {
        "name": _behind(look, when, value_of(layout, before, "name", at), sockaddr_nodes),
        "iov": () if isinstance(array, Unread) else _segments(look, array, when, None if way == "in" else moved),
        "control": _behind(look, when, value_of(layout, before, "control", at), _controls),
    }
    return tuple(
        Node(name, each.type, each.text, inner.get(name, ()), each.offset, each.size)
        for name, each in fields.items()
    )


def _behind(look: Look, when: int, address: int, build: Callable[[bytes], tuple[Node, ...]]) -> tuple[Node, ...]:
    data = look.piece(when, address) if address else NOT_CAPTURED
    return () if isinstance(data, Unread) else build(data)


def _controls(data: bytes) -> tuple[Node, ...]:
    found = list(control_messages(data))[:MOST_ENTRIES]
    words = cmsgs_text(data)[1:-1].split("}, {") if len(found) > 1 else [cmsgs_text(data)[1:-1]]
    if len(words) != len(found):  # data that holds such brackets itself
        words = [f"{length} bytes" for length, *_ in found]
    return tuple(Node(f"[{place}]", "struct cmsghdr", text.strip("{}")) for place, text in enumerate(words))


def messages(way: str) -> Build:
    """An array of mmsghdr."""

    def build(look: Look) -> tuple[Node, ...]:
        before, after = look.piece(ENTRY), look.piece(EXIT)
        if isinstance(before, Unread):
            return ()
        later = b"" if isinstance(after, Unread) else after
        layout = shape(look, "mmsghdr")
        used = before[: len(later)] if way == "out" and later else before

        def entry(at: int) -> tuple[str, tuple[Node, ...]]:
            length = value_of(layout, later or before, "len", at)
            return f"{length} bytes", _header(look, before, later, at, way, length)

        return array_nodes("struct mmsghdr", layout.size, used, entry)

    return build


def sockaddr(look: Look) -> tuple[Node, ...]:
    """The fields of an address."""
    data = look.latest()
    return () if isinstance(data, Unread) else sockaddr_nodes(data)


def sockaddr_nodes(data: bytes) -> tuple[Node, ...]:
    """The fields of an address of any family, as `sockaddr_text` names them."""
    parts = sockaddr_text(data)[1:-1].split(", ")
    pairs = [part.partition("=") for part in parts if "=" in part]
    return tuple(Node(name, "", value) for name, _, value in pairs)


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


def submissions(look: Look) -> tuple[Node, ...]:
    """What the call submitted to an io_uring."""
    return _ring_nodes(look.row, RING_SUBMISSION, (ENTRY,))


def ring_groups(row: Row) -> tuple[Node, ...]:
    """What came over an io_uring's rings without this call: completions, and submissions a kernel thread took."""
    groups = (
        Node("completions", "", "", _ring_nodes(row, RING_COMPLETION, (ENTRY, EXIT))),
        Node("taken without a call", "", "", _ring_nodes(row, RING_SUBMISSION, (EXIT,))),
    )
    return tuple(each for each in groups if each.children)


def _ring_nodes(row: Row, arg: int, whens: tuple[int, ...]) -> tuple[Node, ...]:
    kept = [piece for piece in row.pieces if piece.arg == arg and piece.when in whens]
    nodes = [_ring_node(f"[{place}]", arg, piece) for place, piece in enumerate(kept[:MOST_ENTRIES])]
    return (*nodes, *more(len(kept) - len(nodes)))


def _ring_node(name: str, arg: int, piece: Piece) -> Node:
    sqe, cqe = (structure_of(each, X86_64) for each in ("sqe", "cqe"))
    assert sqe is not None, "declared with the others"
    assert cqe is not None, "declared with the others"
    if piece.reason:
        return Node(name, "", "came and were overwritten unseen")
    data = piece.data
    if arg == RING_SUBMISSION:
        return Node(name, "struct io_uring_sqe", submission_text(data), field_nodes(sqe[1], data, words_of("sqe")))
    fields = field_nodes(cqe[1], data, {})
    if len(data) >= CQE + SQE:
        answers = field_nodes(sqe[1], data, words_of("sqe"), CQE)
        fields = (*fields, Node("answers", "struct io_uring_sqe", submission_text(data[CQE:]), answers))
    return Node(name, "struct io_uring_cqe", completion_text(data), fields)


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
