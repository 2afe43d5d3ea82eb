"""What the fixture `iotrace` is: it records commands and the running process, and checks what it recorded."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

import pytest

from iotrace.plugin.results import Budgets, Recorded, Seen
from iotrace.plugin.running import Command, NotPermitted, NotRecorded, OwnProcess, run

WATCH: Final = "watch"
"""The phase of what is done inside `watch()`, without our own calls around it."""


class Recorder:
    """The fixture: every recording it makes must keep the budgets of the marker."""

    def __init__(self, folder: Path, budgets: Budgets, *, required: bool = False) -> None:
        """Recordings go below `folder`. `required`: where tracing is not permitted, fail instead of skipping."""
        self._folder = folder / "iotrace"
        self._budgets = budgets
        self._required = required
        self._made = 0
        self._watching = False

    def record(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        input: str | bytes = b"",  # noqa: A002 (as subprocess.run has it)
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        options: Sequence[str] = (),
    ) -> Recorded:
        """Run `command` to its end under the recorder; `options` are those of `iotrace record`.

        A marker's budgets are checked at once. Fails the test when it cannot be run or takes longer than `timeout`
        seconds (the program is killed then, and the recording kept), skips it where tracing is not permitted.
        """
        __tracebackhide__ = True
        self._not_within_watch("record()")
        words = [os.fspath(word) for word in command]
        if isinstance(command, str | bytes) or not words:
            raise TypeError("a command is a list of words: iotrace.record(['ls', '-l'])")
        path = self._path(os.path.basename(words[0]))
        data = input.encode() if isinstance(input, str) else input
        try:
            finished = run(Command(words, path, data, cwd, env, timeout, options))
        except (NotPermitted, NotRecorded) as error:
            self._give_up(error)
        recorded = Recorded(path, self._budgets, finished.status, finished.stdout, finished.stderr)
        recorded.keep_budgets()
        return recorded

    @contextlib.contextmanager
    def watch(self) -> Iterator[Seen]:
        """Record this very process, all its threads and what they start, while the block runs.

        What was seen is there when the block has ended; a marker's budgets are checked then.
        """
        __tracebackhide__ = True
        seen, end = self.begin()
        try:
            yield seen
        except BaseException:
            with contextlib.suppress(Exception):  # the block's own exception says more
                end()
            raise
        end()
        seen.keep_budgets()

    def begin(self) -> tuple[Seen, Callable[[], None]]:
        """Begin to record this process; what is returned beside the result ends it."""
        __tracebackhide__ = True
        self._not_within_watch("watch()")
        path = self._path("watched")
        try:
            process = OwnProcess(path)
        except (NotPermitted, NotRecorded) as error:
            self._give_up(error)
        self._watching = True
        seen = Seen(path, self._budgets, default_phase=WATCH, ended=False)

        def end() -> None:
            self._watching = False
            process.mark(f"end {WATCH}")
            try:
                process.end()
            except NotRecorded as error:
                self._give_up(error)
            seen.has_ended()

        process.mark(f"begin {WATCH}")
        return seen, end

    def _path(self, name: str) -> Path:
        self._made += 1
        self._folder.mkdir(exist_ok=True)
        return self._folder / f"{self._made}-{name}.iotrace"

    def _not_within_watch(self, what: str) -> None:
        if self._watching:
            raise RuntimeError(f"{what} inside watch(): a process has one tracer only (ptrace(2))")

    def _give_up(self, error: NotPermitted | NotRecorded) -> NoReturn:
        __tracebackhide__ = True
        if isinstance(error, NotPermitted) and not self._required:
            raise pytest.skip.Exception(f"iotrace cannot trace here: {error}") from None
        raise pytest.fail.Exception(f"iotrace cannot record this: {error}", pytrace=False) from None
