"""A descriptor registered with events 0: EPOLLHUP is reported all the same (h2o/h2o#603, apple/cups#4605).

fine: what has hung up is removed.
"""

import os
import select
import sys
import time

reader, writer = os.pipe()
epoll = select.epoll()
epoll.register(reader, 0)
os.close(writer)
end = time.monotonic() + 1
while (left := end - time.monotonic()) > 0:
    for fd, _events in epoll.poll(left):
        if sys.argv[1] == "fine":
            epoll.unregister(fd)
