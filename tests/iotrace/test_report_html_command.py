"""`iotrace report --html`: where the page goes, what is refused, and recordings that are not whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iotrace.main import run
from tests.iotrace.pages import RECORDINGS, tree_of
from tests.iotrace.running import iotrace

EPOLL = RECORDINGS / "epoll.iotrace"


def test_it_writes_a_page_and_says_where(tmp_path: Path) -> None:
    done = iotrace("report", EPOLL, "--html", "out.html", home=tmp_path, cwd=tmp_path)
    assert (done.status, done.out) == (0, "")
    assert done.err == "iotrace: the report as a page: out.html\n"
    assert "epoll-level" in tree_of((tmp_path / "out.html").read_text(encoding="utf-8")).text
    assert os.listdir(tmp_path) == ["out.html"]


def test_the_page_may_go_to_stdout(tmp_path: Path) -> None:
    done = iotrace("report", EPOLL, "--html", "-", home=tmp_path)
    assert (done.status, done.err) == (0, "")
    assert "epoll-level" in tree_of(done.out).text


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    out.write_text("mine")
    done = iotrace("report", EPOLL, "--html", out, home=tmp_path)
    assert done.status == 2
    assert "exists and is not overwritten" in done.err
    assert out.read_text() == "mine"
    assert iotrace("report", EPOLL, "--html", out, "--force", home=tmp_path).status == 0
    assert out.read_text().startswith("<!DOCTYPE html>")


def test_the_recording_is_never_overwritten(tmp_path: Path) -> None:
    copy = tmp_path / "run.iotrace"
    copy.write_bytes(EPOLL.read_bytes())
    done = iotrace("report", copy, "--html", copy, "--force", home=tmp_path)
    assert done.status == 2
    assert "is the recording itself" in done.err
    assert copy.read_bytes() == EPOLL.read_bytes()


@pytest.mark.parametrize("out", ["missing/out.html", "."])
def test_a_place_that_cannot_be_written_is_refused_first(tmp_path: Path, out: str) -> None:
    done = iotrace("report", EPOLL, "--html", tmp_path / out, home=tmp_path)
    assert done.status == 2
    assert "cannot be written" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--html", "x.html", "--json"], "--html has all tables"),
        (["--html", "x.html", "--by", "fd"], "--html has all tables"),
        (["--html", "x.html", "--limit", "3"], "--html has all tables"),
        (["--force"], "--force is for --html"),
        (["--html"], "requires an argument"),
        (["--html", "x.html", "--phase", "nope"], "no phase 'nope'"),
    ],
)
def test_bad_usage(
    tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["report", str(EPOLL), *words]) == 2
    assert said in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_another_phase(tmp_path: Path) -> None:
    whole = tree_of(iotrace("report", EPOLL, "--html", "-", "--phase", "all", home=tmp_path).out)
    assert "phase measure" not in whole.text
    assert "execve" in whole.text


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_recording_that_was_cut_off(tmp_path: Path, part: float) -> None:
    whole = EPOLL.read_bytes()
    cut = tmp_path / "cut.iotrace"
    cut.write_bytes(whole[: int(len(whole) * part)])
    done = iotrace("report", cut, "--html", tmp_path / "out.html", home=tmp_path)
    assert done.status == 0
    assert "is incomplete" in done.err
    assert "Incomplete: " in tree_of((tmp_path / "out.html").read_text()).text


def test_what_is_no_recording(tmp_path: Path) -> None:
    done = iotrace("report", Path(__file__), "--html", tmp_path / "out.html", home=tmp_path)
    assert done.status != 0
    assert not (tmp_path / "out.html").exists()


def test_a_full_disk_leaves_no_half_page(tmp_path: Path) -> None:
    done = iotrace("report", EPOLL, "--html", "/dev/full", home=tmp_path)
    assert done.status == 125
    assert "cannot be written: No space left" in done.err
