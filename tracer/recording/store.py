"""Where recordings without a name go: `$XDG_STATE_HOME/iotrace/`, of which the newest 20 are kept."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tracer.recording.errors import MissingRecording, OutputFailed

KEPT: Final = 20
SUFFIX: Final = ".iotrace"
_OURS: Final = re.compile(r"(\d{8}-\d{6}-.*-\d+\.iotrace)(?:\.\d{3,})?")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._+-]+")


def directory(environment: Mapping[str, str]) -> Path:
    """The store's folder: below XDG_STATE_HOME, else ~/.local/state (XDG Base Directory Specification)."""
    home = environment.get("XDG_STATE_HOME", "")
    if os.path.isabs(home):
        return Path(home) / "iotrace"
    # Without a usable HOME, the user's entry in the password database says where home is.
    theirs = environment.get("HOME") or os.path.expanduser(f"~{_user()}")
    return Path(theirs) / ".local" / "state" / "iotrace"


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without an entry, as in containers
        return ""


def new_path(folder: Path, command: str) -> Path:
    """A name for a new recording in `folder`, by time and command; removes the oldest beyond the newest 20.

    Raises OutputFailed when the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise OutputFailed(
            f"cannot make the folder {folder}: {error.strerror}.\n"
            "Choose a file with -o FILE, or set XDG_STATE_HOME."
        ) from error
    runs: set[str] = set()
    for path in kept(folder):
        runs.add(_run(path.name))
        if len(runs) >= KEPT:
            with contextlib.suppress(OSError):
                path.unlink()
    name = _UNSAFE.sub("_", os.path.basename(command))[:40] or "program"
    return folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{os.getpid()}{SUFFIX}"


def kept(folder: Path) -> list[Path]:
    """The recordings in `folder` that have a name of ours, newest first; one in several files has several."""
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []
    ours = [folder / name for name in names if _OURS.fullmatch(name)]
    return sorted(ours, key=_age, reverse=True)


def _run(name: str) -> str:
    """What the files of one run have in common."""
    found = _OURS.fullmatch(name)
    return found[1] if found is not None else name


def newest(folder: Path) -> Path:
    """The newest recording of `folder`. Raises MissingRecording when there is none."""
    for path in kept(folder):
        return path
    raise MissingRecording(
        f"there is no recording in {folder} yet.\n"
        "Make one with: iotrace run nonblocking   (or: iotrace run -- PROGRAM)"
    )


def _age(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name
