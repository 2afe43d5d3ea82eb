"""A socket watched for EPOLLOUT although there is nothing to write: it always is (beanstalkd/beanstalkd#53).

fine: EPOLLOUT is asked for only while something waits to be written.
"""

import select
import socket
import sys
import time

ours, theirs = socket.socketpair()
epoll = select.epoll()
epoll.register(ours, select.EPOLLIN | (select.EPOLLOUT if sys.argv[1] == "bug" else 0))
end = time.monotonic() + 1
while (left := end - time.monotonic()) > 0:
    for _fd, events in epoll.poll(left):
        if events & select.EPOLLIN:
            ours.recv(4096)
