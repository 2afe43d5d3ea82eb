"""What the view of all processes needs: somebody who counts their calls. The command line implements it."""

from __future__ import annotations

from typing import Protocol

from tracer.analyze.top import TopView


class TopSource(Protocol):
    """Counts the calls of all processes."""

    def look(self) -> TopView:
        """What every process did since the last look. May take some milliseconds, so it is asked in a thread."""
