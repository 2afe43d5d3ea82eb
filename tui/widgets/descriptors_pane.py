"""Tab 4: every descriptor with its life, what it carried and who watched it; the story of the selected one."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from tracer.analyze.descriptors.lives import Choice, DescriptorLives, DescriptorTable
from tracer.analyze.descriptors.story import Told, origin_of, story_of
from tui.drawing.descriptor_story import story_lines
from tui.drawing.descriptors import number
from tui.latest import Latest
from tui.messages import GoTo, SetFilter
from tui.snapshot import Snapshot, Source
from tui.theme import palette_of
from tui.widgets.descriptor_browser import DescriptorBrowser
from tui.widgets.lines_view import LinesView
from tui.widgets.pane import Pane
from tui.widgets.story import Story

ROOMY: Final = 130
"""From this width on the story stands beside the list."""


class DescriptorsPane(Pane):
    """The list, and the story beside or below it. Workers make the tables and tell the stories."""

    DEFAULT_CSS = """
    DescriptorsPane { layout: vertical; }
    DescriptorsPane Story { height: 7; width: 100%; }
    DescriptorsPane.-beside { layout: horizontal; }
    DescriptorsPane.-beside Story { width: 56; height: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "follow", "Its calls", tooltip="List only the calls on this descriptor"),
        Binding("o", "origin", "Origin", tooltip="The call that opened it"),
        Binding("v", "toggle_story", "Open or close the story", show=False),
    ]

    class Listed(Message):
        """A new table; not `whole` when there was too much to take in for once."""

        def __init__(self, lives: DescriptorLives | None, table: DescriptorTable | None, *, whole: bool) -> None:
            super().__init__()
            self.lives, self.table, self.whole = lives, table, whole

    class StoryTold(Message):
        """The story of a descriptor."""

        def __init__(self, code: int, story: tuple[Told, ...]) -> None:
            super().__init__()
            self.code, self.story = code, story

    def __init__(self, source: Source) -> None:
        super().__init__(id="descriptors")
        self._source = source
        self._snapshot: Snapshot | None = None
        self._browser = DescriptorBrowser()
        self._story = Story(id="descriptor-story")
        self._lister: Latest[Choice] = Latest(self, self._make_table)
        self._teller: Latest[int] = Latest(self, self._tell)
        self._told: tuple[int, tuple[Told, ...]] | None = None

    def compose(self) -> ComposeResult:
        """List and story."""
        yield self._browser
        yield self._story

    def show(self, snapshot: Snapshot) -> None:
        """List the descriptors as they are now."""
        self._snapshot = snapshot
        self._ask()

    def take_focus(self) -> None:
        """Keys go to the list."""
        self._browser.list.focus()

    def redraw(self) -> None:
        """Draw the story again in another theme."""
        self._draw_story()

    def on_resize(self, event: events.Resize) -> None:
        """The story stands beside the list where there is room."""
        self.set_class(event.size.width >= ROOMY, "-beside")

    def _make_table(self, choice: Choice) -> Message:
        """In a worker."""
        lives = self._source.descriptors()
        if lives is None:
            return self.Listed(None, None, whole=True)
        whole = lives.waiting.update_for_a_while()
        return self.Listed(lives, lives.table(choice), whole=whole)

    def _tell(self, code: int) -> Message:
        """In a worker."""
        lives = self._source.descriptors()
        return self.StoryTold(code, story_of(lives, code) if lives is not None else ())

    def on_descriptors_pane_listed(self, event: Listed) -> None:
        """Show the table, and ask for the rest when it was too much for once."""
        event.stop()
        self._lister.done()
        snapshot = self._snapshot
        if event.lives is None or event.table is None or snapshot is None:
            return
        self._browser.show(event.lives, event.table, (snapshot.start_ns, snapshot.now_ns))
        self._ask_story()
        if not event.whole and self.is_on_screen:
            self._ask()

    def on_descriptors_pane_story_told(self, event: StoryTold) -> None:
        """Show it, unless the cursor has moved on."""
        event.stop()
        self._teller.done()
        self._told = event.code, event.story
        self._draw_story()

    def on_descriptor_browser_wanted(self, event: DescriptorBrowser.Wanted) -> None:
        """Other ones, or in another order."""
        event.stop()
        self._ask()

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """The story is that of the descriptor below the cursor."""
        event.stop()
        self._ask_story()

    def action_follow(self) -> None:
        """Filter the calls to this descriptor."""
        shown = self._browser.list
        if (code := shown.selected) is not None:
            line = shown.line(code)
            process = f" pid:{line.pid}" if shown.several else ""
            self.post_message(SetFilter(f"fd:{line.fd}.{line.generation}{process}"))

    def action_origin(self) -> None:
        """Go to the call that opened it."""
        lives, code = self._source.descriptors(), self._browser.list.selected
        if lives is None or code is None:
            return
        line = origin_of(lives, code)
        if line is None:
            fd = number(self._browser.list.line(code))
            self.notify(f"Descriptor {fd} was open before the trace began: no call here opened it.", timeout=4)
        else:
            self.post_message(GoTo(line))

    def action_toggle_story(self) -> None:
        """Open or close the story."""
        self._story.display = not self._story.display
        self._ask_story()

    def _ask(self) -> None:
        if self._snapshot is not None:
            self._lister.ask(replace(self._browser.choice, phase=self._snapshot.report.phase))

    def _ask_story(self) -> None:
        if self._story.display and (code := self._browser.list.selected) is not None:
            self._teller.ask(code)

    def _draw_story(self) -> None:
        snapshot, shown = self._snapshot, self._browser.list
        if self._told is not None and snapshot is not None and self._told[0] == shown.selected:
            code, story = self._told
            self._story.show(code, story_lines(shown.line(code), story, snapshot.start_ns, palette_of(self)))
