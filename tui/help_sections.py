"""Which keys the help lists: those of every part of the screen, read from the bindings themselves.

A test walks all classes of `tui` that declare bindings: one that is missing here fails it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from tui.screens.help import HelpScreen
from tui.screens.main import MainScreen
from tui.screens.manual import ManualScreen
from tui.screens.quit import QuitScreen
from tui.screens.start import StartScreen
from tui.screens.stepping import SteppingScreen
from tui.screens.top import TopScreen
from tui.start_app import StartApp
from tui.widgets.calls_pane import CallsPane
from tui.widgets.columns_dialog import ColumnsDialog
from tui.widgets.descriptor_browser import DescriptorBrowser
from tui.widgets.descriptors_pane import DescriptorsPane
from tui.widgets.details import DetailsPane
from tui.widgets.figure_pane import FigurePane, Picture
from tui.widgets.filter_bar import FilterBar
from tui.widgets.findings_pane import FindingsPane
from tui.widgets.go_to_dialog import GoToDialog
from tui.widgets.latency_view import LatencyView
from tui.widgets.lines_view import LinesView
from tui.widgets.output import Output
from tui.widgets.summary_pane import SummaryPane
from tui.widgets.timeline_pane import TimelinePane
from tui.widgets.waiter_list import WaiterRows
from tui.widgets.waiting_pane import WaitingPane
from tui.widgets.waiting_picture import SetRows

Key = tuple[str, str]
"""Keys as bound, with commas between them, and what they do."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the screen that has keys of its own. `pane`: id of the tab it belongs to, "" = none of them."""

    title: str
    classes: tuple[type[DOMNode], ...]
    pane: str = ""


PARTS: Final = (
    Part("Step through the calls of a live program", (SteppingScreen,)),
    Part("In a list", (LinesView,)),
    Part("Calls", (CallsPane,), "calls"),
    Part("Calls: typing a filter", (FilterBar,), "calls"),
    Part("Calls: the details", (DetailsPane,), "calls"),
    Part("Summary", (SummaryPane,), "summary"),
    Part("Timeline", (TimelinePane,), "timeline"),
    Part("Timeline: the map of latencies", (LatencyView,), "timeline"),
    Part("Descriptors", (DescriptorsPane, DescriptorBrowser), "descriptors"),
    Part("Waiting sets", (WaitingPane, WaiterRows, SetRows), "waiting"),
    Part("Figure", (FigurePane, Picture), "figure"),
    Part("Findings", (FindingsPane,), "findings"),
    Part("Output: all keys go to the program, but", (Output,), "output"),
    Part("Asked where to go", (GoToDialog,)),
    Part("Asked for columns", (ColumnsDialog,)),
    Part("A manual page", (ManualScreen,)),
    Part("This help", (HelpScreen,)),
    Part("Asked what becomes of the program", (QuitScreen,)),
    Part("The start screen", (StartScreen, StartApp)),
    Part("All processes: iotrace top", (TopScreen,)),
)


def sections(everywhere: Iterable[BindingType], pane: str) -> tuple[tuple[str, tuple[Key, ...]], ...]:
    """Every part and its keys: those of the open tab first, then those that work everywhere, then the rest."""
    here = [part for part in PARTS if part.pane == pane]
    rest = [part for part in PARTS if part.pane != pane]
    common = "Everywhere", (*keys_of(everywhere), *keys_of(_declared(MainScreen)))
    return (*map(_section, here), common, *map(_section, rest))


def keys_of(bindings: Iterable[BindingType]) -> tuple[Key, ...]:
    """In the order they are declared; the longer of the two descriptions a binding may have."""
    return tuple(
        (binding.key, binding.tooltip or binding.description)
        for binding in bindings
        if isinstance(binding, Binding) and binding.description
    )


def _section(part: Part) -> tuple[str, tuple[Key, ...]]:
    keys = (key for each in part.classes for key in keys_of(_declared(each)))
    return part.title, tuple(dict.fromkeys(keys))


def _declared(node: type[DOMNode]) -> Iterable[BindingType]:
    """Its own bindings, without those it inherits."""
    declared: Iterable[BindingType] = node.__dict__.get("BINDINGS", ())
    return declared
