"""Waiting for the screen: what a test expects may take a moment on a busy machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait for `condition`; fail when it does not come true."""
    for _ in range(500):
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")
