"""asyncio: coroutines that look like blocking code, on an event loop that is epoll underneath.

    coroutine            event loop           kernel
    await readexactly ─▶ nothing buffered
                         epoll_wait ───────▶  the thread sleeps       phase 1: wait, for all at once
                              ◀────────────   ready descriptors
                         read(fd) ─────────▶  copied to the loop      phase 2: copy data
             ◀────────── the coroutine goes on with its bytes

``await`` gives control back to the loop; the loop waits for all clients at once with epoll_wait,
level-triggered, and reads for whoever is ready. It reads up to 256 KiB, not one message, so a message is
copied twice: out of the kernel into the stream's buffer, and inside the process out of the buffer to the
coroutine. The second copy is none of the kernel's business and no tracer of system calls sees it.

``--work`` runs as one more coroutine that does a piece and then lets the others run. Whatever happens
between two awaits holds up everybody: a coroutine that computes, or calls something that blocks, stops the
loop.

What is copied: 12 bytes per registration and per ready descriptor, as with ``epoll``, and the payload.

When to use it: Python programs with many clients. Servers on uvicorn and aiohttp work so; uvloop puts libuv
in the place of the loop.

What to look for in the trace: the calls of ``epoll`` with Python between them; at the start a socketpair and
its registration, through which other threads and signals wake the loop. For a pipe there is mmap, mremap
and munmap around each read, because the buffer of 256 KiB is made for it and thrown away. With ``--work``,
epoll_wait with a timeout of 0 after each piece: the loop has a coroutine ready to run and only looks.
"""

import asyncio
import os
import socket

from workloads.errors import FeederLost
from workloads.inbox import Inbox
from workloads.job import Job
from workloads.program import main

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter | asyncio.BaseTransport]


def receive(job: Job) -> None:
    with job.measured():
        asyncio.run(serve_all(job))


async def serve_all(job: Job) -> None:
    work = asyncio.create_task(work_on(job)) if job.work else None
    await asyncio.gather(*(serve(job, inbox) for inbox in job.inboxes))
    if work:
        work.cancel()


async def serve(job: Job, inbox: Inbox) -> None:
    reader, connection = await stream(job, inbox.fd)
    try:
        while not inbox.complete:
            inbox.take(await reader.readexactly(inbox.wanted))
    except asyncio.IncompleteReadError:
        raise FeederLost("the feeder went away") from None
    finally:
        connection.close()


async def work_on(job: Job) -> None:
    while True:
        job.work.some()
        await asyncio.sleep(0)


async def stream(job: Job, fd: int) -> Stream:
    """A stream that reads from the channel: a pipe and a socket have different transports."""
    if job.options.transport != "pipe":
        return await asyncio.open_connection(sock=socket.socket(fileno=fd))
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", buffering=0)
    )
    return reader, transport


if __name__ == "__main__":
    main("asyncio", receive)
