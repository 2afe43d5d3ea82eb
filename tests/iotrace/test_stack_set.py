"""`--stacks`: what its words mean, and that it needs none."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotrace.failures import USAGE, Failure
from iotrace.stack_set import DEFAULT, parse, spelled_out
from tests.iotrace.running import iotrace
from tracer.capture.stack_choice import StackChoice


@pytest.mark.parametrize(
    ("text", "choice"),
    [(DEFAULT, StackChoice(wasted=True, blocked_ns=1_000_000)), ("all", StackChoice(every=True)),
     ("blocked", StackChoice(blocked_ns=1_000_000)),
     ("Failed,blocked>5s", StackChoice(failed=True, blocked_ns=5 * 10**9)),
     ("blocked>2ms,blocked>50us", StackChoice(blocked_ns=50_000)),
     ("read,write", StackChoice(names=frozenset({"read", "write"})))],
)  # fmt: skip
def test_what_it_means(text: str, choice: StackChoice) -> None:
    assert parse(text) == choice


def test_patterns_and_exceptions() -> None:
    assert {"epoll_wait", "epoll_pwait2"} <= parse("wasted,epoll_*").names
    assert "futex" not in parse("!futex").names
    assert "read" in parse("!futex").names


@pytest.mark.parametrize("text", ["", "blocked>", "blocked>5", "blockedbyme", "nosuchcall", "%nope", "read,,write"])
def test_what_is_wrong(text: str) -> None:
    with pytest.raises(Failure) as failed:
        parse(text)
    assert failed.value.exit_status == USAGE
    assert str(failed.value).startswith("--stacks=")


def test_alone_it_takes_no_other_word() -> None:
    assert spelled_out(["--stacks", "nonblocking"]) == [f"--stacks={DEFAULT}", "nonblocking"]
    assert spelled_out(["--stacks=all", "4242"]) == ["--stacks=all", "4242"]


def test_bad_words_are_refused_before_anything_starts(tmp_path: Path) -> None:
    ran = iotrace("record", "--stacks=blocked>soon", "--", "true", home=tmp_path)
    assert ran.status == USAGE
    assert "says no time" in ran.err


def test_only_flame_graphs_have_stacks(tmp_path: Path) -> None:
    ran = iotrace("export", "--to", "csv", "--stacks", "blocked", home=tmp_path)
    assert ran.status == USAGE
    assert "--to flamegraph" in ran.err
