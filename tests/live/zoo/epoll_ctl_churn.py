"""EPOLLOUT switched on and off again for every answer (eventlet/eventlet#181 has the same with ADD and DEL).

fine: write first; there is room nearly always.
"""

import os
import select
import socket
import sys

ours, theirs = socket.socketpair()
if os.fork() == 0:
    for _ in range(1200):
        theirs.send(b"request")
        theirs.recv(100)
    os._exit(0)
theirs.close()
epoll = select.epoll()
epoll.register(ours, select.EPOLLIN)
over = False
while not over:
    for fd, events in epoll.poll():
        if events & select.EPOLLOUT:
            ours.send(b"answer")
            epoll.modify(fd, select.EPOLLIN)
        elif not ours.recv(100):
            over = True
        elif sys.argv[1] == "bug":
            epoll.modify(fd, select.EPOLLOUT)
        else:
            ours.send(b"answer")
os.wait()
