"""Every key of the summary."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest

from tests.tui.fakes import FakeSource
from tests.tui.one_pane import alone, asked, text
from tests.tui.waiting import until
from tracer.analyze.groups import View
from tracer.analyze.lines.sums import LineSums
from tui.snapshot import Snapshot
from tui.widgets.summary_pane import SummaryPane
from tui.widgets.summary_table import SummaryTable


async def test_v_goes_through_the_views() -> None:
    """Forwards and back; every one has its rows and its titles."""
    source = FakeSource()
    pane = SummaryPane(source)
    async with alone(pane, source.snapshot()) as pilot:
        seen = []
        for key in ("v", "v", "v", "v", "V"):
            await pilot.press(key)
            seen.append(pane.view)
        assert seen == [View.THREAD, View.PHASE, View.ERROR, View.CALL, View.ERROR]
        assert "EAGAIN" in text(pilot)
        await pilot.press("V")
        assert "No phase is marked" in text(pilot)


async def test_the_selected_row_is_told_about_below() -> None:
    """Errors, copies, percentiles, and a histogram once they are worked out."""
    source = FakeSource()
    async with alone(SummaryPane(source), source.snapshot()) as pilot:
        await until(pilot, lambda: "max 53.0 µs" in text(pilot))
        assert "EAGAIN 19,813" in text(pilot)
        assert "16.4 µs – 32.8 µs" in text(pilot)
        await pilot.press("down")
        await pilot.pause()
        assert "ENOENT 1" in text(pilot) or "fcntl" in text(pilot)


@pytest.mark.parametrize(
    ("keys", "filter_"),
    [([], "read"), (["v"], "tid:4242"), (["V"], "err:EAGAIN"), (["V", "down"], "err:ENOENT")],
)
async def test_enter_asks_for_the_calls_of_the_row(keys: list[str], filter_: str) -> None:
    """As the filter language names them."""
    source = FakeSource()
    pane = SummaryPane(source)
    async with alone(pane, source.snapshot()) as pilot:
        await until(pilot, lambda: pane._sums[0].lines > 0)
        await pilot.press(*keys, "enter")
        await pilot.pause()
        assert asked(pilot) == [filter_]


async def test_a_click_opens_a_view() -> None:
    """On its name."""
    source = FakeSource()
    pane = SummaryPane(source)
    async with alone(pane, source.snapshot()) as pilot:
        await pilot.click("ViewLine", offset=(15, 0))
        assert pane.view is View.THREAD


async def test_a_running_sum_is_not_started_twice_and_its_failure_is_no_answer() -> None:
    """A source that is told to stop gives nothing, and nothing is shown as 0."""

    released = Event()

    class Stopped(FakeSource):
        asked = 0

        def line_sums(self, _snapshot: Snapshot, _stop: Callable[[], bool]) -> LineSums | None:
            self.asked += 1
            released.wait(60)
            return None

    source = Stopped(live=True)
    pane = SummaryPane(source)
    async with alone(pane, source.snapshot()) as pilot:
        try:
            await until(pilot, lambda: source.asked > 0)
            pane.show(source.snapshot())
            await pilot.pause()
            assert source.asked == 1
        finally:
            released.set()
        await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
        assert "being worked out" in text(pilot)
        assert pilot.app.query_one(SummaryTable).count == 5
