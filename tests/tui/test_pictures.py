"""The pictures of README.md and docs/screen.md: drawn by this test from the recordings in tests/recordings.

A picture that is no longer what the screen shows fails its test; draw all of them again with

    .venv/bin/pytest tests/tui/test_pictures.py --snapshot-update
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.tui.test_start_screen import FakeOffers
from tests.tui.test_tab_snapshots import after, at_rest, finished
from tui.app import IotraceApp
from tui.offers import Offer, OfferKind
from tui.start_app import StartApp
from workloads import catalog

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


async def started(pilot: Pilot[Any]) -> None:
    """The lists are filled and the doctor has answered; then a model is chosen."""
    await at_rest(pilot)
    for _ in range(6):
        await pilot.press("down")
    await at_rest(pilot)


def test_every_picture_is_shown_and_every_one_shown_is_there() -> None:
    pages = (DOCS.parent / "README.md").read_text() + (DOCS / "screen.md").read_text()
    shown = set(re.findall(r"pictures/([\w-]+)\.svg", pages))
    assert shown == {*SHOWN, "start"} == {path.stem for path in PICTURES.glob("*.svg")}
