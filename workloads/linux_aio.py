"""The kernel's own asynchronous I/O: submit a list of requests, collect a list of results.

    application          kernel
    io_submit(n) ─────▶  n requests are on their way
    io_getevents ─────▶  none is complete: the thread sleeps          phase 1: wait, for all at once
             ◀─────────  the results of those that are complete
    read(fd) ─────────▶  (channels only) copied to the application    phase 2: copy data

It was made for databases that keep many disk requests in flight (``--transport file``): with O_DIRECT the
disk writes into the program's buffer while the program does something else, and both phases are over when
the event comes. Without O_DIRECT, io_submit itself does the read and blocks. On pipes and sockets it cannot
read without blocking at all; since Linux 4.18 it can wait for them, IOCB_CMD_POLL, which makes it a
multiplexer whose every registration is good for one event: poll, read, poll again.

With a file there is nobody to wait for but the disk: ``--interval`` has no effect, every client is a record
in flight, and latency is the time from io_submit to the event.

What is copied: for every request 72 bytes in (its address and a struct iocb) and 4 out, for every event 32
out; the payload by read, or by nobody at all: with O_DIRECT the device moves it.

When to use it: O_DIRECT files on kernels before 5.1. MySQL's InnoDB, Oracle, ScyllaDB and QEMU use it.
Newer programs take ``io-uring``, which does the same for every kind of file without the copies.

What to look for in the trace: io_submit, io_getevents and reads in turns, and one submit for as many
clients as had an event. With ``--transport file`` results of 4,096 bytes and no copy.
"""

import ctypes
import fcntl
import mmap
import os
import select
import tempfile
from time import monotonic_ns

from workloads.errors import CannotRun
from workloads.job import Job
from workloads.native_aio import POLL, PREAD, Context, Iocb
from workloads.program import main


def receive(job: Job) -> None:
    if job.options.transport == "file":
        read_file(job)
    else:
        read_channels(job)


def read_channels(job: Job) -> None:
    with job.measured():
        context = Context(len(job.inboxes))
        polls = [
            Iocb(data=index, opcode=POLL, fildes=inbox.fd, buf=select.POLLIN)
            for index, inbox in enumerate(job.inboxes)
        ]
        due, unfinished = list(polls), len(polls)
        while unfinished:
            context.submit(due)
            due = []
            for index, _ in context.completed():
                inbox = job.inboxes[index]
                inbox.take(os.read(inbox.fd, inbox.wanted))
                if inbox.complete:
                    unfinished -= 1
                else:
                    due.append(polls[index])
    context.close()


def read_file(job: Job) -> None:
    slot, clients = job.terms.slot, job.terms.clients
    read_past_page_cache(job.file)
    memory = mmap.mmap(-1, slot * clients)  # anonymous memory starts on a page boundary, as O_DIRECT wants it
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    submitted = [0] * clients
    with job.measured():
        context = Context(clients)
        reads = [
            Iocb(data=index, opcode=PREAD, fildes=job.file, buf=address + at, nbytes=slot, offset=at)
            for index, at in enumerate(range(0, slot * clients, slot))
        ]
        due, unfinished = list(reads), clients
        while unfinished:
            for read in due:
                submitted[read.data] = monotonic_ns()
            context.submit(due)
            due = []
            for index, _ in context.completed():
                job.latencies.note(monotonic_ns() - submitted[index])
                inbox, read = job.inboxes[index], reads[index]
                inbox.take(memory[index * slot : index * slot + inbox.size])
                if inbox.complete:
                    unfinished -= 1
                else:
                    read.offset += slot * clients
                    due.append(read)
    context.close()


def read_past_page_cache(file: int) -> None:
    try:
        fcntl.fcntl(file, fcntl.F_SETFL, os.O_DIRECT)
    except OSError as error:
        raise CannotRun(
            f"O_DIRECT: {error.strerror}; the file system of {tempfile.gettempdir()} cannot do it, "
            "point TMPDIR to one that can"
        ) from None


if __name__ == "__main__":
    main("linux-aio", receive)
