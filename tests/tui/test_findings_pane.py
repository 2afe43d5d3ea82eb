"""Findings: the list, the details, and the way to the evidence."""

from __future__ import annotations

from dataclasses import replace

from tests.tui.fakes import FakeSource
from tests.tui.one_pane import alone, asked, text
from tracer.analyze.results import Finding, Severity
from tui.drawing.findings import by_severity, empty_text, finding_row
from tui.drawing.palette import PLAIN
from tui.snapshot import Snapshot
from tui.widgets.findings_pane import FindingsPane

SPINS = Finding(
    "busy-wait", Severity.HIGH, 4242, "It asks 400,000 times a second.", "Wait in poll or epoll.", 4242, 3, "read",
    {"calls": 412_003, "cpu_ns": 7_690_000_000, "share": 0.98765, "who": "main"}, (41, 53, 1 << 40),
)  # fmt: skip
SMALL = Finding("tiny-io", Severity.LOW, 4242, "One byte a call.\x1b[2J", "Use a buffer.")
MIDDLE = replace(SMALL, rule="fd-leak", severity=Severity.MEDIUM)


def found(source: FakeSource, *findings: Finding) -> Snapshot:
    """A snapshot whose report has them."""
    snapshot = source.snapshot()
    return replace(snapshot, report=replace(snapshot.report, findings=findings))


async def test_the_worst_comes_first_and_is_told_about_below() -> None:
    """With its evidence in figures, and what to do."""
    source = FakeSource()
    async with alone(FindingsPane(source), found(source, SMALL, MIDDLE, SPINS)) as pilot:
        shown = text(pilot)
        assert shown.index("busy-wait") < shown.index("fd-leak") < shown.index("tiny-io")
        for words in (
            "advice  Wait in poll or epoll.",
            "calls  412,003",
            "cpu  7.69 s",
            "share  99 %",
            "fd 3, read",
        ):
            assert words in shown
        await pilot.press("end")
        await pilot.pause()
        assert "Use a buffer." in text(pilot)
        assert "\x1b" not in text(pilot)


async def test_enter_goes_from_one_line_that_shows_it_to_the_next() -> None:
    """And round; a row that is no line is passed over."""
    source = FakeSource()
    async with alone(FindingsPane(source), found(source, SPINS, SMALL)) as pilot:
        await pilot.press("enter", "enter", "enter")
        await pilot.pause()
        assert asked(pilot) == [41, 53, 41]
        await pilot.press("down", "enter")
        await pilot.pause()
        assert asked(pilot) == [41, 53, 41]
        await pilot.press("up", "enter")
        await pilot.pause()
        assert asked(pilot) == [41, 53, 41, 53]


async def test_an_empty_list_says_whether_anybody_looked() -> None:
    """No rule has run, and rules that found nothing, are two things."""
    source = FakeSource()
    async with alone(FindingsPane(source), source.snapshot()) as pilot:
        assert "No rule has looked" in text(pilot)
        await pilot.press("enter")
        assert asked(pilot) == []
    async with alone(FindingsPane(source), found(source)) as pilot:
        assert "found nothing to complain about" in text(pilot)


def test_lines_keep_to_their_width_and_carry_a_mark() -> None:
    """Severity is not told by colour alone."""
    marks = set()
    for finding in (SPINS, MIDDLE, SMALL):
        for width in (60, 100):
            line = "".join(segment.text for segment in finding_row(finding, width, PLAIN))
            assert len(line) == width
        marks.add(line[:3])
    assert len(marks) == 3
    assert by_severity([SMALL, SPINS, MIDDLE, SMALL]) == [SPINS, MIDDLE, SMALL, SMALL]
    assert "rule" in empty_text(None, PLAIN).plain
