"""poll tells of the end of file again and again, because who read 0 bytes goes on polling.

fine: the descriptor is dropped at the end of file.
"""

import os
import select
import sys
import time

reader, writer = os.pipe()
os.write(writer, b"the last words")
os.close(writer)
poll = select.poll()
poll.register(reader, select.POLLIN)
end = time.monotonic() + 1
while (left := end - time.monotonic()) > 0:
    for fd, _events in poll.poll(int(left * 1000) + 1):
        if not os.read(fd, 4096) and sys.argv[1] == "fine":
            poll.unregister(fd)
