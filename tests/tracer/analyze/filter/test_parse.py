"""What a filter's text means, and what is said about one that means nothing."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.analyze.filter.errors import FilterError
from tracer.analyze.filter.parse import parse
from tracer.analyze.filter.quantities import duration_ns, size_bytes
from tracer.analyze.filter.tree import (
    AllOf,
    AnyOf,
    Between,
    Compared,
    Descriptor,
    DescriptorLike,
    Everything,
    FailedWith,
    Field,
    Flagged,
    InClass,
    InPhase,
    InProcess,
    InThread,
    Named,
    Node,
    Not,
    Numbered,
    OfKind,
    TextLike,
    ThreadLike,
    fields_of,
    reads_text,
)
from tracer.analyze.lines.lines import FAILED
from tracer.wire import Kind

READ, WRITE, FAIL = Named(("read",)), Named(("write",)), Flagged(FAILED)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", Everything()),
        ("  ", Everything()),
        ("read", READ),
        ("READ", READ),
        ("read,write", Named(("read", "write"))),
        ("epoll_*", Named(("epoll_*",))),
        ("%net", InClass("net")),
        ("%network", InClass("net")),
        ("exit", AnyOf((OfKind((Kind.EXIT,)), Named(("exit",))))),
        ("spawn", OfKind((Kind.SPAWN,))),
        ("failed", FAIL),
        ("fd:3", Descriptor(3)),
        ("fd:3.2", Descriptor(3, 2)),
        ("fd:3,5", AnyOf((Descriptor(3), Descriptor(5)))),
        ("fd:/etc/A,b*", DescriptorLike("/etc/a,b*")),
        ('fd:"a b"', DescriptorLike("a b")),
        ("tid:7", InThread(7)),
        ("pid:7", InProcess(7)),
        ("thread:Work*", ThreadLike("work*")),
        ("err:EAGAIN", FailedWith((errno.EAGAIN,))),
        ("err:ewouldblock", FailedWith((errno.EAGAIN,))),
        ("err:11", FailedWith((11,))),
        (">1ms", Compared(Field.WALL, ">", 1e6)),
        ("KERNEL>=10us", Compared(Field.KERNEL, ">=", 1e4)),
        ("blocked=>5ms", Compared(Field.BLOCKED, ">=", 5e6)),
        ("runnable=0", Compared(Field.RUNNABLE, "=", 0)),
        ("bytes>4k", Compared(Field.BYTES, ">", 4096)),
        ("in<=1M", Compared(Field.IN, "<=", 1 << 20)),
        ("phase:measure", InPhase("measure")),
        ("since:1.5s", Between(1_500_000_000, None)),
        ("before:2s", Between(None, 2_000_000_000)),
        ("line:100..200", Numbered(99, 200)),
        ("line:100..", Numbered(99, None)),
        ("line:7", Numbered(6, 7)),
        (r"/a\/b c/i", TextLike(r"a\/b c", True)),
        ("-read", Not(READ)),
        ("!read", Not(READ)),
        ("not read", Not(READ)),
        ("read write failed", AllOf((AnyOf((READ, WRITE)), FAIL))),
        ("read failed write", AllOf((AnyOf((READ, WRITE)), FAIL))),
        ("read -write", AllOf((READ, Not(WRITE)))),
        ("read and write", AllOf((READ, WRITE))),
        ("failed or read -write", AnyOf((FAIL, AllOf((READ, Not(WRITE)))))),
        ("(failed or read) write", AllOf((WRITE, AnyOf((FAIL, READ))))),
        ("-(read write)", Not(AnyOf((READ, WRITE)))),
    ],
)
def test_texts_and_their_meaning(text: str, node: Node) -> None:
    """Names side by side are alternatives; everything else must hold together."""
    assert parse(text) == node


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("read rea", 5, 8, "no system call is called rea"),
        ("zz*", 0, 3, "no system call's name fits zz*"),
        ("read 12", 5, 7, "fd:12"),
        ("%nett", 0, 5, "%net"),
        ("foo:3", 0, 5, "fd:"),
        ("fd:", 0, 3, "fd:3"),
        ("err:EFOO", 0, 8, "EFOO"),
        ("tid:worker", 0, 10, "thread:worker"),
        ("kernel>", 0, 7, "kernel>1ms"),
        (">4k", 0, 3, "bytes>4k"),
        ("kernel>1", 0, 8, "unit"),
        ("copies>1", 0, 8, "kernel"),
        ("since:5", 0, 7, "unit"),
        ("line:a", 0, 6, "line:100..200"),
        ("(read", 0, 1, "never closed"),
        ("read)", 4, 5, "closes nothing"),
        ("read or", 7, 7, "missing"),
        ("not", 3, 3, "excluded"),
        ("read /abc", 5, 9, "ends with /"),
        ("/[/", 0, 3, "regular expression"),
        ("/a/x", 0, 4, "i (any case)"),
        ('fd:"a', 3, 5, '"'),
        (",", 0, 1, "name is missing"),
    ],
)
def test_errors_say_what_is_wrong_and_where(text: str, start: int, end: int, words: str) -> None:
    """In one line, with what to write instead."""
    with pytest.raises(FilterError) as error:
        parse(text)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert (error.value.start, error.value.end) == (start, end)


@given(st.text(alphabet='read fd:3.%net-!()/"<>=1mskor,*\\', max_size=40))
def test_any_text_has_a_meaning_or_an_error_within_it(text: str) -> None:
    """Whatever is typed, nothing else happens."""
    error = _error_of(text)
    if error is not None:
        assert 0 <= error.start <= error.end <= len(text)
        assert str(error)


def _error_of(text: str) -> FilterError | None:
    try:
        parse(text)
    except FilterError as error:
        return error
    return None


def test_what_a_filter_compares() -> None:
    """Wherever in it; the list shows the columns of these."""
    assert fields_of(parse(">1ms (read or -(failed bytes>4k))")) == {Field.WALL, Field.BYTES}
    assert fields_of(parse("read failed")) == frozenset()


def test_only_a_search_in_the_text_reads_texts() -> None:
    """It is what makes a filter slow."""
    assert reads_text(parse("read or -(failed /x/)"))
    assert not reads_text(parse("read or -(failed fd:/x/)"))


@pytest.mark.parametrize(
    ("text", "ns"), [("0", 0), ("1ns", 1), ("1.5us", 1500), ("2µs", 2000), (".5s", 5e8), ("3", None), ("3k", None)]
)
def test_times_need_their_unit(text: str, ns: float | None) -> None:
    """But for nothing at all."""
    assert duration_ns(text) == ns


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("64", 64), ("4k", 4096), ("4KiB", 4096), ("1.5M", 1572864), ("1ms", None)]
)
def test_sizes_are_powers_of_1024(text: str, size: float | None) -> None:
    """As the screen shows them."""
    assert size_bytes(text) == size
