"""File to channel by read and write: through a buffer of the program, in two copies.

    application          kernel
    read(file) ───────▶  page cache
             ◀─────────  copied to the buffer                         copy 1, out of the kernel
    write(socket) ────▶  copied to the socket                         copy 2, into the kernel

The bytes visit the program although it does not look at them. Two calls and two copies by the CPU for
every chunk; a file server that answers from the page cache spends much of its time here.

What is copied: every payload byte twice, out and in. (A disk or network card moves bytes by DMA besides; a
tracer of system calls cannot see that, and neither it nor the memory of the page cache is counted.)

When to use it: when the program needs to see or change the bytes, to compress, encrypt or check them. It
works between any two descriptors. cp did it before copy_file_range, and any proxy that terminates TLS does.

What to look for in the trace: read and write in turns, two payload copies per chunk, and kernel time that
grows with ``--size``. Compare with ``copy-sendfile``.
"""

import os

from workloads.copying import chunks, write_all
from workloads.job import Job
from workloads.program import main


def move(job: Job) -> None:
    with job.measured():
        for channel in chunks(job):
            write_all(channel, os.read(job.file, job.options.size))


if __name__ == "__main__":
    main("copy-readwrite", move)
