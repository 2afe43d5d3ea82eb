"""The lines of `iotrace top`: a process each."""

from __future__ import annotations

from rich.segment import Segment

from tracer.analyze.top import ASCENDING, TopProcess, TopView, matching, ordered
from tui.drawing.top import top_line
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView


class TopList(LinesView):
    """Processes in the chosen order. The cursor stays on its process while numbers and order change."""

    def __init__(self, sort: str) -> None:
        super().__init__(id="top-list")
        self.sort = sort
        self.ascending = sort in ASCENDING
        self.words = ""
        """Only processes that contain these are listed."""
        self._view = TopView(0)
        self._rows: list[TopProcess] = []

    def show(self, view: TopView) -> None:
        """List the processes of `view`."""
        self._view = view
        self._arrange()

    def order(self, sort: str) -> None:
        """Sort by a column; the same once more turns the order round."""
        self.ascending = not self.ascending if sort == self.sort else sort in ASCENDING
        self.sort = sort
        self._arrange()

    def narrow(self, words: str) -> None:
        """List only processes whose pid, name or command has all of `words`."""
        self.words = words
        self._arrange()

    @property
    def selected(self) -> TopProcess | None:
        """The process the cursor is on."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line `index`."""
        return top_line(self._rows[index], self._view, width, palette_of(self))

    def _arrange(self) -> None:
        selected, on_top = self.selected, self.cursor == 0
        self._rows = ordered(matching(self._view.processes, self.words), self.sort, ascending=self.ascending)
        self.lay_out(len(self._rows))
        pids = [each.pid for each in self._rows]
        # On the first line the eye is on "whatever is on top", further down on the process it picked.
        if selected is not None and not on_top and selected.pid in pids:
            self._go(pids.index(selected.pid))
        self.post_message(self.Moved(self, self.cursor))
