"""The document written piece by piece is, to the byte, the one that is encoded at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iotrace.json_report import document
from iotrace.json_text import text_of
from tests.iotrace.reports import report
from tracer.analyze.results import Copies, DescriptorRow
from tracer.analyze.whole import tally_of
from tracer.recording.reader import Recording

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
ODD = 'a "b"\\\n \x01é\u2028😀},\n   {"fds": []'
"""What a path may be."""


def row(fd: int, what: str, nonblocking: bool | None) -> DescriptorRow:
    return DescriptorRow(7, fd, 2, what, "openat", nonblocking, 23, 11, Copies(1, 2, 3, 4, 5, 6, 7))


@pytest.mark.parametrize("name", ["epoll", "nonblocking"])
@pytest.mark.parametrize("phase", [None, "measure"])
def test_a_recording_reads_the_same(name: str, phase: str | None) -> None:
    with Recording.open(RECORDINGS / f"{name}.iotrace") as recording:
        found = tally_of(recording).report(phase)
    assert found.fds
    assert "".join(text_of(found)) == json.dumps(document(found), indent=1)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_any_words_and_any_number(count: int) -> None:
    rows = [row(place, ODD, known) for place, known in enumerate((True, False, None))][:count]
    found = report(command=("prog", ODD), fds=tuple(rows))
    assert "".join(text_of(found)) == json.dumps(document(found), indent=1)
