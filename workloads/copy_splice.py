"""File to channel by splice: pages are put into a pipe, and out of the pipe into the channel.

    application          kernel
    splice ───────────▶  page cache ─▶ pipe, by reference             no copy across the boundary
    splice ───────────▶  pipe ─▶ socket, by reference                 no copy across the boundary

splice(2) moves references to pages, and one of its two sides must be a pipe: the pipe serves as a buffer that
lives in the kernel. It is what sendfile does inside, in two steps, and therefore it works the other way too:
from a socket to a file, or from socket to socket, where sendfile cannot.

What is copied: nothing of the payload, and no control either, since no offsets are given.

When to use it: proxies that pass bytes on without looking at them (HAProxy), and receiving into a file. For
file to socket, sendfile is the same with one call less.

What to look for in the trace: two splice per chunk, payload copied 0 bytes, and a pipe2 at the start. A pipe
holds 16 pages unless told otherwise (pipe(7)), so with ``--size 1048576`` there are more calls.
"""

import os

from workloads.copying import chunks
from workloads.errors import WorkloadError
from workloads.job import Job
from workloads.program import main


def move(job: Job) -> None:
    with job.measured():
        pipe = os.pipe()
        for channel in chunks(job):
            send(channel, job.file, pipe, job.options.size)


def send(channel: int, file: int, pipe: tuple[int, int], size: int) -> None:
    """Fill the pipe from the file, empty it into the channel, until the chunk is through."""
    outlet, inlet = pipe
    while size:
        held = os.splice(file, inlet, size)
        if not held:
            raise WorkloadError("the file ended before its last message")
        size -= held
        while held:
            held -= os.splice(outlet, channel, held)


if __name__ == "__main__":
    main("copy-splice", move)
