"""The keys of the Timeline tab; `do` calls the method of that name of a `TimelineView`."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

TIMELINE_KEYS: Final[list[BindingType]] = [
    Binding("left", "do('pan', -0.125)", "Earlier", show=False),
    Binding("right", "do('pan', 0.125)", "Later", show=False),
    Binding("shift+left,b", "do('step', -1)", "Cursor a cell earlier", show=False),
    Binding("shift+right,f", "do('step', 1)", "Cursor a cell later", show=False),
    Binding("up", "lane(-1)", "Lane above", show=False),
    Binding("down", "lane(1)", "Lane below", show=False),
    Binding("pageup", "lane(-8)", "Eight lanes up", show=False),
    Binding("pagedown", "lane(8)", "Eight lanes down", show=False),
    Binding("plus,equals_sign", "do('zoom', 0.5)", "Zoom", key_display="+ -", tooltip="Zoom in"),
    Binding("minus", "do('zoom', 2.0)", "Zoom out", show=False),
    Binding("0", "do('whole')", "Whole run; again: the measured phase", show=False),
    Binding("home", "do('edge', -1)", "Beginning, in the same scale", show=False),
    Binding("end", "do('edge', 1)", "End, in the same scale; follows a live run", show=False),
    Binding("z", "do('zoom_to')", "Zoom to the call, or to the selection", show=False),
    Binding("left_square_bracket", "do('call', -1)", "Call before, in this lane", show=False),
    Binding("right_square_bracket", "do('call', 1)", "Calls", key_display="[ ]", tooltip="Next call in this lane"),
    Binding("enter", "go_to", "Its line", tooltip="Go to the call in the list"),
    Binding("v", "do('select')", "Select a stretch: its totals are read out", show=False),
    Binding("escape", "do('deselect')", "No selection", show=False),
    Binding("full_stop", "do('fold')", "Leave out threads that do nothing here", show=False),
    Binding("h", "heat_map", "Latencies", tooltip="The map of latencies, or back to the lanes"),
]
