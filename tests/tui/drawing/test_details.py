"""The details of the selected call."""

from __future__ import annotations

from dataclasses import replace

from tests.tui.fakes import FakeSource
from tui.drawing.details import details_lines, preview
from tui.drawing.palette import DARK

SOURCE = FakeSource(20_011, live=True)
NOW = SOURCE.snapshot()


def lines(index: int, width: int = 100) -> str:
    """The pane for line `index`."""
    return "\n".join(line.plain for line in details_lines(SOURCE.details(NOW, index), width, DARK))


def test_a_wasted_call_says_why_it_was_wasted() -> None:
    """The errno's meaning, the four times, the tracer's share apart, and that nothing was copied."""
    text = lines(5)
    assert text.startswith("read = -1 EAGAIN (Resource temporarily unavailable), wasted")
    assert "user █ 8.13 µs  kernel ▓ 18.7 µs  blocked ░ 0 ns  runnable ╱ 0 ns  (tracer 31.0 µs)" in text
    assert "copies    none" in text


def test_a_message_shows_its_copy_and_its_bytes() -> None:
    """Direction, kind, size, place; unprintable bytes as dots."""
    text = lines(104)
    assert "copies    ↑ out payload  64 B      buf at 0x7ffe1230" in text
    assert "memory    arg 2, at exit, 0x7ffe1230: 66 B |hello .[31mhello .[31m" in text
    assert "\x1b" not in text


def test_arguments_are_one_a_line() -> None:
    """In their order, by name where the names are known."""
    assert "fd        3\nbuf       0x7ffe1230\ncount     64" in lines(5)
    assert "arg 1     [3, 4]\narg 2     O_CLOEXEC" in lines(2)


def test_raw_clocks_are_there_uncorrected() -> None:
    """As recorded, in ns."""
    assert "raw       wall_ns               31,013 ns" in lines(5)


def test_a_running_call_says_since_when() -> None:
    """There is no result yet."""
    assert lines(NOW.rows - 1).startswith("read — inside for 1.23 s")


def test_unknown_copies_are_said_to_be_unknown() -> None:
    """Not "none"."""
    details = SOURCE.details(NOW, 0)
    text = "\n".join(line.plain for line in details_lines(details, 100, DARK))
    assert details.row.copies_unknown
    assert "copies    not all known" in text
    assert "copies    none" not in text


def test_an_event_has_its_sentence_and_no_times() -> None:
    """A signal is not a call."""
    text = lines(56)
    assert text.startswith("SIGCHLD {si_code=CLD_EXITED, si_pid=4241}")
    assert "kernel" not in text


def test_missing_memory_has_its_reason() -> None:
    """A fact that could not be read is not an empty one."""
    details = SOURCE.details(NOW, 104)
    missing = replace(details, pieces=(replace(details.pieces[0], content=b"", missing="EFAULT"),))
    assert "not read: EFAULT" in "\n".join(line.plain for line in details_lines(missing, 100, DARK))


def test_a_preview_is_printable_and_bounded() -> None:
    """At most 64 bytes, and it says that there are more."""
    assert preview(bytes(range(256))) == "|" + "." * 32 + " !\"#$%&'()*+,-./0123456789:;<=>?" + "|…"
    assert preview(b"") == ""
