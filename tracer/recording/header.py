"""What a recording says about itself: a JSON document in the metadata of its Arrow schema."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from tracer.recording.schema import FORMAT_VERSION

_NUMBERS: Final = ("format", "began_ns", "began_unix_ns", "pid", "capture_pid")
_WORDS: Final = ("machine", "kernel", "backend", "source", "model", "host")


@dataclass(frozen=True, slots=True)
class Header:
    """Everything a reader must know before the first row. Times in ns."""

    format: int = FORMAT_VERSION
    command: tuple[str, ...] = ()
    """The traced command line; for a bundled workload the model's name and its options."""
    model: str = ""
    """The bundled workload's name, empty for any other program."""
    machine: str = ""
    """Processor architecture as uname(2) names it."""
    kernel: str = ""
    host: str = ""
    """The machine's name in its network, as uname(2) has it; empty in older recordings."""
    backend: str = "ptrace"
    options: Mapping[str, Any] = field(default_factory=dict)
    """The recording options that were in force, by name."""
    began_ns: int = 0
    """CLOCK_MONOTONIC when capture began; `at_ns` of the rows is on the same clock."""
    began_unix_ns: int = 0
    """The same moment on the calendar: ns since 1970-01-01 UTC."""
    source: str = "none"
    """Clock of the on-CPU numbers: schedstat, process-clock, ticks or none."""
    calibration: Mapping[str, Any] = field(default_factory=dict)
    """`tracer.account.calibration.Calibration` as a JSON document."""
    pid: int = 0
    """The traced program's first process."""
    capture_pid: int = 0
    earlier: Mapping[str, int] = field(default_factory=dict)
    """Of a file that begins in the middle of a run: what of the run was before it. `rows` and `calls` (events, and
    calls that returned), `batches`, `began_ns` of the run; `part`, the file's number when there are several, 0 for
    the tail of a run whose beginning is gone; `snapshot`, 1 when the first batch tells how things stood."""

    def to_json(self) -> bytes:
        """The header as a JSON document."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Header:
        """Read a header; unknown entries are ignored. Raises ValueError for a wrong type."""
        document = json.loads(text)
        if not isinstance(document, dict):
            raise ValueError("the header is not a JSON object")
        known = {f.name: document[f.name] for f in fields(cls) if f.name in document}
        if not isinstance(known.get("command", []), list):
            raise ValueError("the command is not a list")
        known["command"] = tuple(str(word) for word in known.get("command", []))
        _check(known)
        return cls(**known)


def header_of_hello(
    hello: Mapping[str, Any], command: tuple[str, ...], options: Mapping[str, Any], model: str = ""
) -> Header:
    """The header of a recording that begins with capture's `hello` (see `tracer.capture`)."""
    uname = os.uname()
    options = dict(options)
    if hello.get("no_new_privs"):
        options["no_new_privs"] = True
    began = int(hello.get("began_ns") or time.monotonic_ns())
    return Header(
        command=command,
        model=model,
        machine=uname.machine,
        kernel=f"{uname.sysname} {uname.release}",
        host=uname.nodename,
        backend=str(hello.get("backend", "ptrace")),
        options=options,
        began_ns=began,
        began_unix_ns=time.time_ns() - (time.monotonic_ns() - began),
        source=str(hello.get("source", "none")),
        calibration=dict(hello.get("calibration") or {}),
        pid=int(hello.get("program") or 0),
        capture_pid=int(hello.get("pid") or 0),
    )


def _check(known: Mapping[str, Any]) -> None:
    for name in _NUMBERS:
        if not isinstance(known.get(name, 0), int):
            raise ValueError(f"{name} is not a number")
    for name in _WORDS:
        if not isinstance(known.get(name, ""), str):
            raise ValueError(f"{name} is not a text")
    earlier = known.get("earlier", {})
    if not isinstance(earlier, dict) or not all(type(value) is int for value in earlier.values()):
        raise ValueError("what was before the file is not in numbers")
    calibration = known.get("calibration", {})
    if not isinstance(calibration, dict) or not isinstance(known.get("options", {}), dict):
        raise ValueError("calibration or options is not an object")
    for constants in calibration.values():
        if isinstance(constants, dict) and not all(isinstance(v, int | float) for v in constants.values()):
            raise ValueError("a calibration constant is not a number")
