"""Best and worst, medians of repetitions, and how cost grows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.analyze.comparing import run
from tracer.analyze.compare.best import LESS, MORE, Standing, standings
from tracer.analyze.compare.growth import growths
from tracer.analyze.compare.repeat import together

BEST, WORST, BETWEEN = Standing.BEST, Standing.WORST, Standing.BETWEEN


def ranked(figure: str, *values: float | None, **given: Any) -> list[Standing]:
    return standings([run(f"r{n}", **{figure: value}, **given) for n, value in enumerate(values)], figure)


def test_less_is_better_and_more_is_better() -> None:
    assert ranked("kernel_ns", 5, 3, 11) == [BETWEEN, BEST, WORST]
    assert ranked("work_done", 5, 3, 11) == [BETWEEN, WORST, BEST]
    assert ranked("blocked_ns", 5, 3, 11) == [BETWEEN] * 3


def test_noise_is_no_difference() -> None:
    assert ranked("kernel_ns", 100, 103, 109) == [BETWEEN] * 3
    assert ranked("kernel_ns", 100, 103, 111) == [BEST, BETWEEN, WORST]
    assert ranked("kernel_ns", 100, 103, 111, spread={"kernel_ns": 6}) == [BETWEEN] * 3
    assert ranked("kernel_ns", 100, 103, 111, spread={"kernel_ns": 5}) == [BEST, BETWEEN, WORST]


def test_a_place_that_most_share_is_not_marked() -> None:
    assert ranked("wasted", 0, 0, 0, 7) == [BETWEEN, BETWEEN, BETWEEN, WORST]
    assert ranked("wasted", 0, 0, 5, 7) == [BEST, BEST, BETWEEN, WORST]


def test_runs_that_failed_and_figures_that_are_not_known_do_not_rank() -> None:
    runs = [run("a", kernel_ns=1, ok=False), run("b", kernel_ns=5), run("c", kernel_ns=7), run("d", kernel_ns=None)]
    assert standings(runs, "kernel_ns") == [BETWEEN, BEST, WORST, BETWEEN]


def test_a_lower_bound_is_never_best() -> None:
    runs = [run("a", payload_copied=0, bounds=True), run("b", payload_copied=5), run("c", payload_copied=9)]
    assert standings(runs, "payload_copied") == [BETWEEN, BEST, WORST]
    most = [run("a", payload_copied=1), run("b", payload_copied=5), run("c", payload_copied=9, bounds=True)]
    assert standings(most, "payload_copied") == [BEST, BETWEEN, WORST]


def test_wake_ups_rank_only_those_that_wait_for_their_messages() -> None:
    runs = [
        run("spin", useless_wakeups=0),
        run("a", useless_wakeups=0, ready=23),
        run("b", useless_wakeups=9, ready=23),
    ]
    assert standings(runs, "useless_wakeups") == [BETWEEN, BEST, WORST]


def test_only_equals_are_compared() -> None:
    runs = [run("a", clients=n, kernel_ns=v) for n, v in ((10, 5), (10, 9), (1000, 500), (1000, 700))]
    assert standings(runs, "kernel_ns") == [BEST, WORST, BEST, WORST]


@given(st.lists(st.one_of(st.none(), st.integers(0, 1000)), max_size=9), st.sampled_from(LESS + MORE))
def test_best_is_never_beaten(values: list[int | None], figure: str) -> None:
    places = ranked(figure, *values, ready=99)
    known = [value for value in values if value is not None]
    for value, place in zip(values, places, strict=True):
        if place is not BETWEEN:
            best = (place is BEST) == (figure in LESS)
            assert value == (min(known) if best else max(known))


def test_repetitions_become_their_median() -> None:
    runs = [
        run("a", kernel_ns=kernel, calls_per_message=calls) for kernel, calls in ((7, 1.0), (3, 2.0), (20, 4.0))
    ]
    one = together(runs)
    assert (one.figures.kernel_ns, one.figures.calls_per_message, one.figures.ok) == (7, 2.0, True)
    assert (one.spread["kernel_ns"], one.spread["calls_per_message"], one.spread["user_ns"]) == (13, 2.0, 0)


def test_one_repetition_that_failed_fails_all() -> None:
    bad = run("a", ok=False, reason="why")
    assert together([run("a"), bad, run("a")]) is bad
    assert together([run("a")]).spread == {}


def test_an_unknown_figure_stays_unknown() -> None:
    one = together([run("a", ready_per_wakeup=None), run("a", ready_per_wakeup=3.0)])
    assert one.figures.ready_per_wakeup is None
    assert "ready_per_wakeup" not in one.spread


def test_growth_needs_two_numbers_of_clients() -> None:
    grown = [run(f"poll {n}", model="poll", clients=n, control_copied=230 * n) for n in (1000, 10)]
    flat = [run("epoll", model="epoll", clients=10)]
    failed = [run("select", model="select", clients=n, ok=n == 10) for n in (10, 1000)]
    (growth,) = growths([*grown, *flat, *failed])
    assert [(point.clients, point.control_bytes) for point in growth.points] == [(10, 100), (1000, 10_000)]
    assert (growth.model, growth.clients_factor, growth.control_factor) == ("poll", 100, 100)
    assert growth.kernel_factor == pytest.approx(1)


def test_growth_from_nothing_has_no_factor() -> None:
    (growth,) = growths([run("blocking", model="blocking", clients=n) for n in (10, 100)])
    assert growth.control_factor is None
