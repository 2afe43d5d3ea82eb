"""The page about asynchronous operations: its commands work, and it names what the report says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.live.markdown import DOCS, commands
from tests.live.recorded import iotrace

PAGE = "asynchronous.md"


@pytest.mark.parametrize("file", ["uring", "aio", "sigio"])
def test_the_commands_of_the_page(file: str, tmp_path: Path) -> None:
    lines = [line for line in commands(PAGE) if f"{file}.iotrace" in line]
    assert len(lines) >= 2
    for line in lines:
        program, *arguments = line.split()
        assert program == "iotrace"
        done = iotrace(*arguments, cwd=tmp_path)
        if "io_uring_setup" in done.stderr:
            pytest.skip("io_uring is switched off here")
        assert done.returncode == 0, done.stderr
        if "--json" in arguments:
            assert list(json.loads(done.stdout)["operations"]) == ["count", "summary", "list"]
        elif "report" in arguments:
            assert "no asynchronous operations" not in done.stdout
            assert " 1: fd " in done.stdout


def test_every_command_is_run() -> None:
    assert all(any(f"{file}.iotrace" in line for file in ("uring", "aio", "sigio")) for line in commands(PAGE))


def test_every_kind_and_every_conclusion_is_on_the_page() -> None:
    text = (DOCS / PAGE).read_text(encoding="utf-8")
    kinds = ("`io_uring`", "`posix-aio`", "`native-aio`", "`sigio`")
    for word in (*kinds, "others overwritten unseen", "*Submission*", "*Notification*", "Submitted without a call"):
        assert word in text
