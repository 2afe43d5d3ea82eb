"""What the screen needs of a run that is going on; the command line implements it."""

from __future__ import annotations

from typing import Final, Protocol

ROWS_AROUND: Final = 8
"""Lines of the screen around the program's output: heading, four bars, totals, tabs, footer."""


def output_size(rows: int, cols: int) -> tuple[int, int]:
    """Rows and columns the program's terminal has in a terminal of `rows` by `cols`.

    A live run should start the program with this size: changing it later sends SIGWINCH (tty_ioctl(4)), which
    interrupts a call the program sleeps in and so shows in its trace.
    """
    return max(1, rows - ROWS_AROUND), max(1, cols)


class LiveRun(Protocol):
    """A program being traced, with its terminal in our hands."""

    attached: bool
    """The program ran before us: leaving lets it go, and it is never ended."""
    master: int | None
    """File descriptor of the pty master whose slave is the program's terminal; None when it has its own."""
    pid: int | None
    """The program, once it is known."""

    stepping: bool
    """It was started to be held at its first call."""

    def order(self, line: str) -> None:
        """Tell the capture process something (see `tracer.capture.__main__`). Must not block."""

    def end_program(self) -> None:
        """End the traced program; the recorder then ends the recording. Must not block."""

    def let_run(self) -> None:
        """Stop tracing and let the program run on. Must not block."""

    def poll(self) -> int | None:
        """The recorder's exit status, once it is done. Must not block."""

    def resize(self, rows: int, cols: int) -> None:
        """Give the program's terminal a new size (TIOCSWINSZ, which sends it SIGWINCH)."""
