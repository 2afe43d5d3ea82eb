"""The fenced blocks of a Markdown file."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str, language: str) -> list[str]:
    """The blocks of `docs/NAME` in `language` ("" = none is named), in order."""
    text = (DOCS / name).read_text(encoding="utf-8")
    return [body for kind, body in _BLOCK.findall(text) if kind == language]


def commands(name: str) -> list[str]:
    """Every command of the `sh` blocks of `docs/NAME`, a line each, in order; continued lines are joined."""
    lines = "".join(blocks(name, "sh")).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
