"""What the four copying models share: which channel gets the next chunk, and when.

The file holds one message per chunk and the chunks in the order in which they are sent, so it is read from
its start to its end. The latency of a chunk is the time until the kernel has taken it.
"""

import os
import time
from collections.abc import Iterator

from workloads.job import Job


def chunks(job: Job) -> Iterator[int]:
    """The channel of each chunk, in the order of the file; paced when there is an ``--interval``."""
    start = time.monotonic()
    for round_ in range(job.options.messages):
        pause = start + round_ * job.options.interval - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        for fd in job.fds:
            begun = time.monotonic_ns()
            yield fd
            job.latencies.note(time.monotonic_ns() - begun)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write everything; a blocking write takes all at once unless a signal interrupts it (write(2))."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
