"""The structures of one call as a tree, for a details pane: every argument a node, and below it what it leads to.

    fds      struct pollfd[]   2 entries
      [0]    struct pollfd     fd 3: POLLIN, POLLIN
        fd       int32   3     +0, 4 bytes

Names, offsets and sizes are those of the ABI the call was made through (`tracer.syscalls.layouts`). Nothing here
raises on what a program left in its memory: what is missing has no children, and its text says why."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from tracer.decode.call import argument_texts
from tracer.decode.look import ENTRY, EXIT, Look, Named, Watched, nothing_named, nothing_watched
from tracer.decode.text import Unread
from tracer.decode.tree_arrays import ARRAYS
from tracer.decode.tree_fields import structure_of, words_of
from tracer.decode.tree_node import Node, field_nodes
from tracer.decode.tree_rings import ring_groups
from tracer.recording.captured import Row, captured
from tracer.syscalls.table import declaration_of
from tracer.wire import Kind

_CHANGED: Final = ("given", "written")
"""A structure the kernel read, and the same after it wrote to it."""
_ENTRIES: Final = {"io_events": "io_event", "sembufs": "sembuf", "timespec[2]": "timespec", "timeval[2]": "timeval"}


def call_tree(
    batch: pa.RecordBatch, index: int, watched: Watched = nothing_watched, named: Named = nothing_named
) -> tuple[Node, ...]:
    """The arguments of the call in row `index` of `batch`; nothing for a row that is no call.

    `watched` and `named` as for `tracer.decode.call`. Raises IndexError when there is no such row."""
    return row_tree(captured(batch).row(index), watched, named)


def row_tree(row: Row, watched: Watched = nothing_watched, named: Named = nothing_named) -> tuple[Node, ...]:
    """The arguments of the call `row`."""
    if row.kind not in (Kind.CALL, Kind.ENTERED):
        return ()
    declared = declaration_of(row.abi, row.nr)
    texts = argument_texts(row, declared, watched, named)
    if declared is None:
        return tuple(Node(f"arg {place + 1}", "register", text) for place, text in enumerate(texts))
    nodes = []
    for place, (argument, text) in enumerate(zip(declared.args, texts, strict=True)):
        look = Look(row, declared, place, watched, named)
        if text:
            nodes.append(Node(argument.name, type_of(argument.reads), text, _children(look, argument.reads)))
    return (*nodes, *ring_groups(row))


def type_of(reads: str) -> str:
    """The type of an argument, from how it reads."""
    family, _, name = reads.partition(":")
    if family == "struct":
        return f"struct {name}"
    if family in ("flags", "const"):
        return "flags" if family == "flags" else "constant"
    if family in ("msghdr", "mmsghdr", "iovec"):
        return f"struct {family}" + ("" if family == "msghdr" else "[]")
    return {"pollfds": "struct pollfd[]", "epoll_events": "struct epoll_event[]"}.get(reads, reads)


def _children(look: Look, reads: str) -> tuple[Node, ...]:
    if not look.value and reads != "submitted":
        return ()
    build = ARRAYS.get(reads)
    if build is not None:
        return build(look)
    found = structure_of(_ENTRIES.get(reads, reads), look.declared.model)
    if found is None:
        return ()
    name, layout = found
    before, after = look.piece(ENTRY), look.piece(EXIT)
    kept = [each for each in (before, after) if not isinstance(each, Unread)]
    if reads in _ENTRIES:
        data = kept[-1] if kept else b""
        return tuple(
            Node(
                f"[{number}]", f"struct {name}", "", field_nodes(layout, data, words_of(name), number * layout.size)
            )
            for number in range(len(data) // layout.size)
        )
    if len(kept) == 2 and kept[0] != kept[1]:
        return tuple(
            Node(word, f"struct {name}", "", field_nodes(layout, data, words_of(name)))
            for word, data in zip(_CHANGED, kept, strict=True)
        )
    return field_nodes(layout, kept[-1], words_of(name)) if kept else ()
