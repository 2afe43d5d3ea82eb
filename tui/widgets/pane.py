"""What a tab shows: a part of the screen that draws snapshots while its tab is open."""

from __future__ import annotations

from textual.containers import Vertical

from tui.snapshot import Snapshot


class Pane(Vertical):
    """Base of the panes. The main screen shows it every new snapshot while its tab is open, and the newest when it
    is opened."""

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`."""
        raise NotImplementedError

    def take_focus(self) -> None:
        """Keys go to the pane."""
        raise NotImplementedError

    def redraw(self) -> None:
        """The theme or the width has changed: draw again what does not draw itself."""
