"""rt_sigreturn's value is a register of the interrupted code, never its own success or failure."""

from __future__ import annotations

import errno

import pytest

from tests.tracer.analyze.runs import report_of
from tests.tracer.rows import row


@pytest.mark.parametrize("value", [-errno.EINTR, -errno.EAGAIN, -errno.EFAULT, 202, 0])
def test_a_return_from_a_handler_neither_fails_nor_is_wasted(value: int) -> None:
    totals = report_of(*[row("rt_sigreturn", result=value)] * 23, row("pause", result=-errno.EINTR)).totals
    assert (totals.calls, totals.failed, totals.wasted) == (24, 1, 0)
