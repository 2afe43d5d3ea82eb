"""The manual page of a system call, when it is installed: man(1) run for a while, its output made plain text."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

PATIENCE: Final = 10.0
"""Seconds man may take; the first time it may have to format the page."""
INSTALL: Final = "apt install man-db manpages-dev"
_OVERSTRIKE: Final = re.compile(r".\x08")
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*m")
_NAME: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class ManualPage:
    """A page, or why there is none."""

    name: str
    lines: tuple[str, ...] = ()
    missing: str = ""
    """Empty when there are lines."""


def manual_page(name: str, width: int, patience: float = PATIENCE) -> ManualPage:
    """The page of call `name` in section 2, formatted for `width` cells. Takes up to `patience` seconds."""
    if not _NAME.fullmatch(name):
        return ManualPage(name, missing="This is not a system call.")
    if shutil.which("man") is None:
        return ManualPage(name, missing=f"man is not installed: {INSTALL}")
    environment = {
        **os.environ, "MANWIDTH": str(max(40, width)), "MANPAGER": "cat", "PAGER": "cat", "LC_ALL": "C.UTF-8",
        "MANOPT": "", "GROFF_NO_SGR": "1", "TERM": "dumb",
    }  # fmt: skip
    for each in names_of(name):
        try:
            done = subprocess.run(
                ["man", "2", each],
                env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=patience, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return ManualPage(name, missing=f"man took more than {patience:.0f} seconds.")
        except OSError as error:
            return ManualPage(name, missing=f"man cannot be run: {error.strerror}.")
        if done.returncode == 0 and done.stdout.strip():
            return ManualPage(each, plain_lines(done.stdout.decode(errors="replace")))
    return ManualPage(name, missing=f"There is no page for {name} in section 2. The pages come with: {INSTALL}")


def names_of(name: str) -> tuple[str, ...]:
    """The names a call's page may have, the likeliest first: `futex` for `futex_time64`."""
    short = name.removesuffix("_time64").removeprefix("_new").removeprefix("rt_")
    return tuple(dict.fromkeys((name, name.removesuffix("_time64"), short, short.rstrip("0123456789"))))


def plain_lines(text: str) -> tuple[str, ...]:
    """The lines of a formatted page without bold and underlining."""
    plain = _ESCAPES.sub("", _OVERSTRIKE.sub("", text))
    return tuple(line.rstrip() for line in plain.strip("\n").split("\n"))
