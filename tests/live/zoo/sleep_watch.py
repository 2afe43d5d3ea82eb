"""Looking at an epoll set every 10 ms, without a wait, and sleeping in between.

fine: another thread waits there; this one only watches over it, as the monitor of a language's runtime does.
"""

import os
import select
import sys
import threading
import time

reader, writer = os.pipe()
over = threading.Event()
epoll = select.epoll()
epoll.register(reader, select.EPOLLIN)


def wait() -> None:
    while not over.is_set():
        if epoll.poll():
            os.read(reader, 1)


waiter = threading.Thread(target=wait)
if sys.argv[1] == "fine":
    waiter.start()
for turn in range(100):
    if turn % 40 == 39:
        os.write(writer, b"x")
    if epoll.poll(0) and sys.argv[1] == "bug":
        os.read(reader, 1)
    time.sleep(0.01)
over.set()
if sys.argv[1] == "fine":
    os.write(writer, b"x")
    waiter.join()
