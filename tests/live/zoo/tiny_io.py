"""A file read a byte at a time.

fine: through a buffer.
"""

import os
import sys

fd = os.open(sys.executable, os.O_RDONLY)
seen = 0
if sys.argv[1] == "bug":
    while seen < 20_000 and os.read(fd, 1):
        seen += 1
else:
    with open(fd, "rb", buffering=65536) as file:
        while seen < 20_000 and file.read(1):
            seen += 1
