"""A thread that also watches descriptors another one serves: it is woken and leaves them alone.

fine: each thread watches only what it serves.
"""

import os
import select
import sys
import threading

reader, writer = os.pipe()
mine, done = os.pipe()
served = threading.Semaphore(0)


def serve() -> None:
    for _ in range(300):
        select.select([reader], [], [])
        os.read(reader, 10)
        served.release()
    os.write(done, b"x")


threading.Thread(target=serve).start()
epoll = select.epoll()
epoll.register(mine, select.EPOLLIN)
if sys.argv[1] == "bug":
    epoll.register(reader, select.EPOLLIN | select.EPOLLET)


def feed() -> None:
    for _ in range(300):
        os.write(writer, b"x")
        served.acquire()


threading.Thread(target=feed).start()
while mine not in dict(epoll.poll()):
    pass
os.read(mine, 1)
