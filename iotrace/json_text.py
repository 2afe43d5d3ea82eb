"""The report's JSON document as text, piece by piece: a server's descriptors are half a million objects.

The text is that of `json.dumps(document(report), indent=1)`, whose encoder, when it indents, works in Python and on
all of the document at once: for 553,000 descriptors 15 s and 2 GB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from json.encoder import encode_basestring_ascii
from typing import Any, Final

from iotrace.json_report import descriptor, document
from tracer.analyze.descriptors.rows import DescriptorRows
from tracer.analyze.results import Copies, DescriptorRow, Report

_NO_FDS: Final = '\n "fds": []'
"""Stands nowhere else: in a string a line feed is `\\n`."""
_NAMES: Final = tuple(descriptor(DescriptorRow(0, 0, 0, "", "", None, 0, 0, Copies())))
_OBJECT: Final = "  {\n   " + ",\n   ".join(f'"{name}": %s' for name in _NAMES) + "\n  }"
_NONBLOCKING: Final = {True: "true", False: "false", None: "null"}


def text_of(report: Report) -> Iterator[str]:
    """The document in pieces. It ends without a line feed."""
    if report.scope.summary:  # descriptors are not known: there is no table
        yield json.dumps(document(report), indent=1)
        return
    before, after = json.dumps(document(replace(report, fds=())), indent=1).split(_NO_FDS)
    if not report.fds:
        yield before + _NO_FDS + after
        return
    separator = '\n "fds": [\n'
    yield before
    for pid, fd, generation, what, opened_by, nonblocking, *numbers in _values(report.fds):
        about = encode_basestring_ascii(what), encode_basestring_ascii(opened_by), _NONBLOCKING[nonblocking]
        yield separator + _OBJECT % (pid, fd, generation, *about, *numbers[: len(_NAMES) - 6])
        separator = ",\n"
    yield "\n ]" + after


def _values(rows: Sequence[DescriptorRow]) -> Iterator[tuple[Any, ...]]:
    if isinstance(rows, DescriptorRows):
        return rows.values()
    return (tuple(descriptor(row).values()) for row in rows)
