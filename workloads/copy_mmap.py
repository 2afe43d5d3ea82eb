"""File to channel from a map: the page cache appears in the program's memory, and write copies from there.

    application          kernel
    mmap(file) ───────▶  the file's pages become part of the address space, once
    touches a page ───▶  page fault: the page is mapped               no copy
    write(socket) ────▶  copied to the socket                         one copy, into the kernel

With the file mapped there is no read and no copy out of the kernel: the buffer *is* the page cache. What is
saved is paid for with page faults (one for 16 pages or so, the kernel maps neighbours along), and unmapping
has to reach every CPU that runs the program.

What is copied: every payload byte once, in.

When to use it: files that are read in many places at random, or by many processes: databases (LMDB, SQLite
with mmap_size), search indexes (Lucene), linkers, git. To send a file once, sendfile is better. A file that
another program truncates meanwhile kills the reader with SIGBUS.

What to look for in the trace: one mmap, then one write per chunk and no read; one payload copy per chunk.
The page faults are kernel work without a call: they show as time between calls, not in them.
"""

import mmap

from workloads.copying import chunks, write_all
from workloads.job import Job
from workloads.program import main


def move(job: Job) -> None:
    size = job.options.size
    with job.measured():
        pages = memoryview(mmap.mmap(job.file, 0, prot=mmap.PROT_READ))
        for number, channel in enumerate(chunks(job)):
            write_all(channel, pages[number * size : number * size + size])


if __name__ == "__main__":
    main("copy-mmap", move)
