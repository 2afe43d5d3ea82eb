"""The line in which a filter is typed, with what it lets through beside it and what may be typed next below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from tracer.analyze.filter.completion import Completion, complete
from tracer.analyze.filter.errors import FilterError
from tracer.analyze.filter.parse import parse
from tracer.analyze.filter.vocabulary import Vocabulary
from tui.drawing.filter_bar import choices_text, error_text
from tui.theme import palette_of

_EXAMPLES = "read write   -futex   %net   fd:3   failed   err:EAGAIN   >1ms   bytes>4k   /regex/   (? in help)"
_NONE = Completion(0, 0, ())


class FilterBar(Vertical):
    """A filter: edited after `edit`, otherwise only shown. It posts every filter that has no error."""

    DEFAULT_CSS = """
    FilterBar { height: auto; background: $panel; display: none; }
    FilterBar Horizontal { height: 1; }
    FilterBar .sign { width: 2; }
    FilterBar Input { width: 1fr; background: $panel; }
    FilterBar #filter-status { width: auto; max-width: 60%; }
    FilterBar #filter-below { height: 1; padding: 0 2; display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", tooltip="Complete the word with the marked choice"),
        Binding("down", "select(1)", "The next choice", show=False),
        Binding("up,shift+tab", "select(-1)", "The choice before", show=False),
        Binding("escape", "cancel", "Cancel", tooltip="Back to the filter before"),
    ]

    class Typed(Message):
        """This filter is good so far."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The keys are to go back to the list."""

    def __init__(self, vocabulary: Callable[[], Vocabulary | None]) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self._words: Vocabulary | None = None
        self._input = Input(compact=True, id="filter-text", select_on_focus=False)
        self._status = Static(id="filter-status", markup=False)
        self._below = Static(id="filter-below", markup=False)
        self._before = ""
        self._error: FilterError | None = None
        self._completion = _NONE
        self._selected = 0

    def compose(self) -> ComposeResult:
        """The filter and its status, and the line below."""
        with Horizontal():
            yield Static("/ ", classes="sign", markup=False)
            yield self._input
            yield self._status
        yield self._below

    @property
    def editing(self) -> bool:
        """Keys go into the filter."""
        return self._input.has_focus

    def edit(self) -> None:
        """Let the filter be typed."""
        self._before = self._input.value
        self._words = self._vocabulary()
        self.display = True
        self._below.display = True
        self._input.can_focus = True
        self._input.placeholder = _EXAMPLES
        self._input.cursor_position = len(self._input.value)
        # At once, not when the queue is empty: what is typed next is meant for the filter.
        self.screen.set_focus(self._input)
        self._look()

    def put(self, text: str) -> None:
        """Show a filter that was not typed."""
        with self.prevent(Input.Changed):
            self._input.value = text
        self._error = None

    def tell(self, status: Text, *, shown: bool) -> None:
        """What stands beside the filter; `shown`: the bar stays although nobody types."""
        self._status.update(status)
        self.display = shown or self.editing

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is wrong, or post what is good."""
        event.stop()
        self._look()
        if self._error is None:
            self.post_message(self.Typed(event.value.strip()))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it, unless there is something wrong with it."""
        event.stop()
        if self._error is None:
            self._leave()

    def action_cancel(self) -> None:
        """Back to the former filter."""
        self.put(self._before)
        self.post_message(self.Typed(self._before))
        self._leave()

    def action_complete(self) -> None:
        """Put the selected choice into the filter."""
        if self._completion.choices:
            choice = self._completion.choices[self._selected]
            self._input.value, self._input.cursor_position = self._completion.applied(self._input.value, choice)

    def action_select(self, step: int) -> None:
        """Select another choice."""
        if self._completion.choices:
            self._selected = (self._selected + step) % len(self._completion.choices)
            self._draw()

    def _leave(self) -> None:
        self._below.display = False
        self._input.can_focus = False
        self._input.placeholder = ""  # the bar may stay for what the list is sorted by: no filter, no examples
        self.post_message(self.Left())

    def _look(self) -> None:
        """Find out whether the filter is good, and what it may become."""
        text = self._input.value
        try:
            parse(text)
            self._error = None
        except FilterError as error:
            self._error = error
        self._words = self._words or self._vocabulary()  # None before the first lines
        self._completion = complete(text, self._input.cursor_position, self._words) if self._words else _NONE
        self._selected = 0
        self._draw()

    def _draw(self) -> None:
        palette, width = palette_of(self), max(20, self.size.width - 4)
        below = Text()
        if self._completion.choices:
            below = choices_text(self._completion.choices, self._selected, width, palette)
        elif self._error is not None:
            below = error_text(self._error, width, palette)
        self._below.update(below)
