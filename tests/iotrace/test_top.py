"""`iotrace top` without the kernel: its options, names from /proc, text and JSON."""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from iotrace import top, top_source
from iotrace.failures import OURS, Failure
from iotrace.top_source import TopSource
from iotrace.top_text import document, table
from tests.iotrace.running import iotrace
from tracer.analyze.top import SORTS, TopCounts, TopProcess, TopView
from tracer.capture.ebpf import top_loading
from tracer.capture.ebpf.bpf import BpfRefused
from tracer.capture.ebpf.top_reading import Counted, TopReader

VIEW = TopView(
    2_000_000_000,
    (
        TopProcess(7, "cat", "cat -- \x1b]0;title\x07", False, TopCounts(40, 3, 2, 90_000, 1 << 20, 1 << 20)),
        TopProcess(4242, "spin", "spin " + "x" * 200, False, TopCounts(10_000, 0, 0, 1_500_000_000, 0, 0)),
    ),
)


@dataclass
class FakeReader:
    """Tells what it was given."""

    looks: list[Counted] = field(default_factory=list)

    def look(self) -> Counted:
        return self.looks.pop(0)

    def name(self, pid: int) -> str:
        return f"name of {pid}"


def source(proc: Path, *looks: Counted) -> TopSource:
    return TopSource(cast(TopReader, FakeReader(list(looks))), proc)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--interval", "0"], "--interval"),
        (["--interval", "soon"], "--interval"),
        (["--count", "0"], "--count"),
        (["--sort", "colour"], "--sort"),
        (["4242"], "unexpected extra argument"),
    ],
)
def test_bad_usage(words: list[str], said: str, tmp_path: Path) -> None:
    """Is said before anything is loaded."""
    ran = iotrace("top", *words, home=tmp_path)
    assert ran.status == 2
    assert said in ran.err
    assert ran.out == ""


def test_every_column_can_be_sorted_by() -> None:
    """The command and the view know the same."""
    assert top._SORTS == SORTS


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (BpfRefused("making a map", errno.EPERM), "sudo iotrace top"),
        (
            BpfRefused("loading the program for sys_enter", errno.EINVAL, "a log"),
            "loading the program for sys_enter",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file", "/sys/kernel/btf/vmlinux"),
            "here: vmlinux: No such file.",
        ),
        (ValueError("cut off"), "here: cut off.\nIt does so by BPF programs. They need Linux 6.1"),
    ],
)
def test_what_cannot_be_loaded_is_said(refusal: Exception, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In two lines, with what to do."""

    def refuse(_calls: bytes) -> None:
        raise refusal

    monkeypatch.setattr(top_loading, "load_top", refuse)
    with pytest.raises(Failure) as failure:
        top_source.opened()
    assert said in str(failure.value)
    assert "iotrace " in str(failure.value)
    assert failure.value.exit_status == OURS
    assert len(str(failure.value).splitlines()) == 2


def test_names_are_from_proc(tmp_path: Path) -> None:
    """Those of processes that are gone as they were last known, else, and where /proc hides them, the kernel's."""
    for pid, name, command in ((12, "cat", b"cat\0-u\0"), (13, "kworker", b"")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "comm").write_text(f"{name}\n")
        (tmp_path / str(pid) / "cmdline").write_bytes(command)
    counts = (5, 0, 0, 100, 0, 0)
    looks = source(
        tmp_path,
        Counted(10**9, {12: counts, 13: counts, 14: counts, 0: counts}, {14: "true"}, 2),
        Counted(10**9, {12: counts, 15: counts}, {12: "cat"}, 0),
    )
    first = looks.look()
    assert [(each.pid, each.name, each.command, each.ended) for each in first.processes] == [
        (12, "cat", "cat -u", False),
        (13, "kworker", "", False),
        (14, "true", "", True),
        (None, "processes of other pid namespaces", "", False),
    ]
    assert first.lost == 2
    assert [(each.name, each.command, each.ended) for each in looks.look().processes] == [
        ("cat", "cat -u", True),
        ("name of 15", "", False),
    ]


def test_text_has_whole_commands_unless_it_is_for_a_terminal() -> None:
    """And nothing that a terminal would obey."""
    lines = [line.plain for line in table(VIEW, "calls", 0, None)]
    assert lines[0].endswith(
        "5,020 calls/s · 1.0 wasted · 1.5 failed · kernel 0.75 CPUs · read 512K · written 512K"
    )
    assert " 2.00 s " in lines[0]
    assert lines[1].split()[:2] == ["pid", "calls/s▾"]
    assert lines[2].endswith("spin " + "x" * 200)
    assert lines[3].split()[:2] == ["7", "20"]
    assert lines[-1] == ""
    assert not any("\x1b" in line for line in lines)
    assert all(
        len(line) <= 80 for line in (each.plain for each in table(VIEW, "pid", 0, 80)) if "calls/s ·" not in line
    )


def test_json_has_counts_of_the_interval() -> None:
    """A line, whatever the names are; in the order asked for."""
    line = document(VIEW, "pid", 12.5)
    assert "\n" not in line
    found = json.loads(line)
    assert list(found) == ["format", "at_unix_ns", "interval_ns", "lost", "totals", "processes"]
    assert (found["format"], found["at_unix_ns"], found["interval_ns"]) == (1, 12_500_000_000, 2_000_000_000)
    assert [each["pid"] for each in found["processes"]] == [7, 4242]
    assert found["processes"][0] == {
        "pid": 7, "name": "cat", "command": "cat -- \x1b]0;title\x07", "ended": False,
        "calls": 40, "failed": 3, "wasted": 2, "kernel_ns": 90_000, "bytes_read": 1 << 20, "bytes_written": 1 << 20,
        "calls_per_second": 20.0,
    }  # fmt: skip
    assert found["totals"]["calls"] == 10_040
