"""The start screen: three lists, narrowed by typing, and what is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.tui.waiting import until
from tui.offers import Offer, OfferKind, Verdict
from tui.screens.start import EMPTY
from tui.start_app import StartApp
from tui.widgets.offer_list import OfferList

MODELS = (
    Offer(OfferKind.RUN, "blocking", "blocking", "", "sleep inside read until data comes"),
    Offer(OfferKind.RUN, "epoll", "epoll", "", "leave the set with the kernel"),
    Offer(OfferKind.RUN, "epoll-edge", "epoll-edge", "", "told once per change"),
)
RECORDING = Offer(OfferKind.VIEW, "/tmp/a.iotrace", "ls", "Nov 22 12:23", "ls -l \x1b[31m/tmp")
BUSY = Offer(OfferKind.ATTACH, "4242", "4242 spinner", "97 % CPU", "/usr/bin/spinner --fast")
IDLE = Offer(OfferKind.ATTACH, "7", "7 sleeper", "0 % CPU", "sleep 100")


WORKS = Verdict(True, "tracing works here")


@dataclass
class FakeOffers:
    """What there is to choose from."""

    kept: tuple[Offer, ...] = (RECORDING,)
    running: tuple[Offer, ...] = (BUSY, IDLE)
    judged: Verdict = WORKS
    asked: list[str] = field(default_factory=list)

    def models(self) -> tuple[Offer, ...]:
        return MODELS

    def recordings(self) -> tuple[Offer, ...]:
        return self.kept

    def processes(self) -> tuple[Offer, ...]:
        return self.running

    def explanation(self, offer: Offer) -> str:
        self.asked.append(offer.key)
        return f"about {offer.key}"

    def verdict(self) -> Verdict:
        return self.judged


def listed(pilot: Pilot[Offer]) -> OfferList:
    return pilot.app.screen.query_one(OfferList)


async def filled(pilot: Pilot[Offer], count: int) -> None:
    await until(pilot, lambda: bool(pilot.app.screen.query(OfferList)) and listed(pilot).count == count)


def shown(pilot: Pilot[Offer], name: str) -> str:
    return str(pilot.app.screen.query_one(name, Static).content)


@pytest.mark.parametrize(
    ("keys", "count", "chosen"),
    [
        (["enter"], 3, MODELS[0]),
        (["down", "enter"], 3, MODELS[1]),
        (["slash", *"edge", "enter"], 1, MODELS[2]),
        (["slash", *"kernel", "enter"], 1, MODELS[1]),
        (["tab", "enter"], 1, RECORDING),
        (["2", "enter"], 1, RECORDING),
        (["3", "enter"], 2, BUSY),
        (["3", "down", "enter"], 2, IDLE),
        (["3", "slash", *"sleep", "enter"], 1, IDLE),
        (["shift+tab", "enter"], 2, BUSY),
        (["3", "1", "enter"], 3, MODELS[0]),
    ],
)
async def test_what_is_chosen(keys: list[str], count: int, chosen: Offer) -> None:
    app = StartApp(FakeOffers())
    async with app.run_test(size=(80, 24)) as pilot:
        await filled(pilot, 3)
        for key in keys[:-1]:
            await pilot.press(key)
        await filled(pilot, count)
        await pilot.press(keys[-1])
        await until(pilot, lambda: app.return_value is not None)
    assert app.return_value == chosen


async def test_leaving_chooses_nothing() -> None:
    app = StartApp(FakeOffers())
    async with app.run_test() as pilot:
        await filled(pilot, 3)
        await pilot.press("q")
    assert app.return_value is None


async def test_escape_ends_the_search() -> None:
    app = StartApp(FakeOffers())
    async with app.run_test() as pilot:
        await filled(pilot, 3)
        await pilot.press("slash", *"edge")
        await filled(pilot, 1)
        await pilot.press("escape")
        await filled(pilot, 3)
        assert listed(pilot).has_focus
        assert app.screen.query_one(Input).value == ""


async def test_an_empty_list_says_what_would_be_there() -> None:
    app = StartApp(FakeOffers(kept=()))
    async with app.run_test() as pilot:
        await filled(pilot, 3)
        await pilot.press("2")
        await until(pilot, lambda: shown(pilot, "#about-text") == EMPTY["view"])
        await pilot.press("enter")
        await pilot.pause()
    assert app.return_value is None


async def test_more_about_the_line_below_the_cursor() -> None:
    offers = FakeOffers()
    app = StartApp(offers)
    async with app.run_test() as pilot:
        await until(
            pilot, lambda: bool(app.screen.query(OfferList)) and shown(pilot, "#about-text") == "about blocking"
        )
        await pilot.press("down")
        await until(pilot, lambda: shown(pilot, "#about-text") == "about epoll")


@pytest.mark.parametrize("works", [True, False])
async def test_the_doctor_is_heard(works: bool) -> None:
    app = StartApp(FakeOffers(judged=Verdict(works, "what the doctor says")))
    async with app.run_test() as pilot:
        await until(
            pilot, lambda: bool(app.screen.query("#verdict")) and shown(pilot, "#verdict") == "what the doctor says"
        )
