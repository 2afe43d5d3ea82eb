"""Everything about the selected call: a sentence, its times, copies, structures, memory, its descriptor's story."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tui.drawing.details_fd import fd_item
from tui.drawing.details_stack import stack_item
from tui.drawing.details_times import times_items
from tui.drawing.details_tree import tree_items
from tui.drawing.folding import Item
from tui.drawing.hexdump import as_text, hexdump, preview
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import duration, moment, several, size
from tui.snapshot import Copied, Details, Piece, RowKind

_LAST_FD = 0x7FFF_FFFF
"""AT_FDCWD, -100, is an unsigned number above it."""


def details_items(details: Details, width: int, palette: Palette) -> list[Item]:
    """What the details pane shows, `width` cells wide; its parts can be folded."""
    return list(_items(details, width, palette))


def _items(details: Details, width: int, palette: Palette) -> Iterator[Item]:
    yield from _title(details, palette)
    if details.row.kind is not RowKind.EVENT:
        yield from times_items(details, width, palette)
        yield from _copies(details, palette)
        yield from tree_items(details, palette)
        if details.story is not None:
            yield fd_item(details.story, details, palette)
        if details.stack is not None:
            yield stack_item(details.stack, palette)
    yield from _memory(details, width, palette)
    if details.raw:
        raw = tuple(Item(Text(f"{name:<14} {ns:>15,} ns", palette.faint)) for name, ns in details.raw)
        note = f"raw clocks, before correction; switched onto a CPU {several(details.switches, 'time')}"
        yield Item(Text(note, palette.faint), "raw", raw, closed=True)


def _title(details: Details, palette: Palette) -> Iterator[Item]:
    row = details.row
    if row.kind is RowKind.EVENT:
        yield Item(Text(clean(row.call), style=palette.event), indent=2)
    else:
        title = Text(clean(row.name), style=palette.strong)
        title.append(_outcome(details), palette.wasted if row.kind is RowKind.WASTED else palette.text)
        yield Item(title, indent=2)
        if details.sentence:
            yield Item(Text(clean(details.sentence), style=palette.accent), indent=2)
    at = (
        f"before the attach, seen from {moment(row.since_start_ns)} s on"
        if row.older
        else f"at {moment(row.since_start_ns)} s"
    )
    yield Item(Text(f"{at}{_thread(details)}", palette.faint))


def _thread(details: Details) -> str:
    row = details.row
    if not row.tid:  # the end of the recording is no thread's doing
        return ""
    return f", thread {row.tid}" if row.tid == row.pid else f", thread {row.tid} of {row.pid}"


def _outcome(details: Details) -> str:
    row = details.row
    result = clean(details.result)
    match row.kind:
        case RowKind.RUNNING:
            return f" — inside for {'more than ' * row.older}{duration(row.inside_ns)}"
        case RowKind.UNFINISHED:
            return " — never returned"
        case RowKind.WASTED:
            return f" = {result}, wasted"
    return f" = {result}"


def _copies(details: Details, palette: Palette) -> Iterator[Item]:
    lines = [Item(_copy(each, palette), indent=4) for each in details.copied]
    heading = Text("copies  ", palette.faint)
    if details.row.copies_unknown:
        heading.append("not all known: what follows is a lower bound", palette.wasted)
    elif not lines:
        heading.append("none", palette.text)
    else:
        into, out = (sum(each.size for each in details.copied if each.direction == way) for way in ("in", "out"))
        heading.append(f"↓ in {size(into)}  ", palette.copy_in)
        heading.append(f"↑ out {size(out)}", palette.copy_out)
    yield Item(heading, "copies", tuple(lines))


def _copy(copied: Copied, palette: Palette) -> Text:
    inward = copied.direction == "in"
    text = Text(f"{'↓' if inward else '↑'} {copied.direction:<3} {copied.kind:<8} {size(copied.size):<9} ")
    text.stylize(palette.copy_in if inward else palette.copy_out)
    text.append(clean(copied.what), palette.text)
    if copied.address:
        text.append(f"  {copied.address:#x}", palette.faint)
        text.append(f" {copied.where or 'unknown memory'}", palette.faint)
    return text


def _memory(details: Details, width: int, palette: Palette) -> Iterator[Item]:
    if not details.pieces:
        return
    items = tuple(_piece(piece, number, width, palette) for number, piece in enumerate(details.pieces))
    heading = Text.assemble(("memory  ", palette.faint), (several(len(items), "piece"), palette.text))
    yield Item(heading, "memory", items)


def _piece(piece: Piece, number: int, width: int, palette: Palette) -> Item:
    if piece.arg is None and not piece.name and piece.address and not piece.missing:
        return _link(piece, palette)
    of = piece.name or ("" if piece.arg is None else f"arg {piece.arg + 1}")
    where = f" {piece.address:#x}" if piece.address else ""
    lies = f" {piece.where}" if piece.where else ""
    heading = Text(f"{clean(of)} at {piece.when}".strip(), palette.text)
    heading.append(f"{where}{lies}: ", palette.faint)
    if piece.missing:
        heading.append(f"not read: {piece.missing}", palette.wasted)
        return Item(heading, indent=4)
    heading.append(f"{size(len(piece.content))} {preview(piece.content, 16)}", palette.text)
    dump = [Item(line) for line in hexdump(piece.content, width - 6, palette)]
    words = as_text(piece.content)
    if words:
        dump.insert(0, Item(Text(words, palette.copy_out)))
    # A message is why one looks; the structures around it are shown as a tree already.
    closed = number > 0 or len(piece.content) > 256
    return Item(heading, f"memory/{number}", tuple(dump), closed=closed, indent=4)


def _link(piece: Piece, palette: Palette) -> Item:
    """What the tracer saw that a new descriptor, whose number stands for an address, leads to (/proc/PID/fd)."""
    path, _, note = piece.content.decode(errors="replace").partition("\0")
    of = "the working directory" if piece.address > _LAST_FD else f"descriptor {piece.address}"
    line = Text(f"seen in /proc: {of} is ", palette.faint)
    line.append(clean(path), palette.text)
    if note:
        line.append(f" ({clean(note.replace(chr(0), ', '))})", palette.faint)
    return Item(line, indent=4)
