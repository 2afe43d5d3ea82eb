"""The help and the command palette: made from the bindings, so that none can be forgotten."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import ContentSwitcher, Static
from textual.widgets.option_list import OptionDoesNotExist

import tui
from tests.tui.fakes import FakeRun, FakeSource
from tests.tui.test_screen import SMALL, calls, opened, shown
from tests.tui.waiting import until
from tui.app import IotraceApp
from tui.drawing.help import keys_text
from tui.help_sections import sections
from tui.screens.help import HelpScreen
from tui.screens.main import MainScreen

TABS = ("calls", "summary", "timeline", "descriptors", "waiting", "figure", "findings")


def declaring() -> Iterator[tuple[type[DOMNode], Binding]]:
    """Every class of the screen, and each binding it declares."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        importlib.import_module(module.name)
    waiting = [DOMNode]
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            if each.__module__.startswith("tui."):
                for binding in each.__dict__.get("BINDINGS", ()):
                    assert isinstance(binding, Binding), f"{each}: {binding}"
                    yield each, binding


def test_every_binding_that_has_a_description_is_listed() -> None:
    """Those of tabs, dialogs and the start screen, whichever module they are in."""
    listed = {key for _, keys in sections(IotraceApp.BINDINGS, "calls") for key in keys}
    found = [(where, each) for where, each in declaring() if each.description]
    assert len(found) > 100
    missing = [
        f"{where.__name__}: {each.key}"
        for where, each in found
        if (each.key, each.tooltip or each.description) not in listed
    ]
    assert missing == []


def test_every_binding_says_what_it_does() -> None:
    """Without a description neither the help nor the palette could name it."""
    assert [f"{where.__name__}: {each.key}" for where, each in declaring() if not each.description] == []


@pytest.mark.parametrize("pane", TABS)
def test_the_keys_of_the_open_tab_come_first(pane: str) -> None:
    """Then those that work everywhere."""
    titles = [title.lower() for title, _ in sections(IotraceApp.BINDINGS, pane)]
    own = titles[: titles.index("everywhere")]
    assert own
    assert all(title.startswith(pane) for title in own)
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize(
    ("bound", "shown"),
    [
        ("question_mark", "?"),
        ("escape,question_mark", "esc ?"),
        ("left,<", "← <"),
        ("shift+left,b", "shift+← b"),
        ("plus,equals_sign", "+ ="),
        ("ctrl+right_square_bracket", "ctrl+]"),
        ("left_square_bracket,backspace", "[ backspace"),
        ("f12", "f12"),
    ],
)
def test_keys_are_written_as_people_read_them(bound: str, shown: str) -> None:
    assert keys_text(bound) == shown


async def test_the_help_scrolls_by_keys_to_its_last_line() -> None:
    """It is longer than a small screen."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.press("3", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await until(pilot, lambda: "Zoom in" in shown(pilot))
        assert "ready, but waiting for a CPU" not in shown(pilot)
        for _ in range(30):
            await pilot.press("pagedown")
        await until(pilot, lambda: "ready, but waiting for a CPU" in shown(pilot))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, MainScreen)


async def chosen(pilot: Pilot[int], words: str) -> None:
    """Open the palette, type `words`, and take the first command that it finds."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await pilot.press(*("space" if letter == " " else letter for letter in words))
    await until(pilot, lambda: offered(pilot, words))
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, CommandPalette))


def offered(pilot: Pilot[int], words: str) -> bool:
    """The first command in the palette's list has `words` in its name."""
    palette = pilot.app.screen
    try:
        first = palette.query_one("CommandList").get_option_at_index(0)  # type: ignore[attr-defined]
    except OptionDoesNotExist:
        return False
    return words.lower() in str(first.prompt).lower()


async def test_the_command_palette_offers_every_key_that_works_here() -> None:
    """And only those: the descriptors' keys are not among those of the calls."""
    async with opened(FakeSource(20_011), size=(100, 60)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Copy the call as text" in shown(pilot))
        text = shown(pilot)
        assert "Type a filter" in text
        assert "key: /" in text
        assert "Sort by the column to the left" not in text
        assert "Scroll Left" not in text
        assert "Focus" not in text


async def test_a_command_of_the_palette_does_what_its_key_does() -> None:
    """Found by a part of its name."""
    async with opened(FakeSource(20_011)) as pilot:
        await chosen(pilot, "Last line")
        await until(pilot, lambda: calls(pilot).cursor == calls(pilot).count - 1)
        await chosen(pilot, "Summary")
        switcher = pilot.app.screen_stack[1].query_one(ContentSwitcher)
        await until(pilot, lambda: switcher.current == "summary")


async def test_a_narrow_screen_keeps_quit_and_help_in_its_last_line() -> None:
    """Others go when there is no room; no word is cut off."""
    async with opened(FakeSource(20_011, live=True), FakeRun(), size=SMALL) as pilot:
        for key in "1234567":
            await pilot.press(key)
            await until(pilot, lambda: "q Quit ? Help" in shown(pilot).splitlines()[-1])
            assert len(shown(pilot).splitlines()[-1].rstrip()) <= SMALL[0]
        await pilot.resize_terminal(160, 50)
        await until(pilot, lambda: "d Dark/light" in shown(pilot).splitlines()[-1])


async def test_pause_is_not_offered_when_there_is_nothing_to_pause() -> None:
    """A finished recording stands still by itself."""
    async with opened(FakeSource(20_011)) as pilot:
        await until(pilot, lambda: "q Quit" in shown(pilot))
        assert "Pause" not in shown(pilot)
        await pilot.press("p")
        assert "paused" not in shown(pilot)
        await pilot.press("question_mark")
        assert "Hold the view" in str(pilot.app.screen.query_one("#help-text", Static).content)
