"""The screen of `iotrace top`: processes by what their system calls cost, as it happens."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from tracer.analyze.top import TopProcess, TopView
from tui.drawing.grid import column_at, grid_titles
from tui.drawing.top import top_about, top_columns, top_heading, top_totals
from tui.screens.current_size import CurrentSize
from tui.theme import palette_of
from tui.top import TopSource
from tui.widgets.key_line import KeyLine
from tui.widgets.lines_view import LinesView
from tui.widgets.text_block import TextBlock
from tui.widgets.titles import Titles
from tui.widgets.top_list import TopList


class TopScreen(CurrentSize, Screen[TopProcess]):
    """Looks at the counts once an interval; closes with the process that was chosen."""

    CSS_PATH = "top.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Attach", tooltip="Watch this process, with: iotrace attach --backend ebpf PID"),
        Binding(  # at once: what is typed next is meant for it
            "slash",
            "search",
            "Filter",
            key_display="/",
            priority=True,
            tooltip="List only processes that contain some words",
        ),
        Binding("left,<", "sort_by(-1)", "Sort", key_display="←→", tooltip="Sort by the column to the left"),
        Binding("right,>", "sort_by(1)", "Sort by the column to the right", show=False),
        Binding("r", "reverse", "Reverse the order", show=False),
        Binding("p", "pause", "Pause", tooltip="Hold the view, or let it go on"),
        Binding("escape", "forget", "List all processes again", show=False),
    ]

    class Looked(Message):
        """There are new figures."""

        def __init__(self, view: TopView) -> None:
            super().__init__()
            self.view = view

    def __init__(self, source: TopSource, interval: float, sort: str) -> None:
        super().__init__()
        self._source = source
        self._interval = interval
        self._view: TopView | None = None
        self._paused = False
        self._looking = False
        self._list = TopList(sort)
        self._words = Input(placeholder="part of a name, a command or a pid", id="top-words", compact=True)

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield TextBlock(id="top-heading")
        yield Titles(self._titles)
        yield self._list
        yield self._words
        yield TextBlock(id="top-about")
        yield KeyLine()

    def on_mount(self) -> None:
        """Begin to look."""
        self.set_interval(self._interval, self._look)
        self.set_focus(self._list)
        self._head()

    def on_resize(self, _event: events.Resize) -> None:
        """The heading is made for a width."""
        self._head()

    def on_top_screen_looked(self, event: Looked) -> None:
        """Show new figures, unless the view is held."""
        self._looking = False
        if not self._paused:
            self._view = event.view
            self._list.show(event.view)
            self._head()

    def on_lines_view_moved(self, _event: LinesView.Moved) -> None:
        """More about the process below the cursor."""
        about = Text()
        if self._list.selected is not None:
            about = top_about(self._list.selected, self.app.size.width - 2, palette_of(self))
        self.query_one("#top-about", TextBlock).put(about)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """While typing, / is a letter like others."""
        return not (action == "search" and self._words.has_focus)

    def action_choose(self) -> None:
        """Close with the process below the cursor."""
        chosen = self._list.selected
        if chosen is None:
            return
        if chosen.pid is None or chosen.ended:
            self.notify("It has ended." if chosen.ended else "They cannot be reached from this pid namespace.")
        else:
            self.dismiss(chosen)

    def action_search(self) -> None:
        """Type what to list."""
        self._words.display = True
        self.set_focus(self._words)

    def action_forget(self) -> None:
        """List all again."""
        self._words.value = ""
        self._words.display = False
        self._list.focus()

    def action_sort_by(self, step: int) -> None:
        """Sort by the column beside the one it is sorted by, among those shown."""
        shown = [column.what for column in top_columns(self._width)]
        here = shown.index(self._list.sort) if self._list.sort in shown else 0
        self._sort(shown[(here + step) % len(shown)])

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._sort(self._list.sort)

    def action_pause(self) -> None:
        """Hold the view. What happens meanwhile is counted, and not shown."""
        self._paused = not self._paused
        self._head()

    def on_titles_clicked(self, event: Titles.Clicked) -> None:
        """Sort by the clicked column; a second click turns the order round."""
        column = column_at(top_columns(self._width), self._width, event.x)
        if column is not None:
            self._sort(column.what)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed narrows the list at once."""
        self._list.narrow(event.value)
        self._head()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what was typed."""
        self._words.display = bool(event.value.strip())
        self._list.focus()

    def on_key(self, event: events.Key) -> None:
        """While typing, up and down still move in the list."""
        if self._words.has_focus and event.key in ("up", "down"):
            self._list.action_move(-1 if event.key == "up" else 1)
            event.stop()

    @property
    def _width(self) -> int:
        return self._list.scrollable_content_region.width

    def _look(self) -> None:
        if not self._looking:
            self._looking = True
            self._ask()

    @work(thread=True, group="look")
    def _ask(self) -> None:
        self.post_message(self.Looked(self._source.look()))

    def _sort(self, what: str) -> None:
        self._list.order(what)
        self.query_one(Titles).refresh()

    def _titles(self, width: int) -> Text:
        columns = top_columns(width)
        return grid_titles(columns, width, palette_of(self), self._list.sort, ascending=self._list.ascending)

    def _head(self) -> None:
        palette = palette_of(self)
        everybody = len(self._view.processes) if self._view is not None else 0
        shown = (self._list.count, everybody) if self._list.words.strip() else (everybody,)
        width = self.app.size.width - 2
        first = top_heading(shown, self._interval, width, palette, paused=self._paused)
        second = Text("counting ...", palette.faint)
        if self._view is not None:
            second = top_totals(self._view, palette, width)
        self.query_one("#top-heading", TextBlock).put(Text("\n").join((first, second)))
