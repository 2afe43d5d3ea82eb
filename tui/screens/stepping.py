"""The keys that hold the program and let it go on; they are offered while they do something."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from tui.live import LiveRun
from tui.screens.current_size import CurrentSize
from tui.snapshot import Source
from tui.widgets.step_panel import StepPanel

_WHILE_HELD = frozenset({"step_kind", "step_fd", "step_mark", "run_on", "next_held"})
STEP_ACTIONS = _WHILE_HELD | {"step"}


class SteppingScreen(CurrentSize, Screen[None]):
    """A screen with a step panel. While the program is held its keys come before those of the tabs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "step", "Step", tooltip="Hold the program at its next call; held: go on to the next stop"),
        Binding("c", "step_kind", "Next such", tooltip="Run on until the next call of this kind", priority=True),
        Binding(
            "C", "step_fd", "Next on fd", tooltip="Run on until the next call on this descriptor", priority=True
        ),
        Binding("m", "step_mark", "To mark", tooltip="Run on until the program marks a phase", priority=True),
        Binding("r", "run_on", "Run on", tooltip="Hold no more", priority=True),
        Binding("t", "next_held", "Show another held thread", priority=True, show=False),
    ]

    def __init__(self, source: Source, live: LiveRun | None) -> None:
        super().__init__()
        self.step_panel = StepPanel(source, live)

    def action_step(self) -> None:
        """Hold the program at its next call, or let it go on to the next stop."""
        self.step_panel.step()
        self.refresh_bindings()

    def action_step_kind(self) -> None:
        """Run on until the next call of this kind begins."""
        self.step_panel.until_kind()

    def action_step_fd(self) -> None:
        """Run on until the next call with this descriptor begins."""
        if not self.step_panel.until_descriptor():
            self.notify("This call is about no descriptor.", timeout=3)

    def action_step_mark(self) -> None:
        """Run on until the program marks something: a bundled model does so before its work begins."""
        self.step_panel.until_mark()

    def action_run_on(self) -> None:
        """Hold no more."""
        self.step_panel.run_on()
        self.refresh_bindings()

    def action_next_held(self) -> None:
        """Show another thread that is held."""
        self.step_panel.next_held()

    def may_step(self, action: str) -> bool:
        """Whether a key of these does something now."""
        panel = self.step_panel
        if action == "step":
            return panel.possible
        if action not in _WHILE_HELD:
            return True
        if not panel.stepping or isinstance(self.focused, Input):
            return False
        if action == "next_held":
            return panel.several
        return action == "run_on" or panel.call is not None
