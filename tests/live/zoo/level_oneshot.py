"""EPOLLHUP of a pipe whose watcher is armed again without taking anything (wingo/fibers#19).

fine: the end of file is read, and the pipe is closed.
"""

import os
import select
import sys
import time

reader, writer = os.pipe()
epoll = select.epoll()
wanted = select.EPOLLIN | select.EPOLLONESHOT
epoll.register(reader, wanted)
os.close(writer)
end = time.monotonic() + 1
while (left := end - time.monotonic()) > 0:
    for fd, _events in epoll.poll(left):
        if sys.argv[1] == "fine":
            os.read(fd, 4096)
            os.close(fd)
        else:
            epoll.modify(fd, wanted)
