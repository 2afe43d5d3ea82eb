"""What the Figure tab shows around the picture, and instead of it."""

from __future__ import annotations

from rich.text import Text

from tracer.analyze.figure.figure import Figure
from tui.drawing.figure import figure_lines
from tui.drawing.figure_glyphs import UNICODE, Glyphs
from tui.drawing.palette import Palette

_NONE = (
    "There is no message to draw{so_far}.",
    "",
    "A figure is drawn of one message on its way into the program or through it: a read, recv, readv or the like "
    "that brought data, a write or sendfile that moved it, or a completion of io_uring or AIO. {why}",
    "",
    "To see one: iotrace run blocking, or iotrace models NAME.",
)
_WHOLE = "No such call returned with data."
_PHASE = "None happened in the phase “measure” that the program marked."


def figure_text(figure: Figure, width: int, palette: Palette, glyphs: Glyphs = UNICODE) -> Text:
    """The picture."""
    return Text("\n").join(figure_lines(figure, width, palette, glyphs))


def no_figure(live: bool, measured: bool, palette: Palette) -> Text:
    """Why there is none, and how to get one."""
    words = {"so_far": " so far" if live else "", "why": _PHASE if measured else _WHOLE}
    return Text("\n".join(line.format(**words) for line in _NONE), palette.text)


def reading(part: float, palette: Palette) -> Text:
    """While the recording is searched for messages."""
    return Text(f"looking for messages … {part:.0%}", palette.faint)
