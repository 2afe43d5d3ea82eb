"""The picture of the timeline: shares as heights, patterns without colour, names and copies where there is room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tracer.analyze.threads import Life
from tracer.analyze.timeline.cells import Cells, Running
from tracer.analyze.timeline.latency_map import OCTAVES, LatencyMap, Wanted
from tracer.analyze.timeline.spans import Span
from tracer.analyze.timeline.track import SUMS
from tracer.wire import Kind
from tui.drawing import latency_map
from tui.drawing.palette import DARK, PLAIN
from tui.drawing.timeline_axis import axis, moment_text, step_of
from tui.drawing.timeline_glyphs import ASCII, UNICODE, Glyphs
from tui.drawing.timeline_lane import Lane, Shape, Words, draw_lane
from tui.drawing.timeline_layout import labels, lay_out
from tui.drawing.timeline_readout import BETWEEN, call_line, legend, mostly, place_line, state_at, sums_line
from tui.drawing.timeline_window import FINEST_NS, Window

FLAT, TALL = Shape(0, 1, 0), Shape(1, 2, 1)


def cells(width: int, **sums: list[float]) -> Cells:
    """One lane; what is not given is 0."""
    return Cells(*(np.array([sums.get(name, [0.0] * width)], np.float64) for name in SUMS))


def drawn(
    shape: Shape, width: int, glyphs: Glyphs = UNICODE, lane: dict[str, object] | None = None, **sums: list[float]
) -> list[str]:
    made = Lane(cells(width, **sums), 0, np.ones(width, np.bool_), **(lane or {}))  # type: ignore[arg-type]
    canvas = draw_lane(made, shape, glyphs)
    for row in range(shape.rows):
        text = "".join(segment.text for segment in canvas.segments(row, PLAIN, {0: PLAIN.cursor}))
        assert text == "".join(canvas.chars[row]), "styles do not change what is written"
    return ["".join(row) for row in canvas.chars]


def test_a_busy_wait_is_solid_on_both_sides_and_a_blocking_read_one_dotted_floor() -> None:
    busy = drawn(FLAT, 4, user=[30.0] * 4, kernel=[70.0] * 4)
    assert busy == ["▂▂▂▂", "▆▆▆▆"]
    asleep = drawn(FLAT, 4, blocked=[100.0] * 4)
    assert asleep == ["    ", "░░░░"]


def test_proportions_not_the_last_one() -> None:
    """Eighths of the program's own time; anything above nothing shows."""
    user = [0.0, 1.0, 25.0, 50.0, 99.0, 100.0]
    rows = drawn(FLAT, 6, user=user, kernel=[100 - share for share in user])
    assert rows == [" ▁▂▄██", "██▆▄▁ "]


def test_time_of_the_tracer_is_left_out() -> None:
    """Two cells in proportion though one is held most of the time; a cell that is nothing else is faint."""
    rows = drawn(TALL, 3, user=[50.0, 0.5, 0.0], kernel=[50.0, 0.5, 0.0])
    assert rows == ["   ", "   ", "██ ", "──┈", "   ", "██ "]


def test_each_state_has_its_pattern_in_ascii_too() -> None:
    rows = drawn(FLAT, 4, ASCII, kernel=[9.0, 0, 0, 3], blocked=[0, 9.0, 0, 6], runnable=[0, 0, 9.0, 0])
    assert rows == ["    ", "#:/%"]
    rows = drawn(FLAT, 3, UNICODE, before_blocked=[9.0, 0, 0], before_runnable=[0, 9.0, 0], user=[0, 0, 9.0])
    assert rows == ["░╱█", "   "], "between calls it happens in user space"


def test_a_tall_lane_stacks_running_below_waiting() -> None:
    rows = drawn(TALL, 3, kernel=[25.0, 50.0, 75.0], blocked=[75.0, 50.0, 25.0])
    assert rows[4:] == ["░░▄", "▄██"]


def test_copies_are_on_the_border_and_their_bytes_where_there_is_room() -> None:
    given_copies = (Words(1, 5, ("↓64",), "copy_in"), Words(5, 7, ("↑4.00K",), "copy_out"))
    rows = drawn(TALL, 8, lane={"copies": given_copies}, kernel=[1.0] * 8,
                 bytes_in=[0, 64, 0, 0, 0, 0, 0, 9], bytes_out=[0, 0, 0, 0, 0, 4096, 0, 9])  # fmt: skip
    assert rows[3] == "─↓64─↑─↕"


def test_names_stand_in_the_kernel_when_they_fit() -> None:
    names = (Words(1, 7, ("read(3) = 64", "read")), Words(8, 10, ("futex",)))
    rows = drawn(FLAT, 10, lane={"names": names}, blocked=[1.0] * 10)
    assert rows[1] == "░read░░░░░"


def test_marks_are_above_and_the_rarer_is_the_stronger() -> None:
    events = ((0, "spawn"), (3, "mark"), (3, "exit"), (2, "mark"))
    rows = drawn(TALL, 5, lane={"events": events}, wakeups=[0, 1, 1, 0, 1], signals=[0, 0, 0, 0, 1], user=[1.0] * 5)
    assert rows[0] == "┌◆▼∗↯"


@given(st.lists(st.tuples(*[st.integers(0, 10**12)] * 6), min_size=1, max_size=20), st.sampled_from([1, 2, 5]))
def test_no_time_goes_without_a_trace(times: list[tuple[int, ...]], height: int) -> None:
    """Whatever a thread did in a cell, its side of the border is not blank; in either set of shapes."""
    columns = [list(map(float, column)) for column in zip(*times, strict=True)]
    given_times = cells(len(times), **dict(zip(SUMS[:6], columns, strict=True)))
    for glyphs in (UNICODE, ASCII):
        lane = Lane(given_times, 0, np.ones(len(times), np.bool_))
        rows = ["".join(row) for row in draw_lane(lane, Shape(0, height, 0), glyphs).chars]
        for cell, (user, slept, queued, *kernel) in enumerate(times):
            if sum(times[cell]) > 0:
                above = "".join(row[cell] for row in rows[:height]).strip()
                below = "".join(row[cell] for row in rows[height:]).strip()
                assert bool(above) >= (user > 0 or slept + queued > sum(times[cell]) // 8)
                assert bool(below) >= (kernel[0] > 0 or kernel[1] + kernel[2] > sum(times[cell]) // 8)


windows = st.builds(
    lambda first, span, cells, factor, at: Window.whole(first, first + span, cells).zoomed(factor, first + at),
    st.integers(0, 10**15), st.integers(1, 10**13), st.integers(10, 300), st.floats(1e-9, 2), st.integers(0, 10**9),
)  # fmt: skip


@given(windows, st.floats(0.01, 10), st.integers(0, 299))
def test_zooming_keeps_the_moment_under_the_cursor(window: Window, factor: float, cell: int) -> None:
    cell %= window.cells
    around = window.middle_of(cell)
    zoomed = window.zoomed(factor, around)
    assert zoomed.span_ns >= FINEST_NS * zoomed.cells
    assert zoomed.begin_ns >= zoomed.first_ns
    inside = zoomed.begin_ns > zoomed.first_ns and zoomed.end_ns < zoomed.last_ns
    assert not inside or abs(zoomed.cell_of(around) - cell) <= 1


@given(windows, st.integers(-400, 400))
def test_every_moment_lies_in_the_cell_whose_edges_enclose_it(window: Window, pan: int) -> None:
    window = window.panned(pan)
    edges = window.edges
    assert edges[0] == window.begin_ns
    assert edges[-1] == window.end_ns
    for cell in (0, window.cells // 2, window.cells - 1):
        assert window.cell_of(int(edges[cell])) == cell
        assert window.cell_of(int(edges[cell + 1]) - 1) == cell
        assert window.begin_of(cell) == edges[cell]


def test_a_window_at_the_end_follows_by_whole_cells_and_others_stay() -> None:
    whole = Window.whole(0, 1_000_000, 100)
    assert whole.grown(0, 2_000_000) == Window.whole(0, 2_000_000, 100)
    end = whole.to(500_000, 1_000_000)
    grown = end.grown(0, 1_012_000)
    assert (grown.begin_ns - end.begin_ns) % 5_000 == 0
    assert grown.end_ns >= 1_012_000
    middle = whole.to(100_000, 200_000)
    assert middle.grown(0, 2_000_000).begin_ns == 100_000
    assert middle.showing(150_000) is middle
    assert middle.showing(900_000).cell_of(900_000) == 90
    assert middle.wide(50).span_ns == middle.span_ns


@pytest.mark.parametrize(("since", "step", "text"), [
    (0, 1, "0"), (1_500, 500, "1.5 µs"), (2_000_000, 500_000, "2.0 ms"), (1_234_567_800, 100, "1.2345678 s"),
    (90_000_000_000, 10_000_000_000, "90 s"),
])  # fmt: skip
def test_moments_have_the_decimals_they_need(since: int, step: int, text: str) -> None:
    assert moment_text(since, step) == text


@given(windows)
def test_the_axis_fits_and_its_ticks_are_where_they_say(window: Window) -> None:
    line = axis(window, window.first_ns, PLAIN, UNICODE)
    assert line.cell_len == window.cells
    step = step_of(window)
    assert step >= 14 * window.cell_ns
    for cell, glyph in enumerate(line.plain):
        if glyph == UNICODE.tick:
            since = window.begin_of(cell + 1) - 1 - window.first_ns
            assert since // step * step >= window.begin_of(cell) - window.first_ns


def test_lanes_are_grouped_by_process_and_as_tall_as_there_is_room() -> None:
    lives = [Life(7, 7, "server"), Life(9, 9, "gcc"), Life(7, 8, "worker")]
    layout = lay_out(lives, [0, 1, 2], 40)
    assert [entry.text for entry in layout.entries] == ["7 server · 2 threads", "7 server", "8 worker", "9 gcc"]
    assert layout.threads == [0, 2, 1]
    assert layout.shape == Shape(1, 5, 1)
    assert layout.entry_at(1) == layout.entries[1]
    assert layout.entry_at(layout.rows) is None
    assert lay_out(lives, [0, 1, 2], 3).shape == FLAT
    assert labels(layout.entries[1], TALL)[:5] == ["7 server", "", "user", "", "kernel"]


SPAN = Span(5, Kind.CALL, 1, 0, 0, 70, 100, 200, 20, 6, 4, 30, 40, 10, 25, 0, 64)


@pytest.mark.parametrize(("moment", "state"), [
    (69, BETWEEN), (70, "runs in user space"), (91, "asleep between calls"), (97, "between calls, waits for a CPU"),
    (100, "runs in the kernel"), (115, "asleep in the call"), (155, "in the call, waits for a CPU"),
    (179, "runs in the kernel"), (180, BETWEEN),
])  # fmt: skip
def test_the_state_at_a_moment(moment: int, state: str) -> None:
    assert state_at(SPAN, moment) == state


def test_what_a_cell_is_mostly() -> None:
    """Of the program's own time; nothing where the tracer held the thread all the while."""
    assert mostly(cells(2, kernel=[3.0, 0.0], blocked=[0.0, 2.0], before_blocked=[2.0, 0.0])) == "mostly asleep"
    assert mostly(cells(1, user=[3.0], runnable=[2.0])) == "mostly in user space"
    assert mostly(cells(1, calls=[1.0])) == ""


def test_the_read_out_names_moment_call_and_sums() -> None:
    assert place_line(1_234, 17.0, "7 server", "asleep", 80, PLAIN).plain == (
        " 0.000001234 s  cell 17 ns  7 server: asleep"
    )
    text = call_line(SPAN, "read(3, 64) = 64", 200, PLAIN).plain
    assert (
        text == " read(3, 64) = 64  user 20 ns  kernel 30 ns  blocked 40 ns  runnable 10 ns  out 64 B  tracer 25 ns"
    )
    text = call_line(SPAN, "read(3, 64) = 64", 61, PLAIN).plain
    assert text == " read(3, 64) = 64  kernel 30 ns  blocked 40 ns  out 64 B"
    assert call_line(Running(1, 100, 1_100, 1), "futex", 80, PLAIN).plain == " futex  inside for 1.00 µs"
    line = sums_line("in this cell", cells(1, calls=[1141.0], wasted=[1140.0], failed=[1140.0], user=[30.0],
                     kernel=[70.0], bytes_out=[64.0]), 5000.0, 200, PLAIN).plain  # fmt: skip
    assert line == (
        " in this cell: 1,141 calls, 1,140 failed, 1,140 wasted  user 30 %  kernel 70 %  out 64 B"
        "  tracer 5.00 µs left out"
    )
    for width in (20, 80, 300):
        assert cell_len(call_line(SPAN, "read(" + "9" * 400 + ")", width, DARK).plain) <= width
        assert legend(UNICODE, width, PLAIN).cell_len <= width


def latencies(**octaves: list[int]) -> LatencyMap:
    counts = np.zeros((OCTAVES, 3), np.uint32)
    for name, row in octaves.items():
        counts[int(name[1:])] = row
    return LatencyMap(Wanted(0, 300, 3), counts)


def test_the_heat_map_has_the_longest_on_top_and_joins_rows_when_there_are_too_many() -> None:
    rows = latency_map.rows_of(latencies(o4=[1, 0, 7], o7=[0, 500, 0]), 10, 5).rows
    assert [row.octaves for row in rows] == [range(7, 8), range(6, 7), range(5, 6), range(4, 5)]
    joined = latency_map.rows_of(latencies(o4=[1, 0, 7], o5=[1, 0, 0], o7=[0, 500, 0]), 2, 5).rows
    assert [(row.octaves, row.counts.tolist()) for row in joined] == [
        (range(6, 8), [0, 500, 0]),
        (range(4, 6), [2, 0, 7]),
    ]
    assert latency_map.rows_of(latencies(), 10, 5).rows == ()
    assert latency_map.label(range(14, 15)) == "16.4 µs"
    assert latency_map.between(range(4, 6)) == "16 ns and 64 ns"


def test_shades_grow_with_the_count_and_are_told() -> None:
    drawn_rows = latency_map.rows_of(latencies(o4=[1, 20, 500]), 4, 5)
    (row,) = drawn_rows.rows
    parts = latency_map.segments(row, drawn_rows.bounds, 10, UNICODE, PLAIN, {1: PLAIN.cursor})
    assert "".join(part.text for part in parts) == "   16 ns │·▒█"
    ascii_parts = latency_map.segments(row, drawn_rows.bounds, 10, ASCII, PLAIN, {})
    assert "".join(part.text for part in ascii_parts)[10:] == ".+#"
    assert latency_map.shades_line(drawn_rows.bounds, "all", UNICODE, 80, PLAIN).plain == (
        " all  ·· 1–2  ░░ 3–8  ▒▒ 9–26  ▓▓ 27–80  ██ ≥81  calls"
    )
    assert "20 calls between 16 ns and 32 ns at 0.000000007 s" in (
        latency_map.cell_line(row, 1, 100.0, 7, 80, PLAIN).plain
    )
    assert latency_map.cell_line(row, 77, 100.0, 7, 80, PLAIN).plain.startswith(" 0 calls")
