"""Lines of descriptors: their life over the run, their numbers, their story."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.segment import Segment

from tracer.analyze.descriptors.lives import DescriptorLine
from tracer.analyze.descriptors.story import Told
from tracer.analyze.results import Copies
from tui.drawing.descriptor_story import story_lines
from tui.drawing.descriptors import descriptor_columns, descriptor_line, life_bar
from tui.drawing.grid import column_at, grid_titles, rooms
from tui.drawing.palette import DARK, PLAIN

RUN = (1_000, 2_000)
LINE = DescriptorLine(
    code=3, pid=4242, fd=7, generation=2, what="/tmp/a", opened_by="openat", nonblocking=True, calls=1_203,
    wasted=53,
    copies=Copies(copies_in=2, copies_out=3, payload_in=1_024, payload_out=61, control_in=8, control_out=0),
    opened_ns=1_250, closed_ns=1_500, epoll=5,
)  # fmt: skip


def text(segments: list[Segment]) -> str:
    """The characters of a line."""
    return "".join(segment.text for segment in segments)


@pytest.mark.parametrize(
    ("opened", "closed", "bar"),
    [
        (1_250, 1_500, "    ┣━━━┫"),
        (None, None, "━━━━━━━━━━━━━━━━"),
        (None, 1_500, "━━━━━━━━┫"),
        (1_750, None, "            ┣━━━"),
        (1_999, None, "               ┣"),
        (1_250, 1_251, "    ┫"),
        (1_999, 2_000, "               ┫"),
    ],
)
def test_a_life_over_the_run(opened: int | None, closed: int | None, bar: str) -> None:
    """┣ opened, ┫ closed; without a mark it was open at that end of the run."""
    assert life_bar(replace(LINE, opened_ns=opened, closed_ns=closed), RUN, 16) == bar


def test_a_line_with_everything() -> None:
    columns = descriptor_columns(140, several=True)
    assert text(descriptor_line(LINE, columns, 140, RUN, PLAIN)).split() == (
        "4242 7.2 /tmp/a openat ┣━━━┫ nb e5 1,203 53 1.01K 61 8 5".split()
    )


def test_a_narrow_line_keeps_what_matters() -> None:
    columns = descriptor_columns(79, several=True)
    assert {"fd", "what", "calls", "in", "out"} <= {column.what for column in columns}
    for width in (20, 79, 140, 299):
        fitting = descriptor_columns(width, several=False)
        line = text(descriptor_line(replace(LINE, what="\x1b[31m" + "x" * 400), fitting, width, RUN, DARK))
        assert "\x1b" not in line
        assert len(line) <= max(width, 51)


def test_titles_tell_the_order_and_where_a_click_was() -> None:
    columns = descriptor_columns(99, several=False)
    assert "calls▾" in grid_titles(columns, 99, PLAIN, "calls").plain
    assert "fd▴" in grid_titles(columns, 99, PLAIN, "fd", ascending=True).plain
    left = 0
    for column, room in zip(columns, rooms(columns, 99), strict=True):
        assert column_at(columns, 99, left) is column
        assert column_at(columns, 99, left + room - 1) is column
        left += room + 1
    assert column_at(columns, 99, 99) is None


def test_a_story() -> None:
    """Numbers first, then what happened with its moments; what is not known is said."""
    told = (Told(1_250, "opened by openat()"), Told(None, "still open"))
    lines = [line.plain for line in story_lines(LINE, told, 1_000, PLAIN)]
    assert lines[:4] == [
        "fd 7.2 /tmp/a",
        "process 4242, non-blocking, 1,203 calls, 53 wasted",
        "↓ in  2 copies: 1.00 KiB payload, 8 B control",
        "↑ out 3 copies: 61 B payload, 0 B control",
    ]
    assert lines[4] == "    0.000000 opened by openat()"
    assert lines[5].strip() == "still open"
    unknown = replace(LINE, nonblocking=None, copies=replace(LINE.copies, unknown=2))
    text_of = "\n".join(line.plain for line in story_lines(unknown, told, 1_000, PLAIN))
    assert "blocking or not: not known" in text_of
    assert "of 2 calls it is not known what they copied" in text_of
