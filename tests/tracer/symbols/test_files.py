"""Which files count as those that were mapped, and what maps of generated code say."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from tracer.symbols.files import Mapped, find
from tracer.symbols.names import name_of
from tracer.symbols.perf_map import PerfMap, perf_map_of


def mapped(path: Path, inode: int | None = None, *, ours: bool = True, later: int = 0) -> Mapped:
    state = os.stat(path)
    return Mapped(str(path), state.st_ino if inode is None else inode, state.st_ctime_ns + later, 1 << 22, ours)


def program(folder: Path) -> Path:
    copy = folder / "python"
    shutil.copy(os.path.realpath(sys.executable), copy)
    return copy


def test_the_same_file_is_taken(tmp_path: Path) -> None:
    path = program(tmp_path)
    assert find(mapped(path)).image is not None
    assert find(mapped(path, 0)).image is not None
    assert find(mapped(path, ours=False)).image is not None  # known by its inode


def test_another_one_is_not(tmp_path: Path) -> None:
    """A later change, another inode, another root, or nothing at all: and it is said."""
    path = program(tmp_path)
    assert find(mapped(path, later=-1)).why_not == "changed since"
    assert find(mapped(path, 12345)).why_not == "changed since"
    assert find(mapped(path, 0, ours=False)).why_not == "of another root"
    gone = mapped(path)._replace(path=f"{path}.gone")
    assert find(gone).why_not == "not there"
    assert find(gone._replace(path=f"{path} (deleted)")).why_not == "deleted"
    (tmp_path / "text").write_text("no program")
    assert find(mapped(tmp_path / "text")).why_not == "no ELF file"


def test_a_place_without_a_name_is_an_offset(tmp_path: Path) -> None:
    frame = name_of(mapped(program(tmp_path), later=-1), 0x1234)
    assert (frame.name, frame.why_not) == ("python+0x1234", "changed since")


def test_functions_of_a_map() -> None:
    """The later of two at one address; a cut line is left out."""
    made = PerfMap(b"1000 20 first\n2000 10 js:old\n2000 8 js: new one\n3000 ")
    assert [made.at(each) for each in (0xFFF, 0x1000, 0x101F, 0x1020, 0x2007, 0x2008)] == [
        None, "first", "first", None, "js: new one", None,
    ]  # fmt: skip


def test_the_map_of_an_earlier_process_with_that_number_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "perf-4242.map"
    path.write_text("1000 20 function\n")
    now = time.time_ns()
    assert perf_map_of(4242, now - 10**10, tmp_path, tmp_path) is not None
    assert perf_map_of(4242, now + 10**10, tmp_path, tmp_path) is None
    assert perf_map_of(4243, 0, tmp_path, tmp_path) is None
