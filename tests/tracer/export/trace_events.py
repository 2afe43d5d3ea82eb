"""Trace Event JSON read the way Perfetto reads it, and the rules that its slices must keep."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tracer.export.perfetto import chunks
from tracer.recording.reader import Recording


@dataclass(frozen=True)
class Slice:
    """A complete event. Moments in ns since the beginning of the file."""

    name: str
    category: str
    begin: int
    end: int
    args: dict[str, Any]


def document_of(recording: Recording) -> dict[str, Any]:
    """The whole file."""
    document: dict[str, Any] = json.loads(b"".join(bytes(chunk) for chunk in chunks(recording)))
    return document


def cut(microseconds: float) -> int:
    """Nanoseconds as Perfetto makes them: multiplied and cut off."""
    return int(microseconds * 1000.0)


def by_thread(document: dict[str, Any]) -> dict[tuple[int, int], list[Slice]]:
    """The slices of every thread, in the order of the file."""
    found: dict[tuple[int, int], list[Slice]] = defaultdict(list)
    for each in document["traceEvents"]:
        if each["ph"] == "X":
            begin = cut(each["ts"])
            found[each["pid"], each["tid"]].append(
                Slice(each["name"], each["cat"], begin, begin + cut(each["dur"]), each.get("args", {}))
            )
    return found


def of_category(document: dict[str, Any], category: str) -> list[dict[str, Any]]:
    """All events of a category."""
    return [each for each in document["traceEvents"] if each.get("cat") == category]


def check_nesting(document: dict[str, Any]) -> None:
    """On every track slices lie one after the other or one inside the other, and the file has them in that order;
    inside a call lie only its parts, and nothing lies inside those."""
    for slices in by_thread(document).values():
        open_slices: list[Slice] = []
        latest = 0
        for each in slices:
            assert each.begin >= latest, each
            latest = each.begin
            while open_slices and open_slices[-1].end <= each.begin and each.category != "inside":
                open_slices.pop()
            while len(open_slices) > 1 and open_slices[-1].end <= each.begin:
                open_slices.pop()
            if open_slices:
                assert each.end <= open_slices[-1].end, (open_slices[-1], each)
                assert each.category == "inside", (open_slices[-1], each)
                assert open_slices[-1].category in ("call", "unreturned"), (open_slices[-1], each)
            open_slices.append(each)


def total(document: dict[str, Any], names: Iterable[str], category: str) -> int:
    """How long all slices of a category with one of these names last together, ns."""
    wanted = set(names)
    return sum(
        each.end - each.begin
        for slices in by_thread(document).values()
        for each in slices
        if each.category == category and each.name in wanted
    )
