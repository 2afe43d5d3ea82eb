"""Columns of lines: wherever they lie, they are arrays of their own that keep what is written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tracer.analyze.lines.room import Room

KINDS = ("<i8", "<f4", "<i2", "u1", "u1")
LENGTH = 4096
CHUNKS = 7


def mapped(folder: Path) -> bool:
    """Whether a file without a name that lies in `folder` is mapped into this process."""
    return any(
        str(folder) in line and "(deleted)" in line for line in Path("/proc/self/maps").read_text().splitlines()
    )


@pytest.mark.parametrize("in_memory", [0, 3, CHUNKS])
def test_every_chunk_keeps_its_own_values(in_memory: int, tmp_path: Path) -> None:
    room = Room(in_memory, tmp_path)
    made = [room.columns(KINDS, LENGTH) for _ in range(CHUNKS)]
    for number, chunk in enumerate(made):
        for place, column in enumerate(chunk):
            column[:] = 11 * number + place
    for number, chunk in enumerate(made):
        assert [str(column.dtype) for column in chunk] == ["int64", "float32", "int16", "uint8", "uint8"]
        for place, column in enumerate(chunk):
            assert np.array_equal(column, np.full(LENGTH, 11 * number + place, column.dtype))


def test_only_what_comes_after_the_first_lies_in_a_file_and_that_has_no_name(tmp_path: Path) -> None:
    room = Room(5, tmp_path)
    kept = [room.columns(KINDS, LENGTH) for _ in range(5)]
    assert not mapped(tmp_path)
    kept += [room.columns(KINDS, LENGTH) for _ in range(2)]
    assert mapped(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(kept) == CHUNKS


def test_without_a_place_for_the_file_it_is_memory(tmp_path: Path) -> None:
    room = Room(0, tmp_path / "missing")
    (column,) = room.columns(("<i8",), LENGTH)
    column[:] = 23
    assert int(column.sum()) == 23 * LENGTH
    assert not mapped(tmp_path)


def test_on_a_full_disk_it_is_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int, _offset: int, _size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    room = Room(0, tmp_path)
    columns = room.columns(KINDS, LENGTH)
    assert [len(column) for column in columns] == [LENGTH] * len(KINDS)
    assert not mapped(tmp_path)
