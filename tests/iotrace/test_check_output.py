"""What a check says: a line for each budget, places and findings below, nothing that can draw on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from iotrace.checking.names import Figured
from iotrace.checking.output import FINDINGS, document, lines
from iotrace.checking.places import Place
from iotrace.checking.recording import Checked
from iotrace.checking.verdicts import judge
from tests.iotrace.reports import finding, report, totals

PLACE = Place("read", 7, 8, "wor\x1bker", 20, (5, 6, 1234))


def checked(most: dict[str, float | str], *rules: str, found: int = 1) -> Checked:
    figured = Figured(report(findings=(finding(),) * found, totals=totals(useless_wakeups=None)))
    return Checked(Path("run.iotrace"), None, judge(figured, most, {}, rules), dict.fromkeys(most, (PLACE,)))


def test_places_and_findings_stand_below_what_they_broke() -> None:
    assert lines(checked({"wasted": 0}, "busy-wait", "fd-leak")) == [
        "broken  wasted: 20, at most 0",
        "          20 in read of thread 8 (wor␛ker), rows 5, 6, 1,234",
        "broken  no finding busy-wait: 1 finding",
        "          busy-wait (high), process 7, fd 3, read, rows 5, 6: read spins",
        "            → wait with poll",
        "holds   no finding fd-leak: none",
    ]


def test_only_what_is_not_kept_for_assertions() -> None:
    said = lines(checked({"calls": 99, "useless_wakeups": 0}, "fd-leak"), holding=False)
    assert said[0] == (
        "unknown useless_wakeups: not known, at most 0; it is not known what was transferred after the wake-ups"
    )
    assert not any(line.startswith("holds") for line in said)


def test_places_are_in_the_unit_of_their_figure() -> None:
    said = [
        line for line in lines(checked({"kernel": 0, "read.wall_p99": 0, "payload": 0, "cpu": 0})) if " in " in line
    ]
    assert [line.split(" in ")[0].strip() for line in said] == ["20 ns", "up to 20 ns", "20 B", "20 ns"]


def test_many_findings_are_counted() -> None:
    said = lines(checked({}, "any", found=FINDINGS + 3))
    assert said[0] == "broken  no finding any: 8 findings"
    assert said[-1] == "          … 3 more findings: --json"


def test_the_document_has_values_without_units() -> None:
    words = json.loads(json.dumps(document(checked({"kernel": "1us", "useless_wakeups": 0}, "high"))))
    assert (words["format"], words["file"], words["ok"], words["phase"]) == (1, "run.iotrace", False, None)
    kernel, useless = words["budgets"]
    assert {name: kernel[name] for name in ("name", "limit", "value", "measured", "unit", "state")} == {
        "name": "kernel", "limit": "max", "value": 1000, "measured": 2000, "unit": "ns", "state": "broken",
    }  # fmt: skip
    assert kernel["where"] == [
        {"syscall": "read", "pid": 7, "tid": 8, "thread": "wor\x1bker", "amount": 20, "rows": [5, 6, 1234]}
    ]
    assert (useless["measured"], useless["state"]) == (None, "unknown")
    (high,) = words["no_finding"]
    assert (high["state"], high["findings"][0]["rule"], high["findings"][0]["rows"]) == (
        "broken",
        "busy-wait",
        [5, 6],
    )
