"""POSIX asynchronous I/O: order a read, do something else, be called back when the data is in the buffer.

    application          helper thread        kernel
    aio_read ─────────▶  read(fd) ─────────▶  sleeps                  phase 1: wait for data
    works, or sleeps                          data arrives
                              ◀─────────────  copied to the buffer    phase 2: copy data
             ◀─────────  signal, or a new thread that runs the callback

With the other models the program is told that it *may* read. Here it is told that it *has been* read: both
phases are over when the notification comes. Linux has no such call, so glibc plays it with threads: a
helper for each descriptor does an ordinary blocking read (pread64 first, which a pipe or socket refuses
with ESPIPE, then read).

``--notify thread``  each completion starts a thread that runs the callback (SIGEV_THREAD)
``--notify signal``  the helper queues a real-time signal to the process (SIGEV_SIGNAL, SI_ASYNCIO)
``--notify suspend`` the program sleeps in aio_suspend until some request is complete

What is copied: the payload, by the helper; with ``signal`` a siginfo in and a signal frame out as well.

When to use it: for files, where portable code must not wait. QEMU and Samba had it as one of several
engines. On Linux a pool of threads of one's own does the same with more control, and ``io-uring`` does it
without threads.

What to look for in the trace: more lanes than clients; the caller in none of the reads; in the helpers a
failed pread64 and a read per message; and what a completion costs: rt_sigqueueinfo, or a clone3.
"""

from workloads.aio_notices import NOTICES
from workloads.job import Job
from workloads.posix_aio import Read, prepare
from workloads.program import main


def receive(job: Job) -> None:
    notice = NOTICES[job.options.notify](patient=not job.work)
    with job.measured(), notice.listening():
        prepare(len(job.inboxes))
        reads = [Read(inbox.fd, inbox.size, notice.event(index)) for index, inbox in enumerate(job.inboxes)]
        outstanding = dict(enumerate(reads))
        for inbox, read in zip(job.inboxes, reads, strict=True):
            read.start(inbox.wanted)
        while outstanding:
            completed = notice.completed(outstanding)
            for index in completed:
                inbox, read = job.inboxes[index], outstanding[index]
                inbox.take(read.finish())
                if inbox.complete:
                    del outstanding[index]
                else:
                    read.start(inbox.wanted)
            if not completed:
                job.work.some()


if __name__ == "__main__":
    main("aio", receive)
