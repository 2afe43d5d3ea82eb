"""What /proc tells of why a process may not be traced; a made-up /proc, as for an ordinary user."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotrace import attach_refusals
from iotrace.failures import cannot_trace

STATUS = (
    "Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{gid}\t{gid}\t{gid}\t{gid}\n"
    "TracerPid:\t{tracer}\nCapEff:\t{caps}\nNSpid:\t{ns}\n"
)
US = {"name": "us", "uid": 65534, "gid": 65534, "tracer": 0, "caps": "0", "ns": 7}


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(attach_refusals, "_PROC", tmp_path)
    put(tmp_path, "self")
    return tmp_path


def put(proc: Path, pid: str, **values: object) -> None:
    (proc / pid).mkdir()
    (proc / pid / "status").write_text(STATUS.format_map({**US, **values}))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"uid": 0}, "It is root's, and you are nobody"),
        ({"gid": 0}, "other groups"),
        ({"tracer": 23}, "by process 23 (gone)"),
        ({}, "not dumpable"),  # the file is the tester's, who is not 65534
    ],
)
def test_the_reason_is_named(proc: Path, values: dict[str, object], said: str) -> None:
    put(proc, "42", **values)
    reason = attach_refusals.reason(42)
    assert reason is not None
    assert said in reason
    message = str(cannot_trace("seize", "EPERM", "42 (prog)", reason))
    assert said in message
    assert len(message.splitlines()) <= 3


def test_whoever_may_trace_anything_is_told_of_tracers_only(proc: Path) -> None:
    (proc / "self" / "status").write_text(STATUS.format_map({**US, "caps": "80000"}))
    put(proc, "42", uid=0)
    assert attach_refusals.reason(42) is None


def test_a_process_that_is_gone_has_no_reason(proc: Path) -> None:
    assert attach_refusals.reason(42) is None
    assert attach_refusals.name_of(42) == "gone"


def test_numbers_in_other_pid_namespaces(proc: Path) -> None:
    put(proc, "4000", name="server", ns="4000\t42")
    put(proc, "42000", ns=42)  # its only number
    said = attach_refusals.numbered_inside(42)
    assert said is not None
    assert "4000 (server)" in said
    assert "iotrace attach 4000" in said
    put(proc, "5000", name="other", ns="5000\t42")
    said = attach_refusals.numbered_inside(42)
    assert said is not None
    assert "4000 (server), 5000 (other)" in said
    assert "iotrace attach" not in said
    assert attach_refusals.numbered_inside(43) is None
