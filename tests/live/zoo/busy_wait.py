"""A non-blocking pipe that is read again and again until something comes (xrootd/xrootd#303 is one such loop).

fine: the same reader waits with poll.
"""

import os
import select
import sys
import time

reader, writer = os.pipe()
if os.fork() == 0:
    for _ in range(3):
        time.sleep(0.15)
        os.write(writer, b"x" * 100)
    os._exit(0)
os.close(writer)
os.set_blocking(reader, False)
poll = select.poll()
poll.register(reader, select.POLLIN)
while True:
    if sys.argv[1] == "fine":
        poll.poll()
    try:
        if not os.read(reader, 4096):
            break
    except BlockingIOError:
        pass
os.wait()
