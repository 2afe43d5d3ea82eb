"""The paths that calls were given: the first path argument of every call that has one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.times import column
from tracer.analyze.columns import Columns
from tracer.decode.text import plain
from tracer.syscalls.table import declaration_of
from tracer.wire import When

Ints = NDArray[np.int64]


def paths_of(batch: pa.RecordBatch, columns: Columns, rows: Ints) -> dict[int, str]:
    """By row, those of `rows` whose path was captured. What does not print is escaped."""
    found: dict[int, str] = {}
    wanted = np.zeros(batch.num_rows, np.bool_)
    wanted[rows] = True
    abi = column(batch, "abi")
    codes, first = np.unique(columns.code[rows], return_index=True)
    for code, row in zip(codes.tolist(), rows[first].tolist(), strict=True):
        argument = _path_argument(int(abi[row]), int(columns.nr[row])) if code else None
        if argument is None:
            continue
        pieces = columns.memory.pieces(wanted & (columns.code == code), (argument,), When.ENTRY)
        content = pieces.content.data
        for place, begin, size in zip(
            pieces.row.tolist(), pieces.start.tolist(), pieces.size.tolist(), strict=True
        ):
            found[place] = plain(bytes(content[begin : begin + size]).split(b"\0", 1)[0])
    return found


def _path_argument(abi: int, nr: int) -> int | None:
    declared = declaration_of(abi, nr)
    reads = [argument.reads for argument in declared.args] if declared is not None else []
    return reads.index("path") if "path" in reads else None
