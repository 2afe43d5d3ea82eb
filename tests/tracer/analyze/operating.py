"""Operations out of rows, for tests."""

from __future__ import annotations

from collections.abc import Sequence

from tests.tracer.analyze.runs import HEADER
from tests.tracer.rows import TestRow, batch
from tracer.analyze.operations.operations import operations_of
from tracer.analyze.operations.results import Operation

PID = 4241


def operations(*rows: TestRow) -> list[Operation]:
    """The operations of one batch."""
    return list(operations_of(HEADER, [batch(rows)]))


def cut(rows: Sequence[TestRow], at: int) -> list[Operation]:
    """The operations of the same rows in two batches; each row must say its `at_ns`."""
    return list(operations_of(HEADER, [batch(part) for part in (rows[:at], rows[at:]) if part]))
