"""strace's own test programs, built from its source package: the lines they expect of strace and ours agree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.live import strace_suite_build
from tests.live.strace_suite import PROGRAMS, run, unknown_names
from tests.live.strace_suite_build import Unavailable, as_sources, build
from tests.live.strace_suite_rules import Call, expected, ours, unfollowed
from tests.live.strace_suite_score import mean, table, total
from tests.live.strace_suite_values import parts, plain

LEAST_PERCENT = 95.0
LEAST_PROGRAMS = 20
"""Some need what a kernel or a container may not have, and say so; these many must run."""
SHOWN = 20
REQUIRED = "IOTRACE_STRACE_SUITE"
"""Set in CI: there it is a failure when the programs cannot be had."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Room for a source tree; pytest would keep those of its last three runs."""
    with TemporaryDirectory(prefix="strace-suite-") as name:
        yield Path(name)


@pytest.mark.slow
def test_the_lines_strace_expects_of_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At least 95 % of the lines agree in every field, over all programs and in the mean of the programs."""
    try:
        tests = build(folder, [*PROGRAMS])
    except Unavailable as why:
        if os.environ.get(REQUIRED):
            raise
        pytest.skip(f"strace's test programs cannot be had: {why}")
    unknown = unknown_names(tests)
    scores = [run(tests, program, folder / "runs" / program, unknown) for program in PROGRAMS]
    differences = [f"- {each.wanted}\n+ {each.got}" for score in scores for each in score.differences]
    with capsys.disabled():
        print("\n" + "\n".join([table(scores), *differences[:SHOWN]]))
    assert len([score for score in scores if not score.skipped]) >= LEAST_PROGRAMS
    assert total(scores).percent >= LEAST_PERCENT
    assert mean(scores) >= LEAST_PERCENT


def test_why_there_are_no_programs_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose apt knows no mirror gives a reason, not an error of some tool."""
    monkeypatch.setattr(strace_suite_build, "SOURCES", (tmp_path / "none", tmp_path / "nothing"))
    with pytest.raises(Unavailable, match=r"apt knows no mirror|not installed"):
        build(tmp_path, ["poll"])


def test_apt_lists_become_source_lists(tmp_path: Path) -> None:
    """Both forms of sources.list(5) give the distribution's mirrors, asked for source packages."""
    old, new = tmp_path / "a.list", tmp_path / "b.sources"
    old.write_text(
        "# x\ndeb [signed-by=/k.gpg] http://mirror/debian bookworm main contrib\ndeb http://other x extra\n"
    )
    new.write_text(
        "Types: deb\n# note\nURIs: http://mirror/debian\nSuites: trixie\nComponents: main\n\nTypes: deb\nURIs: u\n"
    )
    assert as_sources(old) == (
        "Types: deb-src\nURIs: http://mirror/debian\nSuites: bookworm\nComponents: main\nSigned-By: /k.gpg"
    )
    assert as_sources(new) == "Types: deb-src\nURIs: http://mirror/debian\nSuites: trixie\nComponents: main"


def test_values_are_split_at_their_outermost_commas() -> None:
    """Neither a comma in a string nor one in a structure ends an argument."""
    assert parts('3, "a, \\"b", [{fd=1, events=0}, ...], NULL') == [
        "3",
        '"a, \\"b"',
        "[{fd=1, events=0}, ...]",
        "NULL",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"\\0\\1a"', '"\\x00\\x01a"'),
        ("0x2f", "47"),
        ("POLLIN|POLLPRI", "POLLPRI|POLLIN"),
        ("A_KNOWN|0x40", "A_KNOWN|A_NEW"),
        ("[1, 2, 3, 4]", "[1, 2, 3, ...]"),
        ('"abcd"', '"abc"...'),
    ],
)
def test_style_is_no_difference(one: str, other: str) -> None:
    """Base, order, escapes, what is cut off, and a name the other side does not have yet."""
    assert plain(one, 3, {}) == plain(other, 3, {"A_NEW": 0x40})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"\\0\\1a"', '"\\0\\1b"'),
        ("0x2f", "46"),
        ("POLLIN|POLLPRI", "POLLIN"),
        ("A_KNOWN|0x40", "A_NEW"),
        ("[1, 2, 3]", "[1, 2, 3, ...]"),
        ("[1, 2, 3, ... /* 0x7f0000001000 */]", "[1, 2, 3]"),
        ('"abc"', '"abc"...'),
        ("NULL", "[]"),
        ("{fd=3}", "{fd=4}"),
    ],
)
def test_a_value_that_is_another_differs(one: str, other: str) -> None:
    """What is not style stays different."""
    assert plain(one, 3, {}) != plain(other, 3, {"A_NEW": 0x40})


def test_what_became_ready_is_compared_with_what_strace_tells() -> None:
    """revents stand at the argument in ours and with the result in strace's, and are compared."""
    asked = ("[{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}]", "2", "-1")
    wanted = expected(Call("poll", asked, "1 ([{fd=4, revents=POLLOUT}])"), None)
    right = Call("poll", ("[{fd=3, events=POLLIN}, {fd=4, events=POLLOUT, revents=POLLOUT}]", "2", "-1"), "1")
    wrong = Call("poll", ("[{fd=3, events=POLLIN, revents=POLLIN}, {fd=4, events=POLLOUT}]", "2", "-1"), "1")
    assert ours(right, None, {}) == wanted
    assert ours(wrong, None, {}) != wanted


def test_an_address_must_be_the_one_in_our_register() -> None:
    """Where strace shows only an address, any other address is a difference."""
    wanted = expected(
        Call("epoll_pwait2", ("3", "NULL", "1", "0x1000", "NULL", "8"), "-1 EINVAL (Invalid argument)"), 32
    )
    args = ("3", "NULL", "1", "{tv_sec=1, tv_nsec=0}", "NULL", "8")
    same, other = (Call("epoll_pwait2", args, "", raw=(3, 0, 1, address, 0, 8)) for address in (0x1000, 0x2000))
    assert unfollowed(wanted, same, 3)
    assert not unfollowed(wanted, other, 3)
    assert not unfollowed(wanted, same, 2)
