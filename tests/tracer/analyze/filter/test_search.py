"""Which lines a filter finds, whatever the chunks and however the recording grows."""

from __future__ import annotations

import errno
from collections.abc import Callable

import numpy as np
import pytest

from tests.tracer.analyze.filter.known import OTHER, PID, Taken, born, call, marked, opened
from tracer.analyze.filter.known import Known
from tracer.analyze.filter.masks import compiled
from tracer.analyze.filter.parse import parse
from tracer.analyze.filter.search import Search
from tracer.analyze.lines import lines as lines_module
from tracer.wire import Kind

ROWS = (
    born(0, PID, "main"),  # 0
    opened(100, 3, "/etc/hosts"),  # 1
    call("read", 1_000, 3, 0x5000, 64, result=64, kernel=2_000),  # 2
    call("read", 9_000, 3, 0x5000, 64, result=-errno.EAGAIN, kernel=500),  # 3
    marked(10_000, "begin measure"),  # 4
    born(11_000, PID + 1, "worker-1"),  # 5
    call("write", 20_000, 1, 0x5000, 8192, result=8192, tid=PID + 1, kernel=3_000, blocked=5_000_000),  # 6
    call("futex", 30_000, 0x1000, 0, result=0, tid=PID + 1, blocked=7_000_000),  # 7
    call("close", 40_000, 3),  # 8
    marked(45_000, "end measure"),  # 9
    opened(50_000, 3, "/var/log/x"),  # 10
    call("read", 60_000, 3, 0x5000, 10, result=10, kernel=100),  # 11
    born(61_000, OTHER, "child", OTHER),  # 12
    call("read", 70_000, 3, 0x5000, 10, result=-512, tid=OTHER, pid=OTHER),  # 13
    call("kcmp", 80_000, result=0),  # 14
    {"kind": Kind.EXIT, "pid": PID, "tid": PID, "at_ns": 5_000_090_000},  # 15
)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "CHUNK", 7)


@pytest.fixture(params=[1, 3, 16])
def known(request: pytest.FixtureRequest) -> Known:
    """The rows in batches of some size."""
    recording = Taken()
    for at in range(0, len(ROWS), request.param):
        recording.add(ROWS[at : at + request.param])
    return recording.known


def found(known: Known, text: str) -> list[int]:
    """The lines that match."""
    search = Search(parse(text), known)
    while search.step():
        pass
    return [int(line) for line in search.matches.lines(0, 1000)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", list(range(16))),
        ("read", [2, 3, 11, 13]),
        ("read write", [2, 3, 6, 11, 13]),
        ("re*,close", [2, 3, 8, 11, 13]),
        ("-read call", [1, 6, 7, 8, 10, 14]),
        ("%file", [1, 10]),
        ("%desc -%file", [2, 3, 6, 8, 11, 13]),
        ("event", [0, 4, 5, 9, 12, 15]),
        ("spawn", [0, 5, 12]),
        ("exit", [15]),
        ("mark read", [2, 3, 4, 9, 11, 13]),
        ("failed", [3]),
        ("wasted", [3]),
        ("interrupted", [13]),
        ("err:EAGAIN,ENOENT", [3]),
        ("err:ENOENT", []),
        ("fd:3", [2, 3, 8, 11, 13]),
        ("fd:3.0", [2, 3, 8, 13]),
        ("fd:3.1", [11]),
        ("fd:3.0 pid:4242", [2, 3, 8]),
        ("fd:/ETC/*", [2, 3, 8]),
        ("fd:log", [11, 13]),
        ("-fd:3 read", []),
        ("tid:4243", [5, 6, 7]),
        ("pid:5151", [12, 13]),
        ("thread:work*", [5, 6, 7]),
        ("thread:work", []),
        (">1ms", [6, 7]),
        ("kernel>1us", [2, 6]),
        ("kernel>=2us", [2, 6]),
        ("kernel<1us read", [3, 11, 13]),
        ("blocked>5ms", [7]),
        ("bytes>4k", [6]),
        ("in>1k", [6]),
        ("out=64", [2]),
        ("phase:measure", [5, 6, 7, 8]),
        ("phase:meas* read", []),
        ("since:40us", [8, 9, 10, 11, 12, 13, 14, 15]),
        ("since:20us before:40us", [6, 7]),
        ("line:2..4", [1, 2, 3]),
        ("line:15..", [14, 15]),
        ("/hosts/", [1]),
        ("/EAGAIN|spawn/", [0, 3, 5, 12]),
        ("/HOSTS/i or fd:3.1", [1, 11]),
        ("-/read/ call", [1, 6, 7, 8, 10, 14]),
    ],
)
def test_a_filter_finds_its_lines(known: Known, text: str, expected: list[int]) -> None:
    """Each kind of term, and how they combine."""
    assert found(known, text) == expected


def test_texts_are_read_only_where_the_rest_holds(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """They cost a thousand times more."""
    asked: list[int] = []
    text: Callable[[Known, int], str] = Known.text

    def asking(self: Known, line: int) -> str:
        asked.append(line)
        return text(self, line)

    monkeypatch.setattr(Known, "text", asking)
    assert found(known, "/64/ read -failed or spawn") == [0, 2, 5, 12]
    assert asked == [2, 11, 13]


def test_matches_grow_with_the_recording() -> None:
    """Only new lines are looked at; what was handed out stays."""
    recording = Taken()
    search = Search(parse("read"), recording.known)
    seen = []
    for row in ROWS:
        recording.add([row])
        while search.step():
            pass
        assert search.done
        seen.append(search.matches)
    assert [matches.count for matches in seen] == [0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4]
    assert [matches.searched for matches in seen] == list(range(1, 17))
    assert seen[3].lines(0, 9).tolist() == [2, 3]


def test_a_search_stops_at_once(known: Known) -> None:
    """Also between two texts."""
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 5

    search = Search(parse("/read/"), known, stopped)
    assert not search.step()
    assert search.matches.count == 0
    assert not search.done
    assert len(asked) == 6


def test_a_mask_is_within_what_was_asked(known: Known) -> None:
    """Whatever the term: so terms can be put together in any order."""
    rng = np.random.default_rng(3)
    for text in ("read", "-read", "failed or -read", "/read/", "-/read/", "fd:3 -failed", "(read or /x/) -fd:3"):
        test = compiled(parse(text), known)
        for chunk in known.lines.chunks():
            whole = test(chunk, np.ones(len(chunk.row), np.bool_))
            among = rng.random(len(chunk.row)) < 0.5
            assert (test(chunk, among) == (whole & among)).all()
