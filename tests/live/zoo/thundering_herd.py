"""Workers that all watch one listening socket: each connection wakes all (unbit/uwsgi#1224, pjsip/pjproject#2604).

fine: EPOLLEXCLUSIVE wakes one.
"""

import os
import select
import socket
import sys
import time

server = socket.create_server(("127.0.0.1", 0), backlog=64)
server.setblocking(False)
mode = select.EPOLLEXCLUSIVE if sys.argv[1] == "fine" else 0
for _ in range(4):
    if os.fork() == 0:
        epoll = select.epoll()
        epoll.register(server, select.EPOLLIN | mode)
        while epoll.poll(1.0):
            try:
                server.accept()[0].close()
            except BlockingIOError:
                pass
        os._exit(0)
time.sleep(0.3)
for _ in range(100):
    socket.create_connection(server.getsockname()).close()
    time.sleep(0.005)
for _ in range(4):
    os.wait()
