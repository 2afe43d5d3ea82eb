"""A file sent by reading it into a buffer and writing that.

fine: sendfile.
"""

import os
import sys
import tempfile

with tempfile.TemporaryFile(buffering=0) as source, tempfile.TemporaryFile() as target:
    source.truncate(64 << 20)
    buffer = bytearray(1 << 17)
    while True:
        if sys.argv[1] == "fine":
            if not os.sendfile(target.fileno(), source.fileno(), None, 1 << 17):
                break
        else:
            size = source.readinto(buffer)
            if not size:
                break
            os.write(target.fileno(), memoryview(buffer)[:size])
