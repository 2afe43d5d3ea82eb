"""The report's page in a real browser: no complaint, nothing fetched, nothing of the program's executed."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iotrace.page.page import page
from tests.iotrace.browser import CHROMIUM, Browser, browser
from tests.iotrace.pages import facts, tree_of
from tests.live.markdown import commands
from tests.live.recorded import iotrace

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

ROOT = Path(__file__).parents[2]
EVIL = "<script>window.hacked=1</script><img src=x onerror=window.hacked=2>"
PROGRAM = """
import ctypes, os, sys, threading
evil = sys.argv[1]
def work():
    ctypes.CDLL(None).prctl(15, b"<img onerror=x>")
    for _ in range(200):
        os.getppid()
def say(words):
    try:
        os.write(-1, words.encode())
    except OSError:
        pass
say("iotrace:begin " + evil)
thread = threading.Thread(target=work)
thread.start()
for name in (evil.replace("/", "_"), "\\x1b[31mred\\u202e\\u2066txt", "'\\"&amp;--><svg onload=x>", "x" * 255):
    try:
        open(name, "w").write(evil)
    except OSError:
        pass
try:
    open("/" + "<b>" * 1300)
except OSError:
    pass
thread.join()
say("iotrace:end " + evil)
"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of recordings."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("epoll", "nonblocking"):
        (folder / f"{name}.html").write_text(page(facts(name)), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [("epoll", 1200, False), ("epoll", 400, True), ("nonblocking", 1200, True), ("nonblocking", 400, False)],
)
def test_it_is_shown_without_a_complaint(
    tab: Browser, pages: Path, tmp_path: Path, name: str, width: int, dark: bool
) -> None:
    tab.complaints.clear()
    tab.requests.clear()
    url = (pages / f"{name}.html").as_uri()
    tab.show(url, width, dark=dark)
    tab.picture(tmp_path / "page.png")
    assert tab.complaints == []
    assert set(tab.requests) <= {url, "data:,"}
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    assert tab.find("document.documentElement.scrollWidth") <= width
    background = tab.find("getComputedStyle(document.body).backgroundColor")
    light = sum(json.loads(background.removeprefix("rgb").replace("(", "[").replace(")", "]"))) > 380
    assert light is not dark


@pytest.mark.parametrize("width", [1200, 400])
def test_a_bar_takes_its_share_of_the_room(tab: Browser, pages: Path, width: int) -> None:
    tab.show((pages / "nonblocking.html").as_uri(), width)
    seen = tab.find(
        "[...document.querySelectorAll('.times tr')].map((row) => { const rect = row.querySelector('rect');"
        " const [bar, cell] = [rect, row.querySelector('.wide')].map((each) => each.getBoundingClientRect());"
        " return [parseFloat(rect.getAttribute('width')), 100 * bar.width / cell.width]; })"
    )
    assert len(seen) == 4
    assert max(share for share, _ in seen) > 50
    for share, drawn in seen:
        assert 0.8 * share <= drawn <= share + 0.01  # the cell has a margin


def test_tables_sort_by_number(tab: Browser, pages: Path) -> None:
    tab.show((pages / "epoll.html").as_uri())
    column = "[...document.querySelectorAll('#calls tbody tr')].map((row) => Number(row.cells[1].dataset.v))"
    calls = tab.find(column)
    tab.click("#calls th button", 1)
    assert tab.find(column) == sorted(calls, reverse=True)
    tab.click("#calls th button", 1)
    assert tab.find(column) == sorted(calls)
    assert tab.find("document.querySelectorAll('#calls th')[1].getAttribute('aria-sort')") == "ascending"


def test_the_timeline_zooms_and_comes_back(tab: Browser, pages: Path) -> None:
    tab.show((pages / "nonblocking.html").as_uri())
    ticks = "document.querySelector('.axis').textContent"
    drawn = "document.querySelector('.track path.user').getAttribute('d')"
    first, path = tab.find(ticks), tab.find(drawn)
    assert len(path) > 100
    tab.click(".tools button", 0)
    assert tab.find(ticks) != first
    assert tab.find(drawn) != path
    tab.click(".tools button", 4)
    whole = tab.find(ticks)
    assert whole.endswith("measure")
    tab.drag(".track", 0.2, 0.6)
    assert tab.find(ticks) != whole
    assert "calls" in tab.find("document.querySelector('.tools output').textContent")
    assert tab.complaints == []


def test_it_reads_without_javascript_and_prints(tab: Browser, pages: Path, tmp_path: Path) -> None:
    tab.show((pages / "epoll.html").as_uri(), script=False)
    tab.picture(tmp_path / "page.png")
    assert tab.find("document.querySelector('.tools').hidden") is True
    assert tab.find("document.querySelector('.track path.blocked').getBBox().width") > 300
    assert tab.printed().startswith(b"%PDF")
    assert tab.complaints == []


def test_the_commands_of_the_documentation(tmp_path: Path) -> None:
    lines = [shlex.split(line) for line in commands("report-html.md")]
    assert len(lines) == 2
    for line in lines:
        assert line[0] == "iotrace"
        done = iotrace(*line[1:], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert done.returncode == 0, done.stderr
    assert "busy-wait" in tree_of((tmp_path / "run.html").read_text(encoding="utf-8")).text


def test_a_hostile_program_gets_nothing_into_it(tab: Browser, tmp_path: Path) -> None:
    run, out = tmp_path / "run.iotrace", tmp_path / "out.html"
    words = [sys.executable, "-c", PROGRAM, EVIL]
    done = iotrace("record", "-o", run, "--", *words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    assert iotrace("report", run, "--html", out, "--phase", "all").returncode == 0
    tree = tree_of(out.read_text(encoding="utf-8"))
    assert EVIL in tree.text
    assert "<img onerror=x>" in tree.text
    tab.complaints.clear()
    tab.requests.clear()
    tab.show(out.as_uri())
    assert tab.complaints == []
    assert set(tab.requests) <= {out.as_uri(), "data:,"}
    assert tab.find("typeof window.hacked") == "undefined"
    assert tab.find("document.querySelectorAll('script').length") == 1
    assert tab.find("document.querySelectorAll('img, iframe, object').length") == 0
