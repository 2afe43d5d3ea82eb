"""The node of a tree of structures, and how the bytes of a structure become nodes, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.decode.text import Unread
from tracer.syscalls.layouts import HEXADECIMAL, Field, Layout

MOST_ENTRIES: Final = 64
"""Entries of one array that become nodes."""
CUT_OFF: Final = Unread("cut off")
Word = Callable[[Any], str]
"""How a field's value reads."""

_TYPES: Final = {
    "b": "int8", "B": "uint8", "h": "int16", "H": "uint16", "i": "int32", "I": "uint32", "x": "uint32",
    "q": "int64", "Q": "uint64", "X": "uint64", "l": "long", "L": "unsigned long", "P": "pointer", "t": "time",
    "n": "time", "s": "bytes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A value with a name: an argument, a field of a structure, an entry of an array."""

    name: str
    type: str
    """Of the kernel's C, in a word: int32, pointer, struct pollfd; empty for groups that are no value."""
    text: str
    """The value in words; empty where the children are the value."""
    children: tuple[Node, ...] = ()
    offset: int | None = None
    """Bytes from the start of the structure it is a field of; None when it is none."""
    size: int | None = None
    """Bytes it takes there."""


def field_nodes(layout: Layout, data: bytes, words: Mapping[str, Word], at: int = 0) -> tuple[Node, ...]:
    """The fields of the structure that begins at byte `at` of `data`; `words` says how fields read that are more
    than numbers. Fields beyond the end of `data` say that they are cut off."""
    shown = [each for each in layout.fields if not each.name.startswith("_")]
    return tuple(_field(each, data, words, at) for each in shown)


def value_of(layout: Layout, data: bytes, name: str, at: int = 0) -> int:
    """The value of the field `name`; 0 when `data` ends before it. Raises KeyError."""
    found = layout.field(name)
    value = _value(found, data, at)
    return value if isinstance(value, int) else 0


def array_nodes(
    type_name: str, size: int, data: bytes, entry: Callable[[int], tuple[str, tuple[Node, ...]]]
) -> tuple[Node, ...]:
    """A node for each whole entry of `size` bytes in `data`; `entry` gives its text and children by its place in
    bytes."""
    whole = len(data) // size
    nodes = [
        Node(f"[{number}]", type_name, *entry(number * size), offset=number * size, size=size)
        for number in range(min(whole, MOST_ENTRIES))
    ]
    return (*nodes, *more(whole - len(nodes)))


def more(left: int) -> tuple[Node, ...]:
    """The node that stands for entries that have none."""
    return (Node("…", "", f"{left} more"),) if left > 0 else ()


def in_braces(nodes: Iterable[Node]) -> str:
    """Nodes without children in one line: {fd=3, events=POLLIN}."""
    return "{" + ", ".join(f"{node.name}={node.text}" for node in nodes if node.text) + "}"


def _field(field: Field, data: bytes, words: Mapping[str, Word], at: int) -> Node:
    value = _value(field, data, at)
    word = words.get(field.name)
    if value is None:
        text = str(CUT_OFF)
    elif word is not None:
        text = word(value)
    elif isinstance(value, bytes):
        text = repr(value)[1:]
    else:
        text = f"{value:#x}" if field.code in HEXADECIMAL and value else str(value)
    return Node(
        field.name, _TYPES[field.code], text, (), field.offset, field.width or len(data) - at - field.offset
    )


def _value(field: Field, data: bytes, at: int) -> int | bytes | None:
    begin = at + field.offset
    if field.code == "s":
        return data[begin:]
    content = data[begin : begin + field.width]
    return (
        int.from_bytes(content, "little", signed=field.code in "bhiqltn") if len(content) == field.width else None
    )
