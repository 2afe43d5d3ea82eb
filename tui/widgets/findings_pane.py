"""Tab 7: what the rules found, the worst first; below, everything about the selected one."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tracer.analyze.results import Finding
from tui.drawing.findings import by_severity, empty_text, finding_items, finding_row
from tui.drawing.folding import rows_of
from tui.messages import GoTo
from tui.snapshot import Snapshot, Source
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView
from tui.widgets.pane import Pane


class FindingsList(LinesView):
    """One line a finding."""

    def __init__(self) -> None:
        super().__init__(id="findings-list")
        self.findings: list[Finding] = []

    def show(self, findings: list[Finding]) -> None:
        """List `findings`; the cursor stays on its finding."""
        selected = self.findings[self.cursor] if self.cursor < len(self.findings) else None
        self.findings = findings
        self.lay_out(len(findings))
        if selected in findings:
            self._go(findings.index(selected))

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line `index`."""
        return finding_row(self.findings[index], width, palette_of(self))


class FindingDetails(Widget):
    """The selected finding, or why there is none."""

    DEFAULT_CSS = "FindingDetails { height: 1fr; background: $panel; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._finding: Finding | None = None
        self._findings: tuple[Finding, ...] | None = None

    def show(self, finding: Finding | None, findings: tuple[Finding, ...] | None) -> None:
        """Draw `finding`, one of `findings`."""
        if (finding, findings) != (self._finding, self._findings):
            self._finding, self._findings = finding, findings
            self.refresh()

    def render(self) -> Text:
        """The lines."""
        palette = palette_of(self)
        if self._finding is None:
            return empty_text(self._findings, palette)
        rows = rows_of(finding_items(self._finding, palette), self.content_size.width, palette, frozenset())
        return Text("\n", no_wrap=True, end="").join(row.text for row in rows)


class FindingsPane(Pane):
    """List and details; enter goes to the lines that show it, one after the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "evidence", "Its calls", tooltip="Show it in the list of calls; again: the next line of it"
        ),
    ]

    def __init__(self, source: Source) -> None:
        super().__init__(id="findings")
        self._source = source
        self._snapshot: Snapshot | None = None
        self._list = FindingsList()
        self._details = FindingDetails()
        self._shown: tuple[Finding | None, int] = (None, 0)
        """The finding whose evidence was shown last, and up to which of its lines."""

    def compose(self) -> ComposeResult:
        """List and details."""
        yield self._list
        yield self._details

    def show(self, snapshot: Snapshot) -> None:
        """Show the findings of `snapshot`."""
        self._snapshot = snapshot
        found = by_severity(snapshot.report.findings or ())
        self._list.display = bool(found)
        self._list.show(found)
        self._show_details()

    def take_focus(self) -> None:
        """Keys go to the list, if there is one."""
        if self._list.display:
            self._list.focus()
        else:
            self.screen.set_focus(None)

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """The details are those of the selected finding."""
        event.stop()
        self._show_details()

    def action_evidence(self) -> None:
        """Go to the next line that shows the selected finding."""
        finding = self._selected
        if finding is None:
            return
        before, first = self._shown
        first = first if before == finding else 0
        for number in range(first, first + len(finding.lines)):
            line = self._source.line_of(finding.lines[number % len(finding.lines)])
            if line is not None:
                self._shown = (finding, number + 1)
                self.post_message(GoTo(line))
                return
        self.notify("No line of the list shows this by itself.", timeout=3)

    @property
    def _selected(self) -> Finding | None:
        found = self._list.findings
        return found[self._list.cursor] if self._list.cursor < len(found) else None

    def _show_details(self) -> None:
        if self._snapshot is not None:
            self._details.show(self._selected, self._snapshot.report.findings)
