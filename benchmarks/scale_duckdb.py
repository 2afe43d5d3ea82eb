"""Are the totals that DuckDB finds in an exported dataset those of the report? Prints one line.

    python -m benchmarks.scale_duckdb JSON FOLDER

JSON is what `iotrace report --json --phase all FILE` printed, FOLDER what `iotrace export FILE --to parquet
--partition host,date -o FOLDER` wrote. Exit status 1 when they differ.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import duckdb

QUERY: Final = """
    SELECT count(*) FILTER (event = 'call') AS calls, count(*) FILTER (failed) AS failed,
        count(*) FILTER (wasted) AS wasted, count(*) FILTER (wakeup) AS wakeups,
        count(*) FILTER (useless_wakeup) AS useless_wakeups, count(*) FILTER (event = 'signal') AS signals,
        sum(user_ns) AS user_ns, sum(kernel_ns) AS kernel_ns, sum(blocked_ns + before_blocked_ns) AS blocked_ns,
        sum(runnable_ns + before_runnable_ns) AS runnable_ns, sum(tracer_ns) AS tracer_ns,
        sum(copies_in) AS copies_in, sum(copies_out) AS copies_out, sum(payload_in) AS payload_in,
        sum(payload_out) AS payload_out, sum(control_in) AS control_in, sum(control_out) AS control_out
    FROM read_parquet('{folder}/**/*.parquet', hive_partitioning = true)
"""
"""The totals of the whole run by the names of the JSON report."""


def answer_of(folder: Path) -> dict[str, Any]:
    """What DuckDB finds, by name."""
    answer: Any = duckdb.sql(QUERY.format(folder=folder))
    (row,) = answer.fetchall()
    return dict(zip(answer.columns, map(int, row), strict=True))


def told(report: Path) -> dict[str, Any]:
    """The totals of the report; of a long run there is much behind them that is not read."""
    with report.open() as lines:
        for line in lines:
            if line == ' "totals": {\n':
                break
        totals: dict[str, Any] = json.loads("{" + "".join(takewhile(lambda line: line != " },\n", lines)) + "}")
        return totals


def main() -> int:
    """Ask both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    began = time.monotonic()
    found = answer_of(options.folder)
    took = time.monotonic() - began
    known = told(options.report)
    other = {name: (value, known[name]) for name, value in found.items() if value != known[name]}
    print(f"answered in {took:.1f} s: {other or 'the same totals'}")
    return int(bool(other))


if __name__ == "__main__":
    raise SystemExit(main())
