"""Flame graphs of sums made by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from tracer.analyze.threads import Life
from tracer.export.flame_graph import WIDTH, amount_text, pieces
from tracer.export.folded import stack_lines
from tracer.export.speedscope import stack_chunks
from tracer.export.stack_sums import By, StackSum, StackSums

NAME = "{http://www.w3.org/2000/svg}"
SUMS = StackSums(
    [Life(1, 1, "server"), Life(1, 2, "worker")],
    [
        StackSum(0, ("main", "serve<int>"), "read", 3_000_000),
        StackSum(0, ("main", "wait;all"), "poll", 1_000_000),
        StackSum(1, ("[no stack kept]",), "futex", 4_000_000),
    ],
    kept=2, short=0, not_named={},
)  # fmt: skip


def boxes(by: By) -> dict[str, float]:
    """The width of every box, by what pointing at it tells."""
    root = ElementTree.fromstring("".join(pieces(SUMS, by, 'run "a" & b')))
    found = {}
    for group in root.iter(f"{NAME}g"):
        title, box = group.find(f"{NAME}title"), group.find(f"{NAME}rect")
        assert title is not None
        assert box is not None
        found[title.text or ""] = float(box.attrib["width"])
    return found


def test_width_is_the_share() -> None:
    found = boxes(By.BLOCKED)
    assert abs(found["main  4.000 ms, 50.0%"] - WIDTH / 2) < 1
    assert abs(found["serve<int>  3.000 ms, 37.5%"] - WIDTH * 3 / 8) < 1
    assert abs(found["read_[k]  3.000 ms, 37.5%"] - WIDTH * 3 / 8) < 1
    assert abs(found["all  8.000 ms, 100.0%"] - WIDTH) < 1


def test_nothing_to_draw_is_a_picture_too() -> None:
    text = "".join(pieces(SUMS._replace(sums=[]), By.CALLS, "run"))
    assert len(list(ElementTree.fromstring(text).iter(f"{NAME}g"))) == 0
    assert "0 calls" in text


def test_amounts() -> None:
    assert [amount_text(each, By.WASTED) for each in (7, 1500, 2_500_000, 3 * 10**9)] == [
        "7 ns", "1.500 µs", "2.500 ms", "3.000 s",
    ]  # fmt: skip
    assert amount_text(1, By.CALLS) == "1 call"


def test_lines_have_a_frame_between_semicolons() -> None:
    assert list(stack_lines(SUMS)) == [
        "server 1;server 1;main;serve<int>;read_[k] 3000000\n",
        "server 1;server 1;main;wait:all;poll_[k] 1000000\n",
        "server 1;worker 2;[no stack kept];futex_[k] 4000000\n",
    ]


def test_speedscope_has_a_profile_a_thread() -> None:
    import json

    document = json.loads(b"".join(stack_chunks(SUMS, "blocked", "nanoseconds")))
    assert [each["endValue"] for each in document["profiles"]] == [4_000_000, 4_000_000]
    frames = [each["name"] for each in document["shared"]["frames"]]
    assert [frames[place] for place in document["profiles"][0]["samples"][0]] == [
        "server 1", "server 1", "main", "serve<int>", "read_[k]",
    ]  # fmt: skip
