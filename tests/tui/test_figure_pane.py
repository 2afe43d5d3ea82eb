"""Every key of the figure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from textual.pilot import Pilot

from tests.tui.fakes import FakeSource
from tests.tui.one_pane import alone, asked, text
from tracer.analyze.figure.figure import Crossing, Figure, Phase, Step, StepKind
from tracer.analyze.results import Times
from tui.drawing.figure_glyphs import ASCII
from tui.figures import Drawn
from tui.widgets.figure_pane import FigurePane, Picture

MESSAGES = 23
STEP = Step(
    StepKind.CALL, 7, 100, 200, 41, "read", 3, ("3", "0x1000", "64"), 64, times=Times(1_000, 2_000, 30_000),
    crossings=(Crossing("out", "payload", 64),), phases=(Phase.WAIT, Phase.COPY),
)  # fmt: skip
FIGURE = Figure(1, MESSAGES, "", "prog", 64, 3, 7, 7, (), (STEP,))


class Messages(FakeSource):
    """A recording of 23 messages, of which the 11th is typical."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[int | None] = []

    def figure(self, number: int | None, stop: Callable[[], bool], tell: Callable[[float], object]) -> Drawn | None:
        """Made at once."""
        tell(0.5)
        self.wanted.append(number)
        here = 11 if number is None else max(1, min(number, MESSAGES))
        figure = replace(FIGURE, number=here, typical=number is None)
        return None if stop() else Drawn(figure, MESSAGES, 41)


async def until(pilot: Pilot[None], words: str) -> None:
    """Wait until the screen says so."""
    for _ in range(500):
        await pilot.pause()
        if words in text(pilot):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{words!r} is not on screen")


async def test_a_typical_message_is_drawn_at_first() -> None:
    """With its phases."""
    source = Messages()
    async with alone(FigurePane(source), source.snapshot()) as pilot:
        await until(pilot, "message 11 of 23, a typical one")
        assert "read(3, 64)" in text(pilot)
        assert "wait for data" in text(pilot)


async def test_in_ascii_the_figure_has_its_own_shapes() -> None:
    """The brackets of the phases turn round corners of slashes."""
    source = Messages()
    async with alone(FigurePane(source, ASCII), source.snapshot()) as pilot:
        await until(pilot, "message 11 of 23, a typical one")
        assert "\\ phase 1" in text(pilot)
        assert "╮" not in text(pilot)


async def test_keys_choose_the_message() -> None:
    """One on, one back, ten, first, last, typical; never beyond the ends."""
    source = Messages()
    async with alone(FigurePane(source), source.snapshot()) as pilot:
        await until(pilot, "message 11 of")
        for key, number in (
            ("right", 12), ("left", 11), ("full_stop", 21), ("full_stop", 23), ("right", 23), ("comma", 13),
            ("home", 1), ("left", 1), ("end", 23), ("t", 11),
        ):  # fmt: skip
            await pilot.press(key)
            await until(pilot, f"message {number} of 23")
        await pilot.press("enter")
        await pilot.pause()
        assert asked(pilot) == [41]
        assert source.wanted[0] is source.wanted[-1] is None


async def test_a_tall_picture_scrolls() -> None:
    """With the keys of a list."""
    source = Messages()
    async with alone(FigurePane(source), source.snapshot(), (80, 12)) as pilot:
        await until(pilot, "message 11 of")
        picture = pilot.app.query_one(Picture)
        await pilot.press("j", "down")
        await pilot.pause()
        assert round(picture.scroll_target_y) == 2
        await pilot.press("k", "up")
        await pilot.pause()
        assert round(picture.scroll_target_y) == 0


async def test_without_messages_it_says_why_and_how_to_get_one() -> None:
    """Live: so far."""
    for live, words in ((True, "no message to draw so far."), (False, "no message to draw.")):
        source = FakeSource(live=live)
        async with alone(FigurePane(source), source.snapshot()) as pilot:
            await until(pilot, words)
            assert "iotrace run blocking" in text(pilot)
            await pilot.press("right", "end", "enter")
            assert asked(pilot) == []
