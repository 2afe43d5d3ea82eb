"""Every key of the details, and the manual page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.fakes import FakeSource
from tests.tui.test_screen import LARGE, calls, opened, shown
from tests.tui.waiting import until
from tui.manual import INSTALL, manual_page, names_of, plain_lines
from tui.screens.manual import ManualScreen
from tui.widgets.details import DetailsPane

PAGE = """#!/bin/sh
[ "$2" = openat ] || exit 16
printf 'OPENAT(2)\\n\\nN\\bNA\\bAM\\bME\\bE\\n       _\\bo_\\bp_\\be_\\bn - open a file, width %s\\n' "$MANWIDTH"
"""


async def test_tab_goes_to_the_details_and_back() -> None:
    """They open for it; arrows move in them, and the list stays where it is."""
    async with opened(FakeSource(20_011)) as pilot:
        details = pilot.app.screen.query_one(DetailsPane)
        await pilot.press("down", "down", "tab")
        await pilot.pause()
        assert details.display
        assert details.has_focus
        await pilot.press("down", "down", "down")
        assert (details.cursor, calls(pilot).cursor) == (3, 2)
        await pilot.press("tab", "down")
        await pilot.pause()
        assert (calls(pilot).has_focus, calls(pilot).cursor) == (True, 3)


@pytest.mark.parametrize("focus", [[], ["tab"]])
async def test_escape_closes_the_details(focus: list[str]) -> None:
    """From the list and from the pane itself; the keys are the list's again."""
    async with opened(FakeSource(20_011), size=LARGE) as pilot:
        details = pilot.app.screen.query_one(DetailsPane)
        await pilot.press(*focus, "escape")
        await pilot.pause()
        assert not details.display
        assert calls(pilot).has_focus


@pytest.mark.parametrize(("shut", "open_"), [("enter", "space"), ("left", "right"), ("h", "l")])
async def test_parts_fold_and_stay_folded(shut: str, open_: str) -> None:
    """Also when another call is shown; folding what is folded changes nothing."""
    async with opened(FakeSource(20_011), size=LARGE) as pilot:
        details = pilot.app.screen.query_one(DetailsPane)
        await pilot.press("down", "down", "tab")
        await pilot.pause()
        place = next(number for number, row in enumerate(details._rows) if row.key == "arguments")
        await pilot.press(*["down"] * place, shut)
        assert "▸ arguments" in shown(pilot)
        assert "O_CLOEXEC  " not in details._rows[-1].text.plain
        await pilot.press("tab", "down", "tab")
        await pilot.pause()
        assert "▸ arguments" in shown(pilot)
        details.cursor = next(number for number, row in enumerate(details._rows) if row.key == "arguments")
        await pilot.press(open_)
        assert "▾ arguments" in shown(pilot)


async def test_a_click_folds() -> None:
    """On the line itself."""
    async with opened(FakeSource(20_011), size=LARGE) as pilot:
        details = pilot.app.screen.query_one(DetailsPane)
        place = next(number for number, row in enumerate(details._rows) if row.key == "raw")
        await pilot.click(DetailsPane, offset=(4, place))
        await pilot.pause()
        assert "wall_ns" in shown(pilot)


async def test_m_shows_the_manual_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain, scrolled with the usual keys, closed by escape; a line that is no call has none."""
    man = tmp_path / "man"
    man.write_text(PAGE)
    man.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.press("down", "M")
        await until(pilot, lambda: "open - open a file" in shown(pilot))
        await pilot.press("j", "space", "k", "b", "escape")
        assert not isinstance(pilot.app.screen, ManualScreen)
        await pilot.press("down", "M")
        await until(pilot, lambda: "There is no page for pipe2" in shown(pilot))
        assert INSTALL.split()[-1] in shown(pilot)
        await pilot.press("q")
        calls(pilot).move_to(56)
        await pilot.press("M")
        assert not isinstance(pilot.app.screen, ManualScreen)


def test_a_page_is_made_plain_and_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overstriking and colours are taken out."""
    man = tmp_path / "man"
    man.write_text(PAGE)
    man.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    page = manual_page("openat", 72)
    assert page.lines == ("OPENAT(2)", "", "NAME", "       open - open a file, width 72")
    assert plain_lines("\x1b[1mx\x1b[0m  \n\n") == ("x",)


def test_no_man_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to get one; and what hangs is given up."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert INSTALL in manual_page("openat", 72).missing
    man = tmp_path / "man"
    man.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    man.chmod(0o755)
    assert "took more than" in manual_page("openat", 72, patience=0.2).missing
    assert manual_page("../../etc/passwd", 72).missing == "This is not a system call."


def test_a_call_is_looked_up_under_the_names_it_may_have() -> None:
    """The page of a variant is often that of the call it is a variant of."""
    assert names_of("futex_time64") == ("futex_time64", "futex")
    assert names_of("rt_sigaction")[-1] == "sigaction"
    assert "pread" in names_of("pread64")
