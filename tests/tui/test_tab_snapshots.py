"""What every tab shows of a real recording, as pictures: finished and live, dark and light, small and large.

The recordings (tests/recordings) are of the bundled workloads: `epoll --clients 3 --messages 5 --interval 0.01` and
`nonblocking --clients 1 --messages 3 --interval 0.03`. A live one lacks the last rows, and its clock stands
still.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from textual.pilot import Pilot

from tests.tui.fakes import FakeRun
from tests.tui.test_screen import shown
from tracer.account.times import column
from tracer.recording.reader import Recording
from tracer.recording.writer import Writer, create
from tui.app import IotraceApp
from tui.source import RecordingSource

Compare = Callable[..., bool]
RECORDINGS = Path(__file__).parent.parent / "recordings"
TABS = {
    "calls": "1",
    "summary": "2",
    "timeline": "3",
    "descriptors": "4",
    "waiting": "5",
    "figure": "6",
    "findings": "7",
}
SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 50), id="160x50")]
LARGE_IF_SLOW = [SIZES[0], pytest.param((160, 50), id="160x50", marks=pytest.mark.slow)]
THEMES = [pytest.param("dark", id="dark"), pytest.param("light", id="light", marks=pytest.mark.slow)]
"""The default run takes the dark pictures, of live recordings the small ones; `-m slow` the rest."""
UNWRITTEN = 40
"""Rows that a live recording does not have yet: the end of the measured phase is among them."""
STILL = 3
"""Looks at the screen, a twentieth of a second apart, between which nothing changes."""
LASTING = ("follow", "read")
"""Workers that go on as long as a run is live."""


@pytest.fixture
def live_source(tmp_path: Path) -> Callable[[str], RecordingSource]:
    """A recording that is being written: without its last rows and its end."""

    def make(name: str) -> RecordingSource:
        path = tmp_path / "live.iotrace"
        with Recording.open(RECORDINGS / f"{name}.iotrace") as recording:
            whole = pa.Table.from_batches(recording.batches)
            written = whole.slice(0, whole.num_rows - UNWRITTEN).combine_chunks().to_batches()[0]
            writer = Writer(create(path), recording.header)
            writer.write(written)
            writer.abandon()
        last = int((column(written, "at_ns") + column(written, "wall_ns")).max())
        return RecordingSource(path, lambda: True, lambda: last + 1_000_000)

    return make


@pytest.fixture
def run() -> Iterator[FakeRun]:
    made = FakeRun()
    yield made
    made.close()


def finished(name: str) -> RecordingSource:
    return RecordingSource(RECORDINGS / f"{name}.iotrace")


def after(*keys: str) -> Callable[[Pilot[int]], object]:
    """Press `keys`, each when the screen has come to rest after the one before, and wait again."""

    async def prepare(pilot: Pilot[int]) -> None:
        await at_rest(pilot)
        for key in keys:
            await pilot.press(key)
            await at_rest(pilot)

    return prepare


async def at_rest(pilot: Pilot[Any]) -> None:
    """Wait until the workers are done and nothing changes on screen any more."""
    before, same = "", 0
    for _ in range(300):
        await pilot.pause()
        now = shown(pilot)
        working = [each for each in pilot.app.workers if not each.is_finished and each.name not in LASTING]
        same = same + 1 if now == before and not working and "opening" not in now else 0
        if same >= STILL:
            return
        before = now
        await asyncio.sleep(0.05)
    raise AssertionError(
        f"the screen does not come to rest: {[each for each in pilot.app.workers if not each.is_finished]}"
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tab", TABS)
def test_finished(snap_compare: Compare, tab: str, theme: str, size: tuple[int, int]) -> None:
    keys = [TABS[tab], *(["d"] if theme == "light" else [])]
    assert snap_compare(IotraceApp(finished("epoll")), terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize("size", LARGE_IF_SLOW)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tab", TABS)
def test_live(
    snap_compare: Compare,
    live_source: Callable[[str], RecordingSource],
    run: FakeRun,
    tab: str,
    theme: str,
    size: tuple[int, int],
) -> None:
    keys = [TABS[tab], *(["d"] if theme == "light" else [])]
    assert snap_compare(IotraceApp(live_source("epoll"), run), terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize("tab", ["calls", "timeline", "findings"])
def test_a_busy_wait(snap_compare: Compare, tab: str) -> None:
    """What a newcomer sees of one, in the tabs that show it best."""
    app = IotraceApp(finished("nonblocking"))
    assert snap_compare(app, terminal_size=(120, 36), run_before=after(TABS[tab]))


@pytest.mark.parametrize("tab", [tab for tab in TABS if tab != "findings"])
def test_without_colour_and_unicode(snap_compare: Compare, tab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LC_ALL", "C")
    assert snap_compare(IotraceApp(finished("epoll")), terminal_size=(80, 24), run_before=after(TABS[tab]))
