"""A file opened for every request and never closed.

fine: closed.
"""

import os
import sys

for _ in range(200):
    fd = os.open("/etc/passwd", os.O_RDONLY)
    os.read(fd, 100)
    if sys.argv[1] == "fine":
        os.close(fd)
    os.stat("/etc")
