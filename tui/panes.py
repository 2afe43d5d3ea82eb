"""The tabs of the main screen, in their order, and the pane of each."""

from __future__ import annotations

import os
from typing import Final

from tui.drawing import figure_glyphs, timeline_glyphs
from tui.drawing.ascii import speaks_unicode
from tui.snapshot import Source
from tui.widgets.calls_pane import CallsPane
from tui.widgets.descriptors_pane import DescriptorsPane
from tui.widgets.figure_pane import FigurePane
from tui.widgets.findings_pane import FindingsPane
from tui.widgets.pane import Pane
from tui.widgets.summary_pane import SummaryPane
from tui.widgets.tab_line import Tab
from tui.widgets.timeline_pane import TimelinePane
from tui.widgets.waiting_pane import WaitingPane

CALLS: Final = Tab("1", "Calls", "calls")
SUMMARY: Final = Tab("2", "Summary", "summary")
TIMELINE: Final = Tab("3", "Timeline", "timeline")
DESCRIPTORS: Final = Tab("4", "Descriptors", "descriptors", "Fds")
WAITING: Final = Tab("5", "Waiting sets", "waiting", "Waits")
FIGURE: Final = Tab("6", "Figure", "figure")
FINDINGS: Final = Tab("7", "Findings", "findings")
OUTPUT: Final = Tab("8", "Output", "output", "Out")
"""The program's terminal, where there is one; its pane is a widget of its own kind."""
TABS: Final = (CALLS, SUMMARY, TIMELINE, DESCRIPTORS, WAITING, FIGURE, FINDINGS, OUTPUT)
"""All of them."""


def panes_for(source: Source) -> dict[Tab, Pane]:
    """A pane for every tab that a recording has."""
    unicode = speaks_unicode(os.environ)
    return {
        CALLS: CallsPane(source),
        SUMMARY: SummaryPane(source),
        TIMELINE: TimelinePane(source, timeline_glyphs.UNICODE if unicode else timeline_glyphs.ASCII),
        DESCRIPTORS: DescriptorsPane(source),
        WAITING: WaitingPane(source),
        FIGURE: FigurePane(source, figure_glyphs.UNICODE if unicode else figure_glyphs.ASCII),
        FINDINGS: FindingsPane(source),
    }
