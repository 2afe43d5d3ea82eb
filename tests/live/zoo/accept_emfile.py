"""A server that runs out of descriptors and tries to accept the same connection for ever (joyent/libuv#690,
ninenines/ranch#36).

fine: a descriptor kept in reserve lets it accept and close what it cannot serve.
"""

import os
import resource
import select
import socket
import sys
import time

server = socket.create_server(("127.0.0.1", 0))
server.setblocking(False)
if os.fork() == 0:
    clients = [socket.create_connection(server.getsockname()) for _ in range(30)]
    time.sleep(0.7)
    os._exit(0)
resource.setrlimit(resource.RLIMIT_NOFILE, (20, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
epoll = select.epoll()
epoll.register(server, select.EPOLLIN)
reserve = os.open("/dev/null", os.O_RDONLY)
served = []
end = time.monotonic() + 0.6
while (left := end - time.monotonic()) > 0:
    for _ in epoll.poll(left):
        try:
            served.append(server.accept()[0])
        except OSError:
            if sys.argv[1] == "fine":
                os.close(reserve)
                server.accept()[0].close()
                reserve = os.open("/dev/null", os.O_RDONLY)
os.wait()
