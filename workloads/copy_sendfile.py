"""File to channel by sendfile: the kernel does it alone, and the program never sees the bytes.

    application          kernel
    sendfile ─────────▶  page cache ─▶ socket, by reference           no copy across the boundary
             ◀─────────  how many bytes

sendfile(2) hands the pages of the page cache to the socket instead of copying what is in them. One call per
chunk instead of two, no buffer, and the payload does not cross the boundary at all.

What is copied: nothing of the payload. With an offset argument 8 bytes would go in and out; here the file's
own position is used, so there is no control copy either. What the kernel does behind the boundary, by the
CPU or by DMA, depends on the network card and is not seen by a tracer of system calls.

When to use it: static files and logs, from a file to a socket, unchanged. nginx, Apache, Kafka and Python's
shutil.copyfile use it. Not with encryption in the program, which must see the bytes.

What to look for in the trace: one sendfile per chunk, payload copied 0 bytes, and less kernel time for the
same bytes than ``copy-readwrite``; the larger ``--size``, the clearer.
"""

import os

from workloads.copying import chunks
from workloads.errors import WorkloadError
from workloads.job import Job
from workloads.program import main


def move(job: Job) -> None:
    with job.measured():
        for channel in chunks(job):
            send(channel, job.file, job.options.size)


def send(channel: int, file: int, size: int) -> None:
    """A call moves less than asked for when the channel is a full pipe; the rest goes with the next."""
    while size:
        moved = os.sendfile(channel, file, None, size)
        if not moved:
            raise WorkloadError("the file ended before its last message")
        size -= moved


if __name__ == "__main__":
    main("copy-sendfile", move)
