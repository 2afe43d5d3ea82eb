"""What every test can rely on."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """A shell's background job starts with SIGINT ignored, and so would every program that a test interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
