"""Rows that are not calls, as text: signals, births, execs, exits, marks and the end of the recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.decode.constants_process import signal_name
from tracer.decode.signals import siginfo_text
from tracer.decode.structures import wait_status_text
from tracer.decode.text import plain
from tracer.recording.captured import Row
from tracer.syscalls.names import name_of
from tracer.wire import End, Held, Kind, Spawn

Text = tuple[str, tuple[str, ...], str]
"""Name, details, and a sentence or status."""


def _said(row: Row, place: int) -> str:
    return plain(row.pieces[place].data) if place < len(row.pieces) else ""


def signal_details(row: Row) -> str:
    """The siginfo of a SIGNAL row, {} when it was not recorded."""
    return siginfo_text(row.pieces[0].data) if row.pieces and row.pieces[0].data else "{}"


def _signal(row: Row) -> Text:
    return signal_name(row.nr), (signal_details(row),), ""


_SPAWNED: Final = {
    Spawn.START: "started", Spawn.FORK: "forked", Spawn.VFORK: "vforked", Spawn.CLONE: "cloned",
    Spawn.ATTACH: "attached to", Spawn.RENAMED: "took over by exec",
}  # fmt: skip


def _spawn(row: Row) -> Text:
    how = _SPAWNED.get(Spawn(row.nr), "") if row.nr in tuple(Spawn) else str(row.nr)
    parent = f"parent {row.args[0]}" if row.args[0] else ""
    return "spawn", tuple(filter(None, (_said(row, 0), parent))), how


def _exec(row: Row) -> Text:
    return "exec", tuple(filter(None, (_said(row, 0), _said(row, 1)))), f"called by {row.args[0]}"


def _exit(row: Row) -> Text:
    status = wait_status_text(row.result & 0xFFFF)
    code = row.result >> 8 & 0xFF
    return "exit", tuple(filter(None, (_said(row, 0),))), f"exited with {code}" if not row.result & 0x7F else status


def _mark(row: Row) -> Text:
    return "mark", (_said(row, 0),), ""


def _lost(row: Row) -> Text:
    return "lost", (str(row.args[0]),), f"{row.args[0]} events were lost here"


def _calibration(_row: Row) -> Text:
    return "calibration", (), "the cost of being traced was measured again"


def _end(row: Row) -> Text:
    name = End(row.nr).name.lower().replace("_", " ") if row.nr in tuple(End) else str(row.nr)
    return "end", (name,), _said(row, 0)


def _held(row: Row) -> Text:
    where = {int(Held.ENTRY): "is held before this call", int(Held.EXIT): "is held after this call"}
    return "held", (name_of(row.args[2], row.args[1]),), where.get(row.nr, "goes on from being held")


def _sums(row: Row) -> Text:
    return "sums", (name_of(row.abi, row.nr),), f"{row.args[0]} calls that were summed up in the kernel"


def _left(_row: Row) -> Text:
    return "own code", (), "in no call when it was last looked at"


EVENTS: Final[dict[int, Callable[[Row], Text]]] = {
    Kind.SIGNAL: _signal, Kind.SPAWN: _spawn, Kind.EXEC: _exec, Kind.EXIT: _exit, Kind.MARK: _mark,
    Kind.LOST: _lost, Kind.CALIBRATION: _calibration, Kind.END: _end, Kind.HELD: _held,
    Kind.SUMS: _sums, Kind.LEFT: _left,
}  # fmt: skip
