"""io_uring: two rings in memory shared with the kernel, one for requests, one for results.

    application          kernel
    writes requests into the submission ring, one per client          (memory, no call)
    io_uring_enter ───▶  takes them all; nothing has come: sleeps     phase 1: wait for data
                         data arrives on some channels
                         it is copied to their buffers                phase 2: copy data
             ◀─────────  results in the completion ring
    reads results out of the completion ring                          (memory, no call)

Like ``aio`` the program says what to read and where to, and is told when it is there: both phases are over.
Unlike it, no threads are needed, and one io_uring_enter submits any number of requests and waits for any
number of results, so with many clients there are fewer calls than messages. With ``--work`` the program
never waits: it looks at the completion ring between two pieces of work, which is reading memory. With
``--sqpoll`` a kernel thread watches the submission ring as well; together they leave no call at all, and
burn a second CPU: that thread spins on its ring, and counts as system time of the process.

What is copied: the payload, into the buffer named in the request. It happens in io_uring_enter, or on the
way back from any other call, or when an interrupt catches the program at work; the bytes are in the
result, not in what io_uring_enter returns, which is the number of requests taken. The rings are shared
memory: nothing is copied for them.

When to use it: high rates of requests on a new kernel, and files, where it is the only way to be
asynchronous that always works. QEMU, RocksDB, PostgreSQL 18 and libuv can use it. Containers often forbid it.

What to look for in the trace: io_uring_setup and two mmap at the start; then io_uring_enter alone, and with
``--clients 23`` fewer of them than messages. No read anywhere.
"""

import ctypes

from workloads.job import Job
from workloads.program import main
from workloads.rings import READ, RECV, Ring


def receive(job: Job) -> None:
    opcode = READ if job.options.transport == "pipe" else RECV
    size = job.options.size
    buffers = bytearray(size * len(job.inboxes))
    address = ctypes.addressof((ctypes.c_char * len(buffers)).from_buffer(buffers))
    with job.measured():
        ring = Ring(len(job.inboxes), sqpoll=job.options.sqpoll)
        for index, inbox in enumerate(job.inboxes):
            ring.queue(opcode, inbox.fd, address + index * size, inbox.wanted, index)
        unfinished = len(job.inboxes)
        while unfinished:
            ring.submit(wait=0 if job.work else 1)
            idle = True
            for index, length in ring.completed():
                idle = False
                inbox = job.inboxes[index]
                inbox.take(bytes(buffers[index * size : index * size + length]))
                if inbox.complete:
                    unfinished -= 1
                else:
                    ring.queue(opcode, inbox.fd, address + index * size, inbox.wanted, index)
            if idle:
                job.work.some()
    ring.close()


if __name__ == "__main__":
    main("io-uring", receive)
