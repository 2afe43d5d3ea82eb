"""Programs whose privileges are lost under an ordinary user's tracer are named before they run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iotrace import privileged


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody else's, as the one who starts it sees it."""
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n")
    monkeypatch.setattr(privileged, "_may_trace_anything", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    monkeypatch.setattr(os, "getegid", lambda: path.stat().st_gid + 1)
    return path


@pytest.mark.parametrize(
    ("mode", "said"), [(0o4755, "is set-uid"), (0o2755, "is set-gid"), (0o2745, None), (0o755, None)]
)
def test_what_is_said(program: Path, mode: int, said: str | None) -> None:
    program.chmod(mode)
    told = privileged.note(str(program))
    assert (told is None) == (said is None)
    if told is not None and said is not None:
        assert said in told
        assert "sudo" in told
        assert len(told.splitlines()) <= 3


def test_nothing_is_lost_under_a_tracer_that_may_trace_anything(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.chmod(0o4755)
    monkeypatch.setattr(privileged, "_may_trace_anything", lambda: True)
    assert privileged.note(str(program)) is None


def test_one_s_own_set_uid_program_gains_nothing(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program.chmod(0o4755)
    monkeypatch.setattr(os, "geteuid", lambda: program.stat().st_uid)
    assert privileged.note(str(program)) is None
    assert privileged.note("/no/such/program") is None
