"""How a thread stands with the scheduler."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tracer.kernel.states import ThreadState

_WORDS: Final = {
    "R": "running or ready to",
    "S": "asleep",
    "D": "asleep, and no signal wakes it",
    "I": "idle",
    "T": "stopped by a signal",
    "t": "held by the tracer",
    "Z": "ended, not waited for",
    "X": "gone",
}


def thread_state(pid: int, tid: int) -> ThreadState:
    """The state of a thread. wchan reads "0" when the thread does not sleep, and for whoever may not trace it."""
    folder = Path(f"/proc/{pid}/task/{tid}")
    try:
        stat = (folder / "stat").read_text(errors="replace")
    except OSError:
        return ThreadState("", "gone")
    # The command name, field 2, may hold spaces and parentheses: fields are counted from its last ')'.
    letter = stat[stat.rindex(")") + 2 :][:1]
    return ThreadState(
        letter, _WORDS.get(letter, f"in state {letter}"), _function(folder) if letter in "SD" else ""
    )


def _function(folder: Path) -> str:
    try:
        name = (folder / "wchan").read_text(errors="replace").strip()
    except OSError:
        return ""
    return "" if name == "0" else name
