"""The installed command in a real terminal: what a user types, and what then stands on the screen."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.live.tmux import Terminal, inside, needs_tmux, terminal

pytestmark = needs_tmux
RECORDINGS = Path(__file__).parent.parent / "recordings"
LIVE = ("epoll", "--clients", "3", "--messages", "1000000", "--interval", "0.01")
"""A run that goes on until somebody ends it."""
ENDED = (128 + signal.SIGTERM, 128 + signal.SIGKILL)
"""A program that is ended gets SIGTERM, and SIGKILL when it does not go."""
LASTING = ("sh", "-c", "while :; do sleep 0.1; done")
CALLS_OF_EPOLL = ("epoll_wait", "read", "epoll_ctl")


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Terminal]:
    with terminal(tmp_path) as made:
        yield made


def taken_in(window: Terminal) -> None:
    """Wait until the whole recording has been looked at: the sums of its calls are there. Then go to its beginning;
    the list opens where the measured phase does."""
    window.shows("exited 0", "write(-1")
    window.press("2")
    window.shows("by call", "p50")
    window.press("1")
    window.shows("write(-1")
    window.press("Home")
    window.shows("execve(")


def cell_of(screen: str) -> str:
    """How much time one cell of the timeline stands for."""
    found = re.search(r"cell ([\d.]+ \S+)", screen)
    assert found, screen
    return found[1]


def test_every_tab_of_a_finished_recording(window: Terminal) -> None:
    window.start("view", RECORDINGS / "epoll.iotrace")
    window.shows("epoll --clients 3", "exited 0", "begin measure", "q Quit ? Help")
    for key, words in {
        "2": ("by call", "by thread", *CALLS_OF_EPOLL),
        "3": ("kernel", "cell ", "python3"),
        "4": ("epoll", "opened by epoll_create1"),
        "5": ("who waits", "return 1 of", "of 3 ready", "read 64 B"),
        "6": ("application", "phase 1", "wait for data", "epoll_wait(7)"),
        "7": ("7 Findings",),
        "1": ("begin measure",),
    }.items():
        window.press(key)
        screen = window.shows(*words)
        assert "8 Out" not in screen
    window.press("?")
    window.shows("Type a filter", "Open or close the details")
    window.press("Escape")
    window.shows("begin measure", without=["Type a filter"])
    window.press("q")
    assert window.status() == 0


def test_a_filter_narrows_the_list_and_goes_again(window: Terminal) -> None:
    window.start("view", RECORDINGS / "epoll.iotrace")
    taken_in(window)
    window.press("/")
    window.shows("esc Cancel")
    window.type("epoll_wait")
    window.shows("/ epoll_wait ", " match")
    window.press("Enter")
    screen = window.shows("epoll_wait(", without=["execve("])
    (matching,) = re.findall(r"^/ epoll_wait +(\d+) of", screen, re.MULTILINE)
    assert len(re.findall(r"^ +[\d.]+ epoll_wait\(", screen, re.MULTILINE)) == int(matching)
    window.shows("f Follow fd", without=["esc Cancel"])
    window.press("x")
    window.shows("execve(")
    window.press("/")
    window.shows("esc Cancel")
    window.type("nosuchcall")
    window.shows("^ no system call is called nosuchcall")
    window.press("Escape")
    window.shows("execve(", without=["esc Cancel"])
    window.press("q")
    assert window.status() == 0


def test_the_timeline_zooms_and_goes_to_the_call(window: Terminal) -> None:
    window.start("view", RECORDINGS / "epoll.iotrace")
    taken_in(window)
    window.press("3")
    first = cell_of(window.shows("cell "))
    window.press("+")
    window.comes(lambda: cell_of(window.screen) != first, "another scale")
    window.press("-")
    window.comes(lambda: cell_of(window.screen) == first, "the scale of before")
    window.press("Enter")
    window.shows("time s call")
    window.press("q")
    assert window.status() == 0


def test_the_mouse_opens_a_tab_and_sorts_by_a_title(window: Terminal) -> None:
    """As a terminal reports clicks: SGR, counted from 1 (xterm's ctlseqs, "Mouse Tracking")."""
    window.start("view", RECORDINGS / "epoll.iotrace")
    taken_in(window)

    def click(word: str) -> None:
        lines = window.screen.splitlines()
        row, line = next((row, line) for row, line in enumerate(lines) if word in line)
        place = f"0;{line.index(word) + 2};{row + 1}"
        window.type(f"\x1b[<{place}M\x1b[<{place}m")

    click("kernel blocked")
    window.shows("kernel▼", "execve(")
    click("2 Summary")
    window.shows("by call", "kernel▾")
    click("failed  wasted")
    window.shows("failed▾")
    window.press("q")
    assert window.status() == 0


def test_a_resize_keeps_the_place(window: Terminal) -> None:
    window.start("view", RECORDINGS / "nonblocking.iotrace")
    taken_in(window)
    window.press("End")
    window.shows("exit_group", without=["execve("])
    window.press("PageUp")
    window.press("Enter")
    here = details_of(window.shows(" s, thread "))
    window.resize(160, 50)
    window.comes(lambda: len(window.lines) == 50 and "7 Findings" in window.lines[6], "a large screen")
    window.shows("4 Descriptors", here)
    window.resize(80, 24)
    window.shows("4 Fds", here)
    window.press("q")
    assert window.status() == 0


def details_of(screen: str) -> str:
    """The line of the details that says when and where the selected call was."""
    found = re.search(r"at [\d.]+ s, thread \d+", screen)
    assert found, screen
    return found[0]


def test_the_start_screen_offers_three_lists(window: Terminal) -> None:
    window.start()
    window.shows("1 Run a model", "blocking", "nonblocking", "2 Recordings", "3 Attach")
    window.press("/")
    window.type("sendfile")
    window.shows("copy-sendfile", without=["nonblocking"])
    window.press("Escape")
    window.shows("/ to search", "nonblocking")
    window.press("2")
    window.shows("No recording yet")
    window.press("q")
    assert window.status() == 0


def test_a_live_run_is_ended(window: Terminal) -> None:
    window.start("run", *LIVE)
    window.shows("● live", "8 Out", *CALLS_OF_EPOLL[:1])
    window.press("q")
    window.shows("The program is still running.", "let it run on")
    window.press("Escape")
    window.shows("● live", without=["still running"])
    window.press("q")
    window.shows("end the program")
    window.press("e")
    assert window.status() in ENDED


@pytest.mark.slow
def test_a_model_of_the_start_screen_runs_live(window: Terminal) -> None:
    window.start()
    window.shows("1 Run a model", "blocking")
    window.press("/")
    window.type("nonblocking-b")
    window.shows("nonblocking-backoff", without=["asyncio"])
    window.press("Enter")
    window.shows("8 Out", "nanosleep")
    window.press("8")
    window.shows("exited 0", '"ok": true')
    window.press("q")
    assert window.status() == 0


@pytest.mark.slow
def test_a_live_run_is_let_run_on(window: Terminal, tmp_path: Path) -> None:
    window.start("run", "--", *LASTING)
    window.shows("● live", "wait4")
    window.press("q")
    window.shows("let it run on")
    (program,) = (pid for pid, line in inside(tmp_path).items() if line == " ".join(LASTING))
    assert tracer_of(program) != 0
    window.press("l")
    window.comes(lambda: tracer_of(program) == 0, "the end of tracing")
    window.shows(without=["● live"])
    assert program in inside(tmp_path)
    os.kill(program, signal.SIGKILL)  # its output was passed on until here; with it we end as well
    window.status()


def tracer_of(pid: int) -> int:
    """The process that traces `pid`, 0 = none."""
    found = re.search(r"^TracerPid:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


@pytest.mark.slow
def test_stepping_holds_the_program_before_and_after_a_call(window: Terminal) -> None:
    window.start("run", "--step", "--", *LASTING)
    window.shows("HELD")
    sides = set()
    for _ in range(6):
        before = held(window.screen)
        sides.add(before.split()[1])
        window.press("s")
        window.comes(partial(moved_on, window, before), "the next stop")
    assert sides == {"before", "after"}
    window.press("r")
    window.shows("● live", without=["HELD"])
    window.press("q")
    window.shows("end the program")
    window.press("e")
    assert window.status() in ENDED


def moved_on(window: Terminal, before: str) -> bool:
    """The program is held again, and elsewhere."""
    return held(window.screen) not in ("", before)


def held(screen: str) -> str:
    """The line that says where the program is held; nothing between two stops."""
    return next((line for line in screen.splitlines() if "HELD " in line and "NOT HELD" not in line), "")


@pytest.mark.slow
def test_a_model_is_stepped_from_where_its_work_begins(window: Terminal) -> None:
    window.start("run", "--step", "select", "--clients", "2", "--messages", "3")
    window.shows("HELD before execve(", "m To mark")
    window.press("m")
    window.shows('HELD before write(-1, "iotrace:begin measure"', "a mark for the tracer")
    window.press("s")
    window.shows("HELD after write(-1")
    window.press("s")
    window.shows("HELD before pselect6(")
    window.press("r")
    window.shows("exited 0", without=["HELD"])
    window.press("q")
    assert window.status() == 0


@pytest.mark.slow
def test_every_tab_of_a_live_run(window: Terminal) -> None:
    window.start("run", *LIVE, size=(160, 50))
    window.shows("● live", "epoll_wait")
    for key, words in {
        "2": ("by call", "epoll_wait", "k p99"),
        "3": ("user", "kernel", "cell "),
        "4": ("epoll", "opened by epoll_create1"),
        "5": ("who waits", "ready"),
        "6": ("application", "phase 1", "wait for data"),
        "7": ("7 Findings",),
        "8": ("^] Leave",),
    }.items():
        window.press(key)
        window.shows(*words)
    window.press("C-]")
    window.shows("q Quit", "epoll_wait")
    window.press("p")
    window.shows("paused")
    window.press("p", "q")
    window.shows("end the program")
    window.press("e")
    assert window.status() in ENDED
