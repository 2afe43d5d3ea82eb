"""Segments of memory, and messages with their address, segments and control messages."""

from __future__ import annotations

from collections.abc import Callable

from tracer.decode.control_messages import cmsgs_text
from tracer.decode.look import ENTRY, EXIT, Look
from tracer.decode.network import sockaddr_text
from tracer.decode.text import NOT_CAPTURED, Unread, quote
from tracer.decode.tree_fields import structure_of, words_of
from tracer.decode.tree_node import (
    MOST_ENTRIES,
    Node,
    array_nodes,
    field_nodes,
    value_of,
)
from tracer.syscalls.control_buffers import control_messages
from tracer.syscalls.layouts import Layout

Build = Callable[[Look], tuple[Node, ...]]
"""The children of an argument. Never raises, whatever the memory holds."""


def shape(look: Look, name: str) -> Layout:
    """The layout of the structure `name` for the call."""
    found = structure_of(name, look.declared.model)
    assert found is not None, f"{name} is a structure"
    return found[1]


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
