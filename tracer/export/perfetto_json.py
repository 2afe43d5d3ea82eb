"""Single events of the Trace Event format, for what is rare enough to be written one by one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tracer.export.text_columns import microseconds, quoted, shortened

_LAST = (1 << 63) - 1
"""Only a damaged recording has later times."""


def event(phase: str, at_ns: int, origin_ns: int, *, args: dict[str, Any] | None = None, **fields: Any) -> str:
    """An event of type `phase` (the format's `ph`), followed by a comma and a newline."""
    told = "" if args is None else f',"args":{json.dumps(_short(args))}'
    named = "".join([f',"{name}":{json.dumps(_short(value))}' for name, value in fields.items()])
    return f'{{"ph":"{phase}","ts":{microseconds_of(max(0, at_ns - origin_ns))}{named}{told}}},\n'


def metadata(name: str, pid: int, tid: int, value: str, key: str = "name") -> str:
    """What a process or thread is called; not followed by anything."""
    return f'{{"ph":"M","name":"{name}","pid":{pid},"tid":{tid},"args":{{"{key}":{quoted(value)}}}}}'


def microseconds_of(ns: int) -> str:
    """One moment or duration; see `text_columns.microseconds`."""
    text: str = microseconds(np.array([min(ns, _LAST)], np.int64))[0].as_py()
    return text


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    return shortened(value) if isinstance(value, str) else value
