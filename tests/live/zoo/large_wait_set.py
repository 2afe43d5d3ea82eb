"""poll of 900 pipes of which one is ever ready.

fine: epoll.
"""

import os
import resource
import select
import sys

resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
pipes = [os.pipe() for _ in range(900)]
waiter = select.poll() if sys.argv[1] == "bug" else select.epoll()
for reader, _ in pipes:
    waiter.register(reader, select.POLLIN)
for turn in range(300):
    os.write(pipes[turn][1], b"x")
    for fd, _events in waiter.poll():
        os.read(fd, 1)
