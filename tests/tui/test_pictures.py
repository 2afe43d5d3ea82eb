"""The pictures of README.md and docs/screen.md: drawn by this test from the recordings in tests/recordings.

A picture that is no longer what the screen shows fails its test; draw all of them again with

    .venv/bin/pytest tests/tui/test_pictures.py --snapshot-update
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.tui.fakes import FakeRun
from tests.tui.held import answered, before_a_read
from tests.tui.test_screen import shown
from tests.tui.test_start_screen import FakeOffers
from tests.tui.test_tab_snapshots import RECORDINGS, after, at_rest, finished, live_source, run
from tests.tui.waiting import until
from tui.app import IotraceApp
from tui.offers import Offer, OfferKind
from tui.source import RecordingSource
from tui.start_app import StartApp
from tui.widgets import step_panel
from workloads import catalog

__all__ = ["live_source", "run"]  # fixtures
DOCS = Path(__file__).parent.parent.parent / "docs"
PICTURES = DOCS / "pictures"
SHOWN = {
    "calls": ("nonblocking", ["G", "b", "b", "b"]),
    "filter": ("epoll", ["slash", *"epoll_wait", "space", *"kernel"]),
    "details": ("epoll", ["slash", *"epoll_wait", "enter", "enter"]),
    "summary": ("epoll", ["2"]),
    "timeline": ("nonblocking", ["3"]),
    "timeline-epoll": ("epoll", ["3"]),
    "latencies": ("epoll", ["3", "0", "h"]),
    "descriptors": ("epoll", ["4"]),
    "waiting": ("epoll", ["5", "right", "right"]),
    "figure": ("epoll", ["6"]),
    "findings": ("nonblocking", ["7"]),
    "help": ("epoll", ["question_mark"]),
}
"""Name of the picture: the recording, and the keys that lead to it."""
OTHERS = ("start", "step", "output")
"""Those that are not of a finished recording."""
SAID = (
    b'{"model": "epoll", "transport": "unix", "clients": 3, "messages": 5, "size": 64, "interval": 0.01, '
    b'"ok": \x1b[1;32mtrue\x1b[0m, "received": 15, "payload_bytes": 960, "checksum_ok": \x1b[1;32mtrue\x1b[0m, '
    b'"sequence_ok": \x1b[1;32mtrue\x1b[0m}\r\n'
)
SIZE = (100, 34)
_WEB_FONT = re.compile(r",\s*url\([^)]*\) format\([^)]*\)")


class HereOffers(FakeOffers):
    """The models as they are; recordings and processes are of no machine in particular."""

    def models(self) -> tuple[Offer, ...]:
        return tuple(Offer(OfferKind.RUN, each.name, each.name, "", each.sentence) for each in catalog.MODELS)

    def explanation(self, offer: Offer) -> str:
        return f"iotrace run {offer.key}\n\n{catalog.explanation(catalog.model(offer.key))}"


def compare(name: str, drawn: str, *, update: bool) -> None:
    """Fail when the committed picture is another; with `update`, write it."""
    path = PICTURES / f"{name}.svg"
    if update:
        PICTURES.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    assert path.exists(), f"{path.name} has not been drawn: pytest {Path(__file__).name} --snapshot-update"
    assert path.read_text(encoding="utf-8") == drawn, f"{path.name} is stale: see the docstring of this file"


def picture(app: App[Any]) -> str:
    """What is on screen, without fonts from the web: a page shows it the same whether it may fetch them or not."""
    drawn = _WEB_FONT.sub("", app.export_screenshot())
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("update_snapshots"))


@pytest.mark.parametrize("name", SHOWN)
async def test_the_picture_is_what_the_screen_shows(name: str, update: bool) -> None:
    recording, keys = SHOWN[name]
    app = IotraceApp(finished(recording))
    async with app.run_test(size=SIZE) as pilot:
        await after(*keys)(pilot)  # type: ignore[misc]
        drawn = picture(app)
    compare(name, drawn, update=update)


async def test_the_picture_of_the_start_screen(update: bool) -> None:
    app = StartApp(HereOffers())
    async with app.run_test(size=SIZE) as pilot:
        await started(pilot)
        drawn = picture(app)
    compare("start", drawn, update=update)


async def test_the_picture_of_the_step_panel(
    update: bool, tmp_path: Path, run: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's side is made up: the thread of the recording is no more."""
    monkeypatch.setattr(step_panel, "look", answered)
    source = before_a_read(RECORDINGS / "epoll.iotrace", tmp_path / "held.iotrace")
    run.stepping = True
    app = IotraceApp(source, run)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "HELD before read" in shown(pilot))
        await at_rest(pilot)
        drawn = picture(app)
    compare("step", drawn, update=update)


async def test_the_picture_of_the_output_tab(
    update: bool, live_source: Callable[[str], RecordingSource], run: FakeRun
) -> None:
    """What a model says at its end."""
    app = IotraceApp(live_source("epoll"), run)
    async with app.run_test(size=SIZE) as pilot:
        await after("8")(pilot)  # type: ignore[misc]
        await at_rest(pilot)  # lines are as wide as the terminal was when they were written
        os.write(run.slave, SAID)
        await until(pilot, lambda: "960" in shown(pilot))
        await at_rest(pilot)
        drawn = picture(app)
    compare("output", drawn, update=update)


async def started(pilot: Pilot[Any]) -> None:
    """The lists are filled and the doctor has answered; then a model is chosen."""
    await at_rest(pilot)
    for _ in range(6):
        await pilot.press("down")
    await at_rest(pilot)


def test_every_picture_is_shown_and_every_one_shown_is_there() -> None:
    pages = (DOCS.parent / "README.md").read_text() + (DOCS / "screen.md").read_text()
    shown = set(re.findall(r"pictures/([\w-]+)\.svg", pages))
    assert shown == {*SHOWN, *OTHERS} == {path.stem for path in PICTURES.glob("*.svg")}
