"""The stack of a call in the details pane."""

from __future__ import annotations

from tracer.analyze.stacks.naming import Stack
from tracer.symbols.names import Frame
from tui.drawing.details_stack import stack_item
from tui.drawing.folding import rows_of
from tui.drawing.palette import PLAIN

READ = Frame("read", "/lib/libc.so.6", 0x1234)
MAIN = Frame("main", "/usr/bin/server", 0x99)
PLACE = Frame("server+0x12", "/usr/bin/server", 0x12, "no symbol")


def lines(stack: Stack) -> list[str]:
    return [row.text.plain.strip() for row in rows_of([stack_item(stack, PLAIN)], 80, PLAIN, frozenset())]


def test_functions_with_their_files_the_innermost_first() -> None:
    heading, first, second, third = lines(Stack((READ, PLACE, MAIN), True, False))
    assert heading.endswith("stack  3 functions")
    assert first == "read  /lib/libc.so.6"
    assert second == "server+0x12  /usr/bin/server, no symbol"
    assert third == "main  /usr/bin/server"


def test_what_is_not_known_is_said() -> None:
    assert "callers may be missing" in lines(Stack((READ, MAIN, MAIN), False, False))[0]
    assert "without frame pointers" in lines(Stack((READ,), False, False))[0]
    assert lines(Stack((READ, MAIN), True, True))[2].endswith("likely, not certain")


def test_a_deep_stack_is_folded_at_first() -> None:
    assert len(lines(Stack((MAIN,) * 60, True, False))) == 1
