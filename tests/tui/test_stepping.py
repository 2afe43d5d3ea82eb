"""The keys that hold the program and let it go on, on a screen whose source and run are fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.fakes import PID, FakeRun, FakeSource
from tests.tui.test_screen import calls, opened, shown
from tests.tui.waiting import until
from tracer.analyze.holds import Hold
from tui.screens.main import MainScreen
from tui.widgets.step_panel import StepPanel

ENTRY, EXIT = Hold(PID, PID, 1, True, 9), Hold(PID, PID, 2, False, 11)
OTHER = Hold(PID, PID + 1, 1, True, 10)


@asynccontextmanager
async def live(*holds: Hold, stepping: bool = True) -> AsyncIterator[tuple[Pilot[int], FakeRun, FakeSource]]:
    source, run = FakeSource(live=True), FakeRun()
    run.stepping = stepping
    source.holds = holds
    async with opened(source, run) as pilot:
        if stepping:
            await until(pilot, lambda: ("HELD before" if holds else "NOT HELD YET") in shown(pilot))
        yield pilot, run, source


def panel(pilot: Pilot[int]) -> StepPanel:
    return pilot.app.screen_stack[1].query_one(StepPanel)


async def test_s_holds_a_live_program_and_says_that_it_waits() -> None:
    async with live(stepping=False) as (pilot, run, source):
        assert not panel(pilot).display
        await pilot.press("s")
        assert run.asked == ["hold"]
        await until(pilot, lambda: "NOT HELD YET" in shown(pilot))
        source.holds = (ENTRY,)
        await until(pilot, lambda: "HELD before read(3, 0x7ffe1230, 64)" in shown(pilot))


async def test_s_steps_the_thread_that_is_shown_and_the_list_follows() -> None:
    async with live(ENTRY) as (pilot, run, source):
        await pilot.press("s")
        assert run.asked == [f"step {PID}"]
        source.holds = (EXIT,)
        await until(pilot, lambda: "HELD after read(3, 0x7ffe1230, 64) = 64" in shown(pilot))
        assert calls(pilot).line == source.snapshot().settled


async def test_c_and_capital_c_run_on_to_a_call() -> None:
    async with live(ENTRY) as (pilot, run, _):
        await pilot.press("c", "C")
        assert run.asked == ["until call 0 0", f"until fd {PID} 3"]


async def test_m_runs_on_to_where_the_work_of_a_model_begins() -> None:
    """Its interpreter makes a thousand calls before."""
    async with live(ENTRY) as (pilot, run, source):
        assert "m To mark" in shown(pilot).splitlines()[-1]
        await pilot.press("m")
        assert run.asked == ["until mark"]
        source.holds = ()
        await until(pilot, lambda: "runs until the next mark begins" in shown(pilot))
        await pilot.press("r", "m")
        assert run.asked == ["until mark", "release"], "the key is the list's again"


async def test_while_it_runs_on_to_a_call_the_panel_says_to_which() -> None:
    async with live(ENTRY) as (pilot, _, source):
        await pilot.press("c")
        source.holds = ()
        await until(pilot, lambda: "runs until the next read begins" in shown(pilot))
        await pilot.press("s")
        await until(pilot, lambda: "held when" in shown(pilot))


async def test_r_lets_all_run_on_and_the_panel_goes() -> None:
    async with live(ENTRY) as (pilot, run, _):
        await pilot.press("r")
        assert run.asked == ["release"]
        assert not panel(pilot).display
        await pilot.press("c")
        assert run.asked == ["release"], "the key is the list's again"


async def test_the_thread_shown_stays_until_it_goes_on_and_t_shows_another() -> None:
    async with live(ENTRY) as (pilot, run, source):
        source.holds = (ENTRY, OTHER)
        await until(pilot, lambda: panel(pilot).several)
        assert panel(pilot).call is not None
        await pilot.press("t", "s")
        assert run.asked == [f"step {PID + 1}"]
        source.holds = (ENTRY,)
        await until(pilot, lambda: not panel(pilot).several)
        await pilot.press("s")
        assert run.asked == [f"step {PID + 1}", f"step {PID}"]


async def test_letters_that_are_typed_are_letters() -> None:
    async with live(ENTRY) as (pilot, run, _):
        field = Input()
        await pilot.app.screen.mount(field)
        field.focus()
        await pilot.press("r", "c", "C", "s", "t")
        assert field.value == "rcCst"
        assert run.asked == []


async def test_keys_of_the_program_s_terminal_are_the_program_s() -> None:
    async with live(ENTRY) as (pilot, run, _):
        await pilot.press("8", "s", "r", "c")
        assert run.asked == []


async def test_when_the_program_has_ended_there_is_nothing_to_step() -> None:
    async with live(ENTRY) as (pilot, run, source):
        source.live = False
        await until(pilot, lambda: not panel(pilot).display)
        await pilot.press("s")
        assert run.asked == []


async def test_a_finished_recording_does_not_offer_to_step() -> None:
    async with opened(FakeSource()) as pilot:
        await pilot.press("s")
        assert "Step" not in shown(pilot).splitlines()[-1]
        assert isinstance(pilot.app.screen_stack[1], MainScreen)
        assert not panel(pilot).display
