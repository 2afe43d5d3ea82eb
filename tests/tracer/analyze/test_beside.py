"""A second thread changes when things are done, not what comes out; what goes wrong there is heard here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.generate import generate
from tracer.analyze.beside import Beside, ahead
from tracer.analyze.diagnosis import Diagnosis
from tracer.recording.reader import Recording
from tracer.recording.stretches import stretches

COUNT = 23


def failing_at(number: int) -> Iterator[int]:
    for each in range(COUNT):
        if each == number:
            raise ValueError(f"piece {each}")
        yield each


def test_pieces_come_in_order_from_another_thread() -> None:
    made_in: set[int] = set()

    def pieces() -> Iterator[int]:
        for each in range(COUNT):
            made_in.add(threading.get_ident())
            yield each

    assert list(ahead(pieces())) == list(range(COUNT))
    assert len(made_in) == 1
    assert threading.get_ident() not in made_in


def test_no_pieces_are_none() -> None:
    assert list(ahead(iter(()))) == []


def test_a_piece_that_cannot_be_made_ends_it_here() -> None:
    seen: list[int] = []
    with pytest.raises(ValueError, match="piece 7"):
        seen.extend(ahead(failing_at(7)))
    assert seen == list(range(7))


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    pieces = ahead(iter(range(COUNT)))
    assert next(pieces) == 0
    pieces.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_work_is_done_in_order_and_all_of_it() -> None:
    done: list[int] = []
    with Beside() as beside:
        for each in range(COUNT):
            beside.do(done.append, each)
    assert done == list(range(COUNT))


@pytest.mark.parametrize("failing", [0, 7, COUNT - 1])
def test_what_fails_there_is_raised_here(failing: int) -> None:
    def work(each: int) -> None:
        if each == failing:
            raise ValueError(f"work {each}")

    def all_of_it() -> None:
        with Beside() as beside:
            for each in range(COUNT):
                beside.do(work, each)

    with pytest.raises(ValueError, match=f"work {failing}"):
        all_of_it()


def test_a_failure_here_is_the_one_that_is_raised() -> None:
    def work() -> None:
        raise ValueError("there")

    def here() -> None:
        with Beside() as beside:
            beside.do(work)
            raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        here()


@pytest.mark.parametrize("phase", [None, "measure"])
def test_a_diagnosis_beside_is_that_of_one_thread(tmp_path: Path, phase: str | None) -> None:
    generate(tmp_path / "long.iotrace", 70_011, seed=11)
    with Recording.open(tmp_path / "long.iotrace") as recording:
        alone, both = Diagnosis(recording.header), Diagnosis(recording.header)
        alone.add_all(stretches(recording.batches))
        both.take_in(recording)
    assert both.report(phase) == alone.report(phase)
    assert alone.report(phase).findings
