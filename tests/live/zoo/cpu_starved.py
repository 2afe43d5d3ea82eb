"""Three processes that compute, on one CPU.

fine: one.
"""

import os
import sys
import time

os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
others: list[int] = []
while all(others) and len(others) < (3 if sys.argv[1] == "bug" else 0):
    others.append(os.fork())
parent = all(others)
end = time.monotonic() + 1.2
while time.monotonic() < end:
    sum(range(10_000))
if not parent:
    os._exit(0)
for _ in others:
    os.wait()
