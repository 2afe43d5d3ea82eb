"""Asynchronous operations as async events: a track of their own, from submission to completion.

An operation whose submission was not seen begins where it was first heard of; one that was pending at the end of
the recording is not ended. A multishot one (one submission, many completions) is a moment at each completion.
"""

from __future__ import annotations

from typing import Any, Final

from tracer.analyze.operations.results import MULTISHOT, Operation
from tracer.export.perfetto_json import event, microseconds_of

_TOLD: Final = ("fd", "buffer", "length", "result", "worker", "notified", "inline", "began_ns", "handler_ns")


def operation_events(operation: Operation, origin_ns: int) -> list[str]:
    """The events of one operation; none when no moment of it is known."""
    begin = _first(operation.submitted_ns, operation.began_ns)
    end = operation.completed_ns
    known = _first(begin, end)
    if known is None:
        return []
    about: dict[str, Any] = {
        "cat": operation.kind,
        "name": operation.name,
        "id": f"{operation.kind} {operation.number}",
        "pid": operation.pid,
        "tid": operation.pid if operation.tid is None else operation.tid,
    }
    told = _arguments(operation, origin_ns)
    if begin is None or MULTISHOT in operation.flags:
        return [event("n", _first(end, begin) or 0, origin_ns, **about, args=told)]
    began = event("b", begin, origin_ns, **about, args=told)
    return [began] if end is None else [began, event("e", max(begin, end), origin_ns, **about)]


def _first(*moments: int | None) -> int | None:
    return next((moment for moment in moments if moment is not None), None)


def _arguments(operation: Operation, origin_ns: int) -> dict[str, Any]:
    told = {name: getattr(operation, name) for name in _TOLD if getattr(operation, name) not in (None, "")}
    if "began_ns" in told:
        told["began_us"] = microseconds_of(max(0, told.pop("began_ns") - origin_ns))
    told |= {"bytes": operation.bytes, "submitting_ns": operation.caller_ns}
    if operation.completed_ns is None:
        told["pending"] = True
    if operation.submitted_ns is None:
        told["submission"] = "not seen"
    return told | {name: list(each) for name in ("flags", "inferred") if (each := getattr(operation, name))}
