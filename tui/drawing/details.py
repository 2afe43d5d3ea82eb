"""Everything about the selected call as plain lines: times and raw clocks, copies, arguments, memory."""

from __future__ import annotations

from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

from tui.drawing.palette import STATES, Palette, style_of
from tui.drawing.phases import phases
from tui.drawing.text import clean, fit
from tui.drawing.units import duration, moment, size
from tui.snapshot import Details, Piece, RowKind

_INDENT = "          "


def details_lines(details: Details, width: int, palette: Palette) -> list[Text]:
    """The lines of the details pane; the caller wraps what is longer than `width`."""
    lines = list(_title(details, palette))
    if details.row.kind is not RowKind.EVENT:
        lines += [*_times(details, width, palette), *_copies(details, palette), *_arguments(details, palette)]
    return [*lines, *_pieces(details, palette), *_raw(details, palette)]


def _title(details: Details, palette: Palette) -> Iterator[Text]:
    row = details.row
    if row.kind is RowKind.EVENT:
        yield Text(clean(row.call), style=palette.event)
    else:
        title = Text(clean(row.name), style=palette.strong)
        title.append(_outcome(details), palette.wasted if row.kind is RowKind.WASTED else palette.text)
        yield title
    thread = f"thread {row.tid}" if row.tid == row.pid else f"thread {row.tid} of {row.pid}"
    yield _labelled("at", f"{moment(row.since_start_ns)} s, {thread}", palette)


def _outcome(details: Details) -> str:
    row = details.row
    result = clean(details.result)
    match row.kind:
        case RowKind.RUNNING:
            return f" — inside for {duration(row.inside_ns)}"
        case RowKind.UNFINISHED:
            return " — never returned"
        case RowKind.WASTED:
            return f" = {result}, wasted"
    return f" = {result}"


def _times(details: Details, width: int, palette: Palette) -> Iterator[Text]:
    times = details.row.times
    if details.row.kind is RowKind.RUNNING:
        inside = f"{duration(details.row.inside_ns)} inside; asleep or not is known when it returns"
        yield _labelled("time", f"user █ {duration(times.user_ns)} before it, {inside}", palette)
        return
    bar = phases(times, max(10, min(50, width - len(_INDENT) - 1)), palette)
    yield Text.assemble((f"{'time':<10}", palette.faint), bar)
    each = [
        Text.assemble(
            (f"{state.word} ", palette.faint),
            (f"{state.pattern} {duration(getattr(times, f'{state.word}_ns'))}", style_of(palette, state)),
        )
        for state in STATES
    ]
    each.append(Text(f"(tracer {duration(times.tracer_ns)})", style=palette.faint))
    yield from _flowed(each, width)
    if details.before_blocked_ns or details.before_runnable_ns:
        waits = f"{duration(details.before_blocked_ns)} asleep, {duration(details.before_runnable_ns)} runnable"
        yield _labelled("before it", waits, palette)


def _flowed(parts: list[Text], width: int) -> Iterator[Text]:
    """`parts` two cells apart, as many a line as fit, indented like values."""
    line = Text(_INDENT)
    for part in parts:
        if line.cell_len > len(_INDENT) and line.cell_len + part.cell_len > width:
            yield line
            line = Text(_INDENT)
        line = Text.assemble(line, part, "  ")
    yield line


def _copies(details: Details, palette: Palette) -> Iterator[Text]:
    if details.row.copies_unknown:
        yield _labelled("copies", "not all known: what follows is a lower bound", palette, palette.wasted)
    if not details.copied and not details.row.copies_unknown:
        yield _labelled("copies", "none", palette)
    for copied in details.copied:
        arrow = "↓" if copied.direction == "in" else "↑"
        where = f"at {copied.address:#x}" if copied.address else ""
        text = f"{arrow} {copied.direction:<3} {copied.kind:<8} {size(copied.size):<9} "
        text += f"{clean(copied.what)} {where}"
        yield _labelled("copies", text, palette, palette.copy_in if arrow == "↓" else palette.copy_out)


def _arguments(details: Details, palette: Palette) -> Iterator[Text]:
    for number, argument in enumerate(details.row.args):
        label = details.names[number] if details.names else f"arg {number + 1}"
        yield _labelled(fit(label, 9), clean(argument), palette)


def _pieces(details: Details, palette: Palette) -> Iterator[Text]:
    for piece in details.pieces:
        yield _labelled("memory", _piece(piece), palette)


def _piece(piece: Piece) -> str:
    where = f"{piece.address:#x}" if piece.address else "—"
    of = "" if piece.arg is None else f"arg {piece.arg + 1}, "
    what = f"not read: {piece.missing}" if piece.missing else f"{size(len(piece.content))} {preview(piece.content)}"
    return f"{of}at {piece.when}, {where}: {what}"


def preview(content: bytes, limit: int = 64) -> str:
    """The first `limit` bytes as text, unprintable ones as dots."""
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in content[:limit])
    return f"|{text}|" + ("…" if len(content) > limit else "") if content else ""


def _raw(details: Details, palette: Palette) -> Iterator[Text]:
    for name, ns in details.raw:
        yield _labelled("raw", f"{name:<14} {ns:>13,} ns", palette, palette.faint)


def _labelled(label: str, text: str, palette: Palette, style: Style | None = None) -> Text:
    line = Text(f"{label:<10}", style=palette.faint)
    line.append(text, style or palette.text)
    return line
