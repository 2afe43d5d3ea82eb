"""The list of descriptors with its titles and a line to search in: what is listed, and in what order."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from tracer.analyze.descriptors.lives import Choice, DescriptorLives, DescriptorTable
from tui.drawing.descriptors import SORTS, descriptor_columns
from tui.drawing.grid import Column, column_at, grid_titles
from tui.theme import palette_of
from tui.widgets.descriptor_table import DescriptorList
from tui.widgets.text_block import TextBlock
from tui.widgets.titles import Titles

_ASCENDING: Final = frozenset({"fd", "what", "opened"})
_EMPTY: Final = "No descriptor so far: the first call that opens or uses one puts it here."


class DescriptorBrowser(Vertical):
    """Titles, list and search line. It posts what is to be listed, and is given a table of that."""

    DEFAULT_CSS = """
    DescriptorBrowser { width: 1fr; height: 1fr; }
    DescriptorBrowser Input { height: 1; display: none; background: $panel; }
    DescriptorBrowser #descriptors-empty { display: none; color: $text-muted; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", tooltip="Search descriptors by words"),
        Binding("left,<", "sort_by(-1)", "Sort", key_display="←→", tooltip="Sort by the column to the left"),
        Binding("right,>", "sort_by(1)", "Sort by the column to the right", show=False),
        Binding("r", "reverse", "Reverse the order", show=False),
        Binding("t", "together", "Those of one process together", show=False),
        Binding("escape", "forget", "End the search", show=False),
    ]

    class Wanted(Message):
        """List this."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self) -> None:
        super().__init__()
        self.choice = Choice()
        self.list = DescriptorList()
        self._search = Input(placeholder="part of a path, an address, a number or a call", compact=True)
        self._empty = TextBlock(id="descriptors-empty")

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield Titles(self._titles)
        yield self.list
        yield self._empty
        yield self._search

    def show(self, lives: DescriptorLives, table: DescriptorTable, run: tuple[int, int]) -> None:
        """List `table`; `run`: CLOCK_MONOTONIC of the beginning and of now."""
        self.list.show(lives, table, run)
        self._empty.display = not self.list.count
        self._empty.put(Text("Nothing has that text in it." if self.choice.search else _EMPTY))
        self.query_one(Titles).refresh()

    def action_sort_by(self, step: int) -> None:
        """Sort by the column beside the one it is sorted by, among those shown."""
        shown = [each.what for each in self._columns(self._width) if each.what in SORTS]
        here = shown.index(self.choice.sort) if self.choice.sort in shown else 0
        self._sort(shown[(here + step) % len(shown)])

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._choose(replace(self.choice, ascending=not self.choice.ascending))

    def action_together(self) -> None:
        """Group by process, or not."""
        self._choose(replace(self.choice, by_process=not self.choice.by_process))

    def action_search(self) -> None:
        """Type what to look for."""
        self._search.display = True
        self._search.focus()

    def action_forget(self) -> None:
        """List all again."""
        self._search.value = ""
        self._search.display = False
        self.list.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """List what fits so far."""
        event.stop()
        self._choose(replace(self.choice, search=event.value.strip()))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what was typed."""
        event.stop()
        self._search.display = bool(event.value.strip())
        self.list.focus()

    def on_titles_clicked(self, event: Titles.Clicked) -> None:
        """Sort by the clicked column; a second click turns the order round."""
        column = column_at(self._columns(self._width), self._width, event.x)
        if column is not None and column.what in SORTS:
            self.action_reverse() if column.what == self.choice.sort else self._sort(column.what)

    @property
    def _width(self) -> int:
        return self.list.scrollable_content_region.width

    def _columns(self, width: int) -> tuple[Column, ...]:
        return descriptor_columns(width, several=self.list.several)

    def _titles(self, width: int) -> Text:
        choice, columns = self.choice, self._columns(width)
        return grid_titles(columns, width, palette_of(self), choice.sort, ascending=choice.ascending)

    def _sort(self, what: str) -> None:
        """Numbers begin with the largest, names with A, lives with the earliest."""
        self._choose(replace(self.choice, sort=what, ascending=what in _ASCENDING))

    def _choose(self, choice: Choice) -> None:
        self.choice = choice
        self.query_one(Titles).refresh()
        self.post_message(self.Wanted(choice))
