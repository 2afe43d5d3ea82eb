"""A handler of an event loop that computes for a long time (asyncio's debug mode would warn of it).

fine: the work is cut into pieces between which the loop runs.
"""

import os
import select
import sys
import time

reader, writer = os.pipe()
if os.fork() == 0:
    for _ in range(30):
        time.sleep(0.03)
        os.write(writer, b"x")
    os._exit(0)
os.close(writer)
epoll = select.epoll()
epoll.register(reader, select.EPOLLIN)
pieces = 20 if sys.argv[1] == "fine" else 1
work = [30_000_000 // pieces] * pieces * 2
while True:
    if epoll.poll(0 if work else -1) and not os.read(reader, 1):
        break
    if work:
        sum(range(work.pop()))
os.wait()
