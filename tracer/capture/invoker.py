"""Who called sudo: the program is to run as that user, not as root (sudo(8), SUDO_UID and SUDO_GID)."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invoker:
    """The user behind root."""

    uid: int
    gid: int

    def become(self) -> None:
        """Make this process theirs for good, its environment too. Raises OSError."""
        try:
            user = pwd.getpwuid(self.uid)
        except KeyError:
            os.setgroups([self.gid])
        else:
            os.initgroups(user.pw_name, self.gid)
            os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name, SHELL=user.pw_shell)
        os.setgid(self.gid)
        os.setuid(self.uid)


def invoker(environment: Mapping[str, str]) -> Invoker | None:
    """Whose command this is when we are root on behalf of somebody else; None otherwise."""
    try:
        found = Invoker(int(environment["SUDO_UID"]), int(environment["SUDO_GID"]))
    except (KeyError, ValueError):
        return None
    return found if os.geteuid() == 0 and found.uid > 0 else None
