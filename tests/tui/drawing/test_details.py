"""The details of the selected call."""

from __future__ import annotations

from dataclasses import replace

from tests.tui.fakes import START, FakeSource
from tracer.analyze.descriptors.fd_story import FdStory, Use
from tracer.analyze.region_table import What
from tracer.analyze.regions import Region
from tui.drawing.details import details_items
from tui.drawing.folding import rows_of
from tui.drawing.hexdump import as_text, hexdump, preview
from tui.drawing.palette import DARK
from tui.drawing.places import place_words
from tui.snapshot import Details, Piece

SOURCE = FakeSource(20_011, live=True)
NOW = SOURCE.snapshot()
NOBODY: frozenset[str] = frozenset()


def drawn(details: Details, width: int = 100, turned: frozenset[str] = NOBODY) -> str:
    """The pane for `details`."""
    rows = rows_of(details_items(details, width, DARK), width, DARK, turned)
    assert all(row.text.cell_len <= width for row in rows)
    return "\n".join(row.text.plain for row in rows)


def lines(index: int, width: int = 100, turned: frozenset[str] = NOBODY) -> str:
    """The pane for line `index`."""
    return drawn(SOURCE.details(NOW, index), width, turned)


def test_a_wasted_call_says_why_it_was_wasted_and_what_it_was() -> None:
    """The errno's meaning, a sentence, and that nothing was copied."""
    text = lines(5)
    assert text.startswith(
        "read = -1 EAGAIN (Resource temporarily unavailable), wasted\nmakes the call read\nat 0.0003"
    )
    assert "copies  none" in text


def test_times_are_two_bars_to_one_scale() -> None:
    """User time before the call, then, from there on, what happened inside; the tracer's share apart."""
    found = lines(5, 68).splitlines()
    above = next(line for line in found if line.startswith("before"))
    below = next(line for line in found if line.startswith("inside"))
    user, kernel = above.count("█"), below.count("▓")
    assert user + kernel == 59
    assert abs(user / 59 - 8_131 / (8_131 + 18_671)) < 0.02
    assert below.index("▓") == above.rindex("█") + 1
    assert "user █ 8.13 µs" in "\n".join(found)
    assert "kernel ▓ 18.7 µs  asleep ░ 0 ns  runnable ╱ 0 ns" in "\n".join(found)
    assert "tracer  31.0 µs, held by the tracer" in "\n".join(found)


def test_a_message_shows_its_copy_its_place_and_its_bytes() -> None:
    """Direction, kind, size, address and what lies there; unprintable bytes as dots."""
    text = lines(104)
    assert "↑ out payload  64 B      buf  0x7ffe1230 stack" in text
    assert "▾ buf at exit 0x7ffe1230 stack: 66 B |hello .[31mhello|…" in text
    assert "0000  68 65 6c 6c 6f 20 1b 5b  33 31 6d 68 65 6c 6c 6f  |hello .[31mhello|" in text
    assert "hello ␛[31mhello" in text
    assert "\x1b" not in text


def test_arguments_are_one_a_line_and_structures_fold() -> None:
    """In their order, by name; what they lead to can be folded away."""
    assert "fd    3\n    buf   0x7ffe1230\n    count 64" in lines(5)
    assert "▾ arg 1 [3, 4]\n      [0] 3  int32 +0:4\n      [1] 4  int32 +4:4" in lines(2)
    assert "▸ arg 1 [3, 4]\n    arg 2 O_CLOEXEC" in lines(2, turned=frozenset({"arguments/arg 1"}))


def test_raw_clocks_are_there_when_unfolded() -> None:
    """As recorded, in ns."""
    assert "▸ raw clocks, before correction; switched onto a CPU 1 time" in lines(5)
    assert "wall_ns                 31,013 ns" in lines(5, turned=frozenset({"raw"}))


def test_a_running_call_says_since_when() -> None:
    """There is no result yet."""
    assert lines(NOW.rows - 1).startswith("read — inside for 1.23 s")


def test_unknown_copies_are_said_to_be_unknown() -> None:
    """Not "none"."""
    assert SOURCE.details(NOW, 0).row.copies_unknown
    assert "copies  not all known" in lines(0)
    assert "copies  none" not in lines(0)


def test_an_event_has_its_sentence_and_no_times() -> None:
    """A signal is not a call; the end of the recording is no thread's."""
    text = lines(56)
    assert text.startswith("SIGCHLD {si_code=CLD_EXITED, si_pid=4241}")
    assert "kernel" not in text
    details = SOURCE.details(NOW, 56)
    assert "thread" not in drawn(replace(details, row=replace(details.row, name="end", tid=0, pid=0)))


def test_missing_memory_has_its_reason() -> None:
    """A fact that could not be read is not an empty one."""
    details = SOURCE.details(NOW, 104)
    missing = replace(details, pieces=(replace(details.pieces[0], content=b"", missing="EFAULT"),))
    assert "buf at exit 0x7ffe1230 stack: not read: EFAULT" in drawn(missing)


def test_what_a_new_descriptor_leads_to_is_no_memory() -> None:
    """Its number is not an address."""
    details = SOURCE.details(NOW, 104)
    seen = [(3, b"/dev/null\0char 1:3"), (2**64 - 100, b"/tmp/x\x1b")]
    pieces = tuple(Piece(None, "exit", address, content, None) for address, content in seen)
    text = drawn(replace(details, pieces=pieces))
    assert "seen in /proc: descriptor 3 is /dev/null (char 1:3)" in text
    assert "seen in /proc: the working directory is /tmp/x␛" in text
    assert "at exit" not in text


def test_the_story_of_a_descriptor() -> None:
    """What it is, who opened it, and its uses around this one, told against the run's beginning."""
    use = Use(2, START + 120_000, "pipe2")
    story = FdStory(
        1, 3, 1, "pipe (read end)", "pipe2", True, use, None, Use(7, START + 420_000, "read"), None, True
    )
    text = drawn(replace(SOURCE.details(NOW, 5), story=story))
    assert "▾ descriptor  3 pipe (read end)" in text
    assert "opened    pipe2 at 0.000120 s, line 3" in text
    assert "mode      non-blocking" in text
    assert "number    the 2nd descriptor with this number" in text
    assert "before    not used" in text
    assert "after     read at 0.000420 s, line 8, 120 µs later" in text
    assert "closed    not so far" in text


def test_every_width_is_kept_to() -> None:
    """Long lines are wrapped, not cut."""
    for width in (24, 40, 77, 200):
        assert "unavailable" in lines(5, width).replace("\n", "").replace("  ", "")
        lines(104, width, frozenset({"raw"}))


def test_a_preview_is_printable_and_bounded() -> None:
    """At most 64 bytes, and it says that there are more."""
    assert preview(bytes(range(256))) == "|" + "." * 32 + " !\"#$%&'()*+,-./0123456789:;<=>?" + "|…"
    assert preview(b"") == ""


def test_a_dump_fits_its_width_and_says_what_it_leaves_out() -> None:
    """16, 8 or 4 bytes a line; no more than some kilobytes."""
    for width, each in ((90, 16), (60, 8), (24, 4)):
        dump = hexdump(bytes(range(256)), width, DARK)
        assert len(dump) == 256 // each
        assert all(line.cell_len <= max(width, 25) for line in dump)
    assert hexdump(bytes(5000), 90, DARK)[-1].plain == "… 904 bytes more"


def test_text_is_shown_as_text_and_data_is_not() -> None:
    """UTF-8 that is nearly all printable; controls become pictures, directions do not turn."""
    assert as_text("GET / HTTP/1.1\r\nHost: ü\r\n".encode()) == "GET / HTTP/1.1␍␊Host: ü␍␊"
    assert as_text(bytes(range(64))) == ""
    assert as_text(b"\xff\xfe\x00\x80" * 9) == ""
    assert "\u202e" not in as_text("abcdefghijklmnop\u202eqrstuvwxyz".encode())


def test_places_in_words() -> None:
    """What lies at an address; nothing for what is not known."""
    assert place_words(Region(What.STACK, path="[stack]")) == "stack"
    assert place_words(Region(What.FILE, path="/usr/lib/libc.so.6")) == "file libc.so.6"
    assert place_words(Region(What.FILE, fd=3, shared=True), "/tmp/data") == "file data, shared"
    assert place_words(Region(What.FILE, fd=3)) == "file fd 3"
    assert place_words(Region(What.ANONYMOUS, path="/bin/ls")) == "zeroed data of ls"
    assert place_words(Region(What.THREAD_STACK, tid=7)) == "stack of thread 7"
    assert place_words(Region(What.KERNEL, path="[vdso]")) == "[vdso]"
    assert place_words(Region(What.UNKNOWN)) == ""
