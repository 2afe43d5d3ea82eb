"""Every key and mouse action of the timeline, on a recording whose every number is known.

Thread 4242 spins: a read that finds nothing every 10 µs, of which it runs 4 µs before and 5 µs inside, 1 µs it is
held. Thread 4243 sleeps 1 ms in each of its reads, which bring 64 bytes.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from tests.tui.batches import BEGAN, PID, batch, event, inside, read, writer
from tests.tui.waiting import until
from tracer.recording.writer import Writer
from tracer.wire import Kind, Source
from tui.drawing.timeline_glyphs import ASCII, UNICODE, Glyphs
from tui.drawing.timeline_window import Window
from tui.messages import GoTo
from tui.snapshot import Snapshot
from tui.source import RecordingSource
from tui.theme import DARK_THEME, LIGHT_THEME
from tui.timeline_view import TimelineView
from tui.widgets.latency_view import LatencyView
from tui.widgets.timeline_lanes import TimelineLanes, label_width
from tui.widgets.timeline_pane import TimelinePane

SLEEPER = PID + 1
SPINS, SLEEPS = 997, 10
RUN_NS = 10_000 * SPINS
SMALL, LARGE = (80, 24), (160, 50)


def spin(number: int) -> dict[str, Any]:
    """The read that begins its time in user space at 10 µs × `number`."""
    return read(
        10_000 * number + 4_000, -errno.EAGAIN, span_ns=10_000, wall_ns=5_000, run_ns=5_000, switches=1,
        user_wall_ns=4_000, user_run_ns=4_000, user_switches=1, source=Source.SCHEDSTAT,
    )  # fmt: skip


def sleep(number: int) -> dict[str, Any]:
    """A read entered at 1 ms × `number`, 100 ns after the one before."""
    return read(
        1_000_000 * number, 64, tid=SLEEPER, span_ns=999_900, wall_ns=999_800, run_ns=800, switches=2,
        user_wall_ns=100, user_run_ns=100, user_switches=1, source=Source.SCHEDSTAT,
    )  # fmt: skip


def written(recording: Writer, begin: int = 0, end: int = SPINS) -> None:
    """The rows from 10 µs × `begin` up to 10 µs × `end`, in order."""
    rows = [(10_000 * number + 9_000, spin(number)) for number in range(begin, end)]
    sleeps = [(1_000_000 * (n + 1) - 200, sleep(n)) for n in range(SLEEPS)]
    rows += [(moment, row) for moment, row in sleeps if 10_000 * begin <= moment < 10_000 * end]
    rows.sort(key=lambda row: row[0])
    recording.write(batch(row for _, row in rows))


@pytest.fixture
def source(tmp_path: Path) -> RecordingSource:
    """Births, calls, ends; without an END row, whose moment would be that of the test."""
    recording = writer(tmp_path / "run.iotrace")
    recording.write(batch([event(Kind.SPAWN, 0), event(Kind.SPAWN, 0, tid=SLEEPER)]))
    written(recording)
    ends = [event(Kind.EXIT, RUN_NS), event(Kind.EXIT, RUN_NS, tid=SLEEPER)]
    recording.write(batch(ends))
    return RecordingSource(tmp_path / "run.iotrace")


class Bare(App[None]):
    """Only the pane."""

    def __init__(self, source: RecordingSource, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.pane = TimelinePane(source, glyphs)
        self.went: list[int] = []

    def on_mount(self) -> None:
        for theme in (DARK_THEME, LIGHT_THEME):
            self.register_theme(theme)
        self.theme = DARK_THEME.name

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_go_to(self, message: GoTo) -> None:
        self.went.append(message.line)


def polled(source: RecordingSource) -> Snapshot:
    snapshot = source.poll()
    assert snapshot is not None
    return snapshot


@asynccontextmanager
async def opened(
    source: RecordingSource, size: tuple[int, int] = SMALL, glyphs: Glyphs = UNICODE
) -> AsyncIterator[tuple[Pilot[None], Bare]]:
    """The pane with everything in its index."""
    app = Bare(source, glyphs)
    async with app.run_test(size=size) as pilot:
        snapshot = polled(source)
        app.pane.show(snapshot)
        app.pane.take_focus()
        await until(pilot, lambda: app.pane.view is not None and indexed(app) == snapshot.settled)
        await until(pilot, lambda: any(6 * glyphs.border in line for line in shown(app)[2:]))
        yield pilot, app


def indexed(app: Bare) -> int:
    return view(app).scene.timeline.count


def view(app: Bare) -> TimelineView:
    assert app.pane.view is not None
    return app.pane.view


def window(app: Bare) -> Window:
    return view(app).window


def shown(app: Bare) -> list[str]:
    """The whole screen as text."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def test_a_spinning_and_a_sleeping_thread_are_seen_at_once(source: RecordingSource) -> None:
    """The one is solid on both sides of the border, the other one dotted floor; lines of the screen are full."""
    async with opened(source) as (_, app):
        lines = shown(app)
        assert [len(line) for line in lines] == [80] * 24
        assert "2 threads" in lines[1]
        lanes = lines[2:20]
        borders = [row for row, line in enumerate(lanes) if "──────" in line]
        assert len(borders) == 2
        above, below = lanes[borders[0] - 1], lanes[borders[0] + 1 : borders[1]]
        assert above[14:].count("█") > 60, "runs in user space"
        assert any(line[14:].count("█") > 60 for line in below), "and in the kernel"
        floor = lanes[borders[1] + 1 :]
        assert any(line[14:].count("░") > 55 for line in floor)
        assert "user 45 %  kernel 55 %" in lines[22]


async def test_the_whole_run_is_shown_first(source: RecordingSource) -> None:
    """All of it, in all cells there are."""
    async with opened(source) as (_, app):
        assert window(app).is_whole
        assert window(app).cells == 79 - label_width(80)
        assert view(app).thread == 0


async def test_zooming_keeps_the_moment_at_the_cursor(source: RecordingSource) -> None:
    """Plus and equals zoom in, minus out; down to 100 ns a cell and back to the whole run."""
    async with opened(source) as (pilot, app):
        moment, cell = view(app).cursor_ns, view(app).cell
        await pilot.press("plus", "equals_sign")
        assert window(app).span_ns == pytest.approx(RUN_NS / 4, rel=0.02)
        assert view(app).cursor_ns == moment
        assert abs(view(app).cell - cell) <= 1
        await pilot.press(*["plus"] * 40)
        assert window(app).cell_ns == 100
        assert "read" in "".join(shown(app)), "calls are named when they are long enough"
        await pilot.press(*["minus"] * 60)
        assert window(app).is_whole


async def test_arrows_pan_and_with_shift_move_the_cursor(source: RecordingSource) -> None:
    """The cursor stays on screen where it is when the window moves; b and f do what shift and arrows do."""
    async with opened(source) as (pilot, app):
        await pilot.press("plus", "plus", "plus")
        begin, cell = window(app).begin_ns, view(app).cell
        await pilot.press("right", "right", "left")
        assert window(app).begin_ns > begin
        assert view(app).cell == cell
        await pilot.press("shift+right", "f", "shift+left")
        assert view(app).cell == cell + 1
        await pilot.press("b")
        assert view(app).cell == cell
        await pilot.press("home")
        assert window(app).begin_ns == BEGAN
        await pilot.press("end")
        assert window(app).at_end
        await pilot.press("0")
        assert window(app).is_whole


async def test_up_and_down_choose_the_lane(source: RecordingSource) -> None:
    """The read-out is about it."""
    async with opened(source) as (pilot, app):
        assert "in this cell: 16 calls, 16 failed, 16 wasted" in shown(app)[22]
        await pilot.press("down")
        assert view(app).thread == 1
        assert "asleep in the call" in shown(app)[20]
        await pilot.press("down")
        assert view(app).thread == 1
        await pilot.press("pageup")
        assert view(app).thread == 0
        await pilot.press("pagedown", "up")
        assert view(app).thread == 0


async def test_brackets_go_from_call_to_call_and_enter_to_the_list(source: RecordingSource) -> None:
    """Whatever the zoom; lines are numbered as in the list."""
    async with opened(source) as (pilot, app):
        await pilot.press(*["b"] * 70, "left_square_bracket", "right_square_bracket", "left_square_bracket")
        first = view(app).cursor_ns
        await pilot.press("right_square_bracket")
        assert view(app).cursor_ns - first == 10_000
        await pilot.press("enter")
        await pilot.press("left_square_bracket", "enter")
        assert len(app.went) == 2
        assert app.went == [3, 2], "after the two births"
        before = window(app)
        await pilot.press(*["plus"] * 5, "right_square_bracket")
        assert window(app).span_ns < before.span_ns
        assert window(app).begin_ns <= view(app).cursor_ns < window(app).end_ns


async def test_z_zooms_to_the_call_or_to_the_selection(source: RecordingSource) -> None:
    """A call then fills most of the width."""
    async with opened(source) as (pilot, app):
        await pilot.press("down", "z")
        assert window(app).span_ns == pytest.approx(1.25 * 999_900, rel=0.01)
        assert "read(3" in "".join(shown(app)), "there is room for its arguments"
        await pilot.press("0", "v", *["f"] * 10, "z")
        assert window(app).span_ns == pytest.approx(1.25 * 10 * RUN_NS / 66, rel=0.02)
        assert view(app).anchor_ns is None


async def test_a_selection_reads_out_its_totals(source: RecordingSource) -> None:
    """From v to the cursor; v again or escape ends it."""
    async with opened(source) as (pilot, app):
        await pilot.press("home", *["b"] * 40, "v", *["f"] * 80)
        assert "selected 9.97 ms" in shown(app)[22]
        assert "kernel 56 %" in shown(app)[22]
        await pilot.press("escape")
        assert "in this cell" in shown(app)[22]
        await pilot.press("v", "v")
        assert view(app).anchor_ns is None


async def test_threads_that_do_nothing_can_be_left_out(source: RecordingSource) -> None:
    """The lane of the cursor stays; how many are left out is said."""
    async with opened(source) as (pilot, app):
        await pilot.press(*["plus"] * 10, "full_stop")
        assert "1 left out" in shown(app)[0]
        assert f"{SLEEPER}" not in "".join(shown(app)[1:20])
        await pilot.press("full_stop")
        assert f"{SLEEPER}" in "".join(shown(app)[1:20])


async def test_the_mouse_points_selects_and_zooms(source: RecordingSource) -> None:
    """A click puts the cursor, dragging selects, the wheel zooms around the pointer, with shift it pans."""
    async with opened(source) as (pilot, app):
        lanes = app.pane.query_one(TimelineLanes)
        at = label_width(80)
        await pilot.click(TimelineLanes, offset=(at + 30, 13))
        assert (view(app).cell, view(app).thread) == (30, 1)
        await pilot.mouse_down(TimelineLanes, offset=(at + 10, 3))
        await pilot.hover(TimelineLanes, offset=(at + 20, 3))
        await pilot.mouse_up(TimelineLanes, offset=(at + 20, 3))
        assert view(app).chosen == range(10, 21)
        assert view(app).thread == 0
        pointed = window(app).middle_of(50)
        for wheel, shift in ((MouseScrollUp, False), (MouseScrollDown, True)):
            begin = window(app).begin_ns
            lanes.post_message(wheel(lanes, at + 50, 3, 0, 1, 0, shift, False, False, at + 50, 4))
            await pilot.pause()
            assert window(app).begin_ns > begin
            if wheel is MouseScrollUp:
                assert window(app).cell_of(pointed) == 50


async def test_h_shows_latencies_over_the_same_time(source: RecordingSource) -> None:
    """Counted in a worker; the rows are powers of two, enter shows one of the calls there, h goes back."""
    async with opened(source) as (pilot, app):
        await pilot.press("h")
        await until(pilot, lambda: "between" in shown(app)[20])
        text = shown(app)
        assert isinstance(app.focused, LatencyView)
        assert any(line.lstrip().startswith("4.10 µs │") for line in text)
        assert any(line.lstrip().startswith("524 µs │") for line in text)
        assert "16 calls between 4.10 µs and 8.19 µs" in text[20]
        await pilot.press(*["enter"] * 17)
        assert len(set(app.went)) == 16, "each of them"
        assert app.went[16] == app.went[0], "and the first again"
        await pilot.press(*["up"] * 9)
        await until(pilot, lambda: "between 524 µs and 1.05 ms" in shown(app)[20])
        await pilot.press("k")
        await until(pilot, lambda: "kernel time" in shown(app)[22] and "all calls" in shown(app)[22])
        await until(pilot, lambda: any(line.lstrip().startswith("512 ns │") for line in shown(app)))
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: "read, kernel time" in shown(app)[22])
        await pilot.press("less_than_sign", "plus")
        await until(pilot, lambda: "all calls, kernel time" in shown(app)[22])
        await pilot.click(LatencyView, offset=(label_width(80) + 20, 17))
        await until(pilot, lambda: view(app).cell == 20)
        await pilot.press("h")
        assert isinstance(app.focused, TimelineLanes)
        assert "in this cell" in shown(app)[22]


async def test_a_line_of_the_list_can_be_shown(source: RecordingSource) -> None:
    """The cursor goes to its lane and its entry."""
    async with opened(source) as (pilot, app):
        await pilot.press(*["plus"] * 8)
        line = 102  # the first of the sleeper: after two births and 100 reads of the other
        app.pane.show_line(line)
        await pilot.pause()
        selected = view(app).selected()
        assert selected is not None
        assert (getattr(selected, "line", None), view(app).thread) == (line, 1)
        assert view(app).cursor_ns == selected.at_ns == BEGAN


async def test_resizing_keeps_the_stretch_of_time_and_the_cursor(source: RecordingSource) -> None:
    """In fewer or more cells."""
    async with opened(source, LARGE) as (pilot, app):
        await pilot.press(*["plus"] * 4, "f", "f")
        begin, span, moment = window(app).begin_ns, window(app).span_ns, view(app).cursor_ns
        await pilot.resize_terminal(*SMALL)
        await until(pilot, lambda: window(app).cells == 79 - label_width(80))
        assert (window(app).begin_ns, window(app).span_ns, view(app).cursor_ns) == (begin, span, moment)
        await pilot.resize_terminal(300, 80)
        await until(pilot, lambda: window(app).cells == 299 - label_width(300))
        assert len(shown(app)[5]) == 300


async def test_in_ascii_nothing_else_is_drawn(source: RecordingSource) -> None:
    """Lanes, axis, read-out and heat map."""
    async with opened(source, glyphs=ASCII) as (pilot, app):
        assert "".join(shown(app)).isascii()
        await pilot.press("h")
        await until(pilot, lambda: "between" in shown(app)[20])
        await pilot.press("up")
        assert "".join(shown(app)).replace("▁", "").isascii()


async def test_the_theme_can_change(source: RecordingSource) -> None:
    """Every lane is drawn again."""
    async with opened(source) as (pilot, app):
        before = shown(app)
        app.theme = LIGHT_THEME.name
        app.pane.redraw()
        await pilot.pause()
        assert shown(app) == before


async def test_live_the_window_follows_while_it_touches_the_end(tmp_path: Path) -> None:
    """The whole run grows; a part of it stays where it is; calls that go on have slept up to now."""
    recording = writer(tmp_path / "run.iotrace")
    written(recording, 0, 100)
    source = RecordingSource(tmp_path / "run.iotrace", growing=lambda: True)
    app = Bare(source)
    async with app.run_test(size=SMALL) as pilot:
        app.pane.show(polled(source))
        app.pane.take_focus()
        await until(pilot, lambda: app.pane.view is not None)
        whole = window(app)
        assert whole.is_whole
        written(recording, 100, 200)
        recording.write(batch([inside(2_001_000, tid=PID + 2)]))
        app.pane.show(polled(source))
        await until(pilot, lambda: indexed(app) == 202)
        assert window(app).is_whole
        assert window(app).end_ns > whole.end_ns
        assert view(app).scene.running
        await pilot.press("end", *["plus"] * 20, "home")
        place = window(app)
        app.pane.show(polled(source))
        await pilot.pause()
        assert (window(app).begin_ns, window(app).end_ns) == (place.begin_ns, place.end_ns)
        await pilot.press("end")
        place = window(app)
        app.pane.show(polled(source))
        await until(pilot, lambda: window(app).end_ns > place.end_ns)
        assert window(app).at_end


async def test_before_the_first_call_it_says_what_will_be_there(tmp_path: Path) -> None:
    """An empty recording is no fault."""
    writer(tmp_path / "run.iotrace")
    source = RecordingSource(tmp_path / "run.iotrace", growing=lambda: True)
    app = Bare(source)
    async with app.run_test(size=SMALL) as pilot:
        app.pane.show(polled(source))
        app.pane.take_focus()
        await pilot.press("plus", "right", "enter", "h", "h", "z", "right_square_bracket", "full_stop")
        assert "No calls yet" in shown(app)[0]


async def test_what_is_not_known_yet_is_blank(tmp_path: Path) -> None:
    """Between a thread's last line and now there is neither a state nor the tracer's."""
    recording = writer(tmp_path / "run.iotrace")
    written(recording, 0, 100)
    source = RecordingSource(tmp_path / "run.iotrace", growing=lambda: True)
    app = Bare(source)
    async with app.run_test(size=SMALL) as pilot:
        app.pane.show(polled(source))
        app.pane.take_focus()
        await until(pilot, lambda: app.pane.view is not None and indexed(app) == 101)
        await pilot.press("end", "f")
        await until(pilot, lambda: "not known (yet)" in shown(app)[20])
        assert "tracer" not in shown(app)[22]
        assert not any(UNICODE.held in line for line in shown(app)[:20])
