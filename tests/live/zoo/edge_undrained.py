"""An edge-triggered socket read once for each report: what is left over is not announced again.

fine: it is read until EAGAIN.
"""

import os
import select
import socket
import sys
import time

ours, theirs = socket.socketpair()
if os.fork() == 0:
    ours.close()
    for _ in range(10):
        theirs.send(b"x" * 3000)
        time.sleep(0.03)
    os._exit(0)
theirs.close()
ours.setblocking(False)
epoll = select.epoll()
epoll.register(ours, select.EPOLLIN | select.EPOLLET)
over = False
while not over and epoll.poll(0.5):
    try:
        while not over:
            over = not ours.recv(1000)
            if sys.argv[1] == "bug":
                break
    except BlockingIOError:
        pass
os.wait()
