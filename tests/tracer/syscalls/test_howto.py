"""The guide to adding a system call works as written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tracer.syscalls.names import number_of
from tracer.syscalls.table import declaration_of
from tracer.wire import Abi

GUIDE = Path(__file__).parents[3] / "docs" / "howto-add-a-syscall.md"


def test_the_guide_declares_what_the_table_has() -> None:
    """Its Python is run from top to bottom, and its example is the real declaration."""
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    scope: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), scope)
    number = number_of(Abi.X86_64, "cachestat")
    assert number is not None
    assert scope["CACHESTAT"] == declaration_of(Abi.X86_64, number)
