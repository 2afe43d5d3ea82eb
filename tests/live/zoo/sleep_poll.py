"""Waiting for a message by looking every 10 ms.

fine: waits with poll, and sleeps only because there is nothing to do.
"""

import os
import select
import sys
import time

reader, writer = os.pipe()
if os.fork() == 0:
    for _ in range(3):
        time.sleep(0.3)
        os.write(writer, b"x")
    os._exit(0)
os.close(writer)
os.set_blocking(reader, False)
poll = select.poll()
poll.register(reader, select.POLLIN)
while True:
    try:
        if sys.argv[1] == "fine":
            poll.poll()
        if not os.read(reader, 100):
            break
        time.sleep(0.02)
    except BlockingIOError:
        time.sleep(0.01)
os.wait()
