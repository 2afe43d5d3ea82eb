"""The report's page: well-formed, self-contained, escaped, bounded; and its figures are those of the report."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from iotrace.comparing.style import SHEET
from iotrace.json_report import document
from iotrace.page.facts import PageFacts, Picture, ShownRow, facts_of, gather
from iotrace.page.page import page
from iotrace.page.script import SCRIPT, digest
from iotrace.page.spread import span
from iotrace.page.style import MORE
from iotrace.page.text import shown as escaped
from iotrace.page.timeline import HALF, HEIGHT, WIDTH, nice_step, paths, planes, window
from tests.iotrace.pages import HOSTILE, RECORDINGS, facts, shown
from tracer.analyze.activity import ThreadActivity
from tracer.analyze.results import Ending, Finding, Model, PhaseRow, Scope, Severity, Totals
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from tui.drawing.units import count

NAMES = ("epoll", "nonblocking")
CHAPTERS = ("findings", "time", "timeline", "calls", "histograms", "copies", "figure", "threads", "descriptors")
FOUND = Finding(
    "busy-wait", Severity.HIGH, 7, "reads again and again", "wait with poll", tid=8, fd=3, syscall="read",
    evidence={"wasted": 1234, "cpu_ns": 5_000_000, "share": 0.5, "what": "a socket"}, lines=(17, 23),
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("phase", ["measure", None])
def test_it_is_well_formed_and_needs_nothing_from_outside(name: str, phase: str | None) -> None:
    tree = shown(facts(name, phase))
    there = {value for key, value in tree.attributes if key == "id"}
    assert set(CHAPTERS) <= there
    assert {value[1:] for key, value in tree.attributes if key == "href" and value[0] == "#"} <= there
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|@import|url\((?!#)", page(facts(name, phase)))


def test_only_its_own_script_may_run_and_it_makes_no_html() -> None:
    text = page(facts("epoll"))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert f"script-src '{digest()}'" in policy[1]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(", SCRIPT)


def test_figures_are_those_of_the_report() -> None:
    each = facts("epoll")
    text = shown(each).text
    for row in document(each.report)["syscalls"]:
        assert f"{row['name']}{count(row['calls'])}" in text
    assert "The program itself counted 15 messages" in text
    assert "exit status 0" in text
    assert each.header.kernel in text
    assert "2026-11-22" in text
    assert "epoll-level" in text
    assert "return 4 of 6" in text
    assert "wait for data" in text


def test_findings_come_first_with_the_calls_that_show_them() -> None:
    each = facts("epoll")
    report = replace(each.report, findings=(replace(FOUND, severity=Severity.LOW, rule="fd-leak"), FOUND))
    rows = {
        17: ShownRow(17, 1_500_000, 8, "read(3, 0x7ffe, 64) = -1 EAGAIN"),
        23: ShownRow(23, 1_600_000, 8, "x()"),
    }
    text = page(replace(each, report=report, shown=rows))
    order = [text.index(words) for words in ("Findings (2)", "busy-wait", "fd-leak", "Where the time goes")]
    assert order == sorted(order)
    assert 'id="row-17-busy-wait-8-3"' in text
    assert "read(3, 0x7ffe, 64) = -1 EAGAIN" in text
    assert "<dt>cpu</dt><dd>5.00 ms</dd>" in text
    assert "thread 8, fd 3, read" in text
    shown(replace(each, report=report, shown=rows))


def test_what_is_not_known_or_lost_is_said() -> None:
    each = facts("epoll")
    totals = replace(each.report.totals, lost=11, copies=replace(each.report.totals.copies, unknown=3))
    ending = Ending(reason="the file is cut off")
    text = shown(replace(each, report=replace(each.report, totals=totals, source="ticks", ending=ending))).text
    assert "11 events were lost: all figures are lower bounds" in text
    assert "what 3 calls copied is not known" in text
    assert "≥ 0 B" in text
    assert "coarse" in text
    assert "Incomplete: the file is cut off" in text
    calm = shown(each).text
    assert "≥" not in calm
    assert "ncomplete" not in calm


def test_what_was_left_out_is_said() -> None:
    each = facts("epoll")
    scope = Scope(later_part=True, part=3, calls_before=1_234, trace="%net<b>", follow=False)
    tree = shown(replace(each, report=replace(each.report, scope=scope, older_calls=2)))
    assert "File 003 of a longer run: 1,234 calls" in tree.text
    assert "Only %net<b> traced" in tree.text
    assert "user + untraced kernel" in tree.text
    assert "2 calls entered before this file begins" in tree.text
    assert "untraced kernel" not in shown(each).text


def test_no_rule_looked_is_not_nothing_found() -> None:
    each = facts("epoll")
    assert "found nothing to complain" in shown(replace(each, report=replace(each.report, findings=()))).text
    assert "No rule has looked" in shown(replace(each, report=replace(each.report, findings=None))).text


def test_no_text_of_a_program_gets_in_as_anything_but_text() -> None:
    each = facts("epoll")
    report = each.report
    report = replace(
        report,
        command=(HOSTILE, "\ud800"),
        phase=None,
        source=HOSTILE,
        ending=replace(report.ending, reason=HOSTILE, signal=HOSTILE),
        findings=(
            replace(
                FOUND,
                rule=HOSTILE,
                text=HOSTILE,
                advice=HOSTILE,
                syscall=HOSTILE,
                lines=(17,),
                evidence={HOSTILE: HOSTILE},
            ),
        ),
        models=tuple(replace(model, model=HOSTILE, evidence=HOSTILE) for model in report.models),
        threads=tuple(replace(row, name=HOSTILE) for row in report.threads),
        syscalls=tuple(replace(row, errors={HOSTILE: 3}, failed=3) for row in report.syscalls),
        fds=tuple(replace(row, what=HOSTILE, opened_by=HOSTILE) for row in report.fds),
        phases=(PhaseRow(HOSTILE, 0, 1 << 62, Totals()), PhaseRow("other", 0, None, Totals())),
    )
    lanes = tuple(replace(lane, thread=replace(lane.thread, name=HOSTILE)) for lane in each.picture.lanes)
    hostile = replace(
        each,
        report=report,
        header=replace(each.header, kernel=HOSTILE, machine=HOSTILE, options={"pin": HOSTILE}, began_unix_ns=-5),
        picture=replace(each.picture, lanes=lanes, phases=((HOSTILE, each.picture.begin_ns, each.picture.end_ns),)),
        shown={17: ShownRow(17, 5, 8, HOSTILE)},
        returns=tuple(
            replace(ret, names=dict.fromkeys(ret.names, HOSTILE), outcome=HOSTILE, name=HOSTILE)
            for ret in each.returns
        ),
        figure=poisoned_figure(each),
    )
    tree = shown(hostile)
    assert "<script>alert" in tree.text
    phases = next(value for name, value in tree.attributes if name == "data-phases")
    assert "\u202e" not in json.loads(phases)[0][0]


def poisoned_figure(each: PageFacts) -> Any:
    assert each.figure is not None
    steps = tuple(replace(step, name=HOSTILE, args=(HOSTILE,)) for step in each.figure.steps)
    return replace(each.figure, steps=steps, before=steps, program=HOSTILE, model=HOSTILE)


def test_copies_a_message_are_those_of_the_measured_phase() -> None:
    assert "copies a message" in shown(facts("epoll")).text
    assert "copies a message" not in shown(facts("epoll", None)).text
    assert "copies a message" not in shown(replace(facts("epoll"), job=None)).text


def test_long_texts_are_cut() -> None:
    assert len(escaped("<" * 70_000)) < 1_500
    assert escaped("a" * 300).endswith("…")
    each = facts("epoll")
    report = replace(each.report, command=("x" * 100_000,), fds=(replace(each.report.fds[0], what="y" * 70_000),))
    assert len(page(replace(each, report=report))) < len(page(each)) + 10_000


def test_its_size_is_bounded_whatever_the_recording_holds() -> None:
    each = facts("nonblocking")
    busy = np.random.default_rng(7).random((5, each.picture.cells)) * each.picture.cell_ns / 5
    lane = replace(each.picture.lanes[0], activity=ThreadActivity(*busy))
    report = replace(
        each.report,
        threads=each.report.threads * 2_000,
        fds=tuple(each.report.fds) * 20_000,
        findings=(FOUND,) * 5_000,
        models=(Model(1, 2, "epoll-level", "evidence " * 50),) * 2_000,
        syscalls=each.report.syscalls * 100,
    )
    text = page(replace(each, report=report, picture=replace(each.picture, lanes=(lane,) * 24, left_out=1_976)))
    assert len(text.encode()) < 3_000_000
    assert "1,976 more threads" in text
    assert "4,960 more findings" in text


def test_a_recording_without_calls_has_a_page() -> None:
    each = facts("epoll")
    nothing = replace(
        each.report,
        totals=Totals(),
        syscalls=(),
        fds=(),
        threads=(),
        phases=(),
        models=(),
        findings=(),
        duration_ns=0,
    )
    empty = replace(
        each,
        report=nothing,
        picture=Picture(0, 1, 8, (), 0, ()),
        spreads={},
        waiters=(),
        returns=(),
        figure=None,
        job=None,
    )
    assert "calls0none failed" in shown(empty).text


def test_a_cut_look_is_said() -> None:
    assert "Messages of the first 700 events only." in shown(facts("epoll", looked_at=700)).text
    assert "events only" not in shown(facts("epoll")).text


@given(st.lists(st.tuples(st.floats(0.005, 0.999), st.integers(0, 255)), min_size=1, max_size=300))
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_a_damaged_recording_is_refused_or_shown(changes: list[tuple[float, int]]) -> None:
    damaged = bytearray((RECORDINGS / "epoll.iotrace").read_bytes())
    for part, byte in changes:
        damaged[int(len(damaged) * part)] = byte
    with NamedTemporaryFile(suffix=".iotrace") as file:
        file.write(damaged)
        file.flush()
        try:
            with Recording.open(file.name) as recording:
                gathered = gather(recording)
                what = facts_of(gathered, gathered.diagnosis.report(gathered.diagnosis.tally.default_phase))
        except RecordingError:
            return
    shown(what)


def test_dark_light_print_and_narrow() -> None:
    for wanted in ("prefers-color-scheme: dark", "@media print", "max-width: 640px"):
        assert wanted in SHEET + MORE
    text = page(facts("epoll"))
    charts = re.findall(r"<svg[^>]*>", text)
    spoken = [chart for chart in charts if 'role="img" aria-label="' in chart or 'aria-hidden="true"' in chart]
    assert len(charts) == len(spoken) > 20


def activity(**given: list[float]) -> ThreadActivity:
    cells = max(map(len, given.values()))
    return ThreadActivity(
        *(np.array(given.get(name, [0.0] * cells)) for name in ("user", "kernel", "blocked", "runnable", "calls"))
    )


def test_a_lane_shows_shares_of_the_own_time() -> None:
    drawn = paths(activity(user=[30, 0, 10, 0], kernel=[10, 0, 0, 0], blocked=[0, 100, 30, 0]), 0, 4)
    x = WIDTH // 4
    middle = HALF + 0.5
    assert drawn["user"] == f"M0 5.5H{x}V{middle}H0ZM{2 * x} 15.5H{3 * x}V{middle}H{2 * x}Z"
    assert drawn["kernel"] == f"M0 {middle}H{x}V25.5H0Z"
    assert drawn["blocked"] == f"M{x} {middle}H{2 * x}V{HEIGHT - 0.5}H{x}ZM{2 * x} {middle}H{3 * x}V35.5H{2 * x}Z"
    assert drawn["runnable"] == ""


def test_what_is_there_at_all_can_be_seen_and_neighbours_are_joined() -> None:
    drawn = paths(activity(user=[1] * 8, blocked=[100_000] * 8), 0, 8)
    assert drawn["user"] == f"M0 19.5H{WIDTH}V20.5H0Z"


def test_a_window_takes_no_more_than_its_cells() -> None:
    drawn = paths(activity(user=[0, 5, 5, 0], kernel=[9, 0, 0, 9]), 1, 3, columns=1)
    assert drawn["kernel"] == ""
    assert drawn["user"].startswith("M0 0.5H960")


def test_planes_hold_own_time_and_shares() -> None:
    five = np.frombuffer(planes(activity(user=[50, 0], kernel=[25, 0], blocked=[25, 0.001]), 200.0), np.uint8)
    assert five.reshape(5, 2).tolist() == [[128, 1], [128, 0], [64, 0], [64, 255], [0, 0]]


def test_the_page_carries_the_calls_of_every_cell() -> None:
    each = facts("nonblocking", None)
    attributes = shown(each).attributes
    calls = [np.frombuffer(b64decode(value), "<u4") for name, value in attributes if name == "data-n"]
    assert sum(int(lane.sum()) for lane in calls) == each.report.totals.calls


def test_the_window_is_the_phase() -> None:
    picture = Picture(1_000, 2_000, 100, (), 0, (("measure", 1_255, 1_500), ("late", 1_999, 9_000)))
    assert window(picture, "measure") == (25, 50)
    assert window(picture, "late") == (99, 100)
    assert window(picture, None) == (0, 100)


@pytest.mark.parametrize(("least", "step"), [(1, 1), (1.1, 2), (3, 5), (7, 10), (10, 10), (0.01, 1), (2e9, 2e9)])
def test_steps_of_the_axis_are_round(least: float, step: float) -> None:
    assert nice_step(least) == step


def test_histograms_share_a_scale_of_at_least_eight_octaves() -> None:
    spreads = facts("epoll").spreads
    octaves = span(list(spreads.values()))
    assert len(octaves) >= 8
    assert sum(sum(each.wall.log2) for each in spreads.values()) == facts("epoll").report.totals.calls
    assert max(len(each.wall.log2) for each in spreads.values()) == octaves.stop
