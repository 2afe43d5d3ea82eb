"""The one place that writes to stderr: stdout is data, everything a person should know goes through here."""

from __future__ import annotations

import contextlib
import sys


def tell(message: str) -> None:
    """Write one to three lines for the user, each of them marked as ours."""
    with contextlib.suppress(OSError, ValueError):  # nobody can be told that stderr is gone
        first, *rest = message.splitlines() or [""]
        print(f"iotrace: {first}", *(f"         {line}" for line in rest), sep="\n", file=sys.stderr, flush=True)
