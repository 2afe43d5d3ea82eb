"""What the tabs say that need single calls, of a recording that has only sums."""

from __future__ import annotations

from typing import Final

_WANTED: Final = {
    "calls": "the calls one by one",
    "timeline": "what happened when",
    "descriptors": "which descriptors were used",
    "waiting": "who waited for what",
    "figure": "how a message went",
    "findings": "findings, which need the order of calls",
}


def sums_only(pane: str) -> str:
    """In words. `pane`: the tab's name."""
    return (
        "Recorded with --summary: calls were only summed up inside the kernel (tab 2). "
        f"Record without it to see {_WANTED.get(pane, 'this')}."
    )
