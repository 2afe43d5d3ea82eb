"""What the word at the cursor may become."""

from __future__ import annotations

import errno

import pytest

from tests.tracer.analyze.filter.known import PID, Taken, born, call, marked, opened
from tracer.analyze.filter.completion import complete
from tracer.analyze.filter.vocabulary import Vocabulary


@pytest.fixture
def vocabulary() -> Vocabulary:
    """Three reads, a readv and a write of which one failed; threads, a phase, descriptors 3 and 31."""
    taken = Taken()
    taken.add(
        [
            born(0, PID, "main"),
            born(1, PID + 1, "worker"),
            born(2, PID + 2, "worker"),
            marked(3, "begin my phase"),
            opened(10, 3, "/etc/hosts"),
            opened(11, 31, "/etc/passwd"),
            *[call("read", 20 + n, 3, 0, 1, result=1) for n in range(3)],
            call("readv", 30, 31, 0, 1, result=-errno.EAGAIN),
            call("write", 40, 1, 0, 1, result=1),
        ]
    )
    return Vocabulary(taken.known)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("read ", []),
        ("rea", ["read", "readv", "thread:"]),
        ("failed -rea", ["read", "readv", "thread:"]),
        ("(rea", ["read", "readv", "thread:"]),
        ("close,rea", ["read", "readv", "thread:"]),
        ("readv", []),
        ("%n", ["%net"]),
        ("was", ["wasted"]),
        ("ker", ["kernel>"]),
        ("fd:", ["1", "3", "31"]),
        ("fd:31", []),
        ("fd:4,3", ["31"]),
        ("tid:", [str(PID), str(PID + 1), str(PID + 2)]),
        ("pid:", [str(PID)]),
        ("thread:", ["worker", "main"]),
        ("err:", ["EAGAIN"]),
        ("phase:", ['"my phase"']),
        ("since:", []),
        (">5", ["us", "ms", "s", "ns"]),
        ("kernel>5m", ["ms"]),
        ("kernel>5ms", []),
        ("bytes>5", []),
        ("/rea", []),
    ],
)
def test_choices_are_what_the_recording_has(text: str, words: list[str], vocabulary: Vocabulary) -> None:
    """The commonest first; what begins like the word before what only contains it."""
    assert [choice.word for choice in complete(text, len(text), vocabulary).choices] == words


def test_notes_tell_how_often_and_what(vocabulary: Vocabulary) -> None:
    """So one knows what to choose."""
    assert complete("rea", 3, vocabulary).choices[0].note == "3"
    assert complete("fd:", 3, vocabulary).choices[1].note == "/etc/hosts"
    assert complete("thread:", 7, vocabulary).choices[0].note == "2 threads"


@pytest.mark.parametrize(
    ("text", "cursor", "after", "then"),
    [
        ("rea", 3, "read ", 5),
        ("-rea failed", 4, "-read failed", 5),
        ("err:EAG", 7, "err:EAGAIN ", 11),
        ("close,rea", 9, "close,read ", 11),
        ("ker", 3, "kernel>", 7),
        (">5", 2, ">5us ", 5),
    ],
)
def test_a_choice_takes_the_place_of_the_word(
    text: str, cursor: int, after: str, then: int, vocabulary: Vocabulary
) -> None:
    """With a space where the term is complete, and the cursor behind it."""
    completion = complete(text, cursor, vocabulary)
    assert completion.applied(text, completion.choices[0]) == (after, then)
