"""What the machine, or a limit put on us (setrlimit(2)), has too little of, and how to get more."""

from __future__ import annotations

import errno
import re
from typing import Final

_NUMBERED: Final = re.compile(r"\[Errno (\d+)\]")
_FILES: Final = "Raise the limit: ulimit -n 1024 (ulimit -Hn shows how far it goes)"
_WORDS: Final = {
    errno.EMFILE: f"too few files may be open at once here.\n{_FILES}",
    errno.ENFILE: "too many files are open on this machine.\nEnd something, or raise: sysctl fs.file-max",
    errno.EAGAIN: "no further process can be started: you have as many as you may.\n"
    "End some, or raise the limit: ulimit -u, or TasksMax of the service",
    errno.ENOMEM: "there is not enough memory.\nEnd something, or raise the limit: ulimit -v",
}


def lack_of(error: BaseException) -> str | None:
    """What was lacking, and what to do, in two lines; None when `error` is of another kind."""
    if isinstance(error, MemoryError):
        return _WORDS[errno.ENOMEM]
    return _WORDS.get(error.errno or 0) if isinstance(error, OSError) else None


def lack_told(text: str) -> str | None:
    """The same for what the capture process told: a name (EMFILE), or a Python error with its number."""
    numbered = _NUMBERED.search(text)
    return _WORDS.get(int(numbered[1]) if numbered else getattr(errno, text, 0))
