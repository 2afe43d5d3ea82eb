"""Recordings without a name: where they go, what they are called, which are kept, which is the newest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer.recording import store
from tracer.recording.errors import MissingRecording, OutputExists, OutputFailed
from tracer.recording.writer import create


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/me"}, "/state/iotrace"),
        ({"XDG_STATE_HOME": "", "HOME": "/home/me"}, "/home/me/.local/state/iotrace"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.local/state/iotrace"),
    ],
)
def test_the_folder_follows_the_xdg_specification(environment: dict[str, str], folder: str) -> None:
    assert store.directory(environment) == Path(folder)


def test_a_name_tells_time_and_command_and_has_no_surprises(tmp_path: Path) -> None:
    path = store.new_path(tmp_path / "deep" / "iotrace", "/opt/a program\n;$(x)")
    assert path.parent == tmp_path / "deep" / "iotrace"
    assert path.name.split("-", 2)[2] == f"a_program_x_-{os.getpid()}.iotrace"
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_newest_20_are_kept_and_foreign_files_left_alone(tmp_path: Path) -> None:
    names = [f"20260101-0000{n:02}-dd-{n}.iotrace" for n in range(23)]
    for age, name in enumerate(names):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(age * 10**9, age * 10**9))
    (tmp_path / "mine.iotrace").touch()
    os.utime(tmp_path / "mine.iotrace", ns=(0, 0))
    store.new_path(tmp_path, "dd").touch()
    assert sorted(path.name for path in store.kept(tmp_path))[:19] == names[4:]
    assert len(store.kept(tmp_path)) == 20
    assert (tmp_path / "mine.iotrace").exists()


def test_the_newest_is_the_one_written_last(tmp_path: Path) -> None:
    old, new = tmp_path / "20260101-000000-b-1.iotrace", tmp_path / "20260101-000000-a-2.iotrace"
    for age, path in ((5, old), (7, new)):
        path.touch()
        os.utime(path, ns=(age, age))
    assert store.newest(tmp_path) == new


def test_a_recording_in_several_files_counts_once(tmp_path: Path) -> None:
    several = [f"20260101-000000-a-7.iotrace.{number:03d}" for number in range(23)]
    single = [f"20260102-0000{number:02d}-b-7.iotrace" for number in range(18)]
    for age, name in enumerate((*several, *single)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(age * 10**9, age * 10**9))
    store.new_path(tmp_path, "dd")
    assert len(store.kept(tmp_path)) == 23 + 18
    (tmp_path / "20260103-000000-c-7.iotrace").touch()
    store.new_path(tmp_path, "dd")
    assert sorted(path.name for path in store.kept(tmp_path))[:18] == single
    assert len(store.kept(tmp_path)) == 19


def test_no_recording_yet_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(MissingRecording, match="iotrace run nonblocking"):
        store.newest(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputFailed, match="-o FILE"):
        store.new_path(tmp_path / "file" / "iotrace", "dd")


def test_an_existing_file_needs_force_and_its_readers_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    path.write_text("old")
    with pytest.raises(OutputExists, match="--force"):
        create(path)
    with path.open() as reader:
        os.close(create(path, overwrite=True))
        assert reader.read() == "old"
    assert path.stat().st_size == 0
    assert path.stat().st_mode & 0o777 == 0o600
